"""Clips through platforms and re-uploaders."""
