"""Rights notices in bytes: fields, the stores they live in, and the containers that carry the stores. No
NumPy, no pixels.
"""
