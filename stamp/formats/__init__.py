"""File formats as bytes: which one a file has, and where in it everything is. Nothing is decoded."""
