"""The way of one file: decoded, marked, encoded, given its notice, verified, put in its place."""
