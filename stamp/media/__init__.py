"""Pixels and samples in and out of containers, and nothing about watermarks."""
