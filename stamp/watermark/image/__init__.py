"""The mark of an image."""
