"""Pixels in and out of image files; the container and everything in it but the pixels stays as it was."""
