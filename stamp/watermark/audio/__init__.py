"""The mark of sound."""

from .detector import Detector, detect
from .embedder import Embedder, embed

__all__ = ["Detector", "Embedder", "detect", "embed"]
