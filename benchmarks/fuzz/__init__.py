"""Files that mean harm: what was there is mutated, and only errors of our own may come out.

python -m benchmarks.fuzz.mutated --seconds 600      random mutations, in processes that are watched
python -m benchmarks.fuzz.guided --seconds 600       guided by coverage (the dependency group `fuzz`)
"""
