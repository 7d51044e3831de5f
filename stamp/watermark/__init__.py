"""The marks: pure functions over arrays. NumPy and PyWavelets only; no files, no Pillow, no
printing."""
