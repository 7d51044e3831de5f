"""The marks: pure functions over arrays. NumPy and PyWavelets only; no files, no Pillow, no printing.

    common <- image <- video        a video's frames are added up to a picture, which the image search reads
    common <- audio

`tests/unit/project/test_imports.py` enforces these arrows. `vectors` checks all three schemes.
"""
