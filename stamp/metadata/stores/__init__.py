"""One store a module: bytes to values and back. No file I/O, and no knowledge of containers."""
