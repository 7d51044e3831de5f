"""The mark of sound."""

from .detect import AudioDetection, Detector, detect
from .embed import Embedder, embed

__all__ = ["AudioDetection", "Detector", "Embedder", "detect", "embed"]
