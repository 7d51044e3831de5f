"""One container a module: finds the stores in a file's bytes and splices changed ones back in."""
