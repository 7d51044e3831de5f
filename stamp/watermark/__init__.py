"""The marks: pure functions over arrays. NumPy, SciPy and PyWavelets only; no files, no Pillow, no
printing."""
