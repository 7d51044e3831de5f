"""Many files: which ones, in which processes, what is done with each, and what is done already."""
