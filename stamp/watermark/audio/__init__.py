"""The mark of sound."""

from .detector import AudioDetection, Detector, detect
from .embedder import Embedder, embed

__all__ = ["AudioDetection", "Detector", "Embedder", "detect", "embed"]
