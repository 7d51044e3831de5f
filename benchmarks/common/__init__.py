"""What the four benchmarks share: photos, attacks, tools, the command line, results."""
