"""Notices that are seen: letters and logos, where they go, and whether they can be read. Arrays in, arrays
out; knows no works."""
