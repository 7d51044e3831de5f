"""Measurements of stamp beside its peers: robustness, fidelity, false positives, speed.

Nothing here is imported by the product. Run each as a module from the repository's root, for example
`python -m benchmarks.robustness --quick`; see `benchmarks/README.md`.
"""
