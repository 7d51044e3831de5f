"""Files on disk: read a slice at a time, and written so that they appear whole or not at all."""
