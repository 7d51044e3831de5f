"""Studies behind decisions, each named by its ADR in `docs/adr/`: frozen with the results that decided.

They run as long as what they import is there; a decision that is taken anew gets a study of its own.
"""

from pathlib import Path

RESULTS = Path(__file__).parent / "results"
