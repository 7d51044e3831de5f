"""The mark of a video: put into frames one by one, read from many frames added up."""

from .detect import Detector
from .embed import Embedder
from .energy import USUAL, Allocation, Shares, allocation
from .scheme import SCHEME

__all__ = ["SCHEME", "USUAL", "Allocation", "Detector", "Embedder", "Shares", "allocation"]
