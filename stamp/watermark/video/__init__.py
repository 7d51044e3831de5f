"""The mark of a video: put into frames one by one, read from what frames say together."""

from .detect import Detector, VideoDetection
from .embed import Embedder
from .mask import difficulty_gain
from .scheme import SCHEME

__all__ = ["SCHEME", "Detector", "Embedder", "VideoDetection", "difficulty_gain"]
