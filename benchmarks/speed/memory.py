"""What memory a process takes, asked without a package that would take some of its own."""

from __future__ import annotations

import resource
import sys
from pathlib import Path


def memory(field: str, process: int | None = None) -> int:
    """VmRSS or VmHWM of a process, this one if None, in bytes; without a /proc, ru_maxrss of this one.

    Raises OSError where there is no /proc for another one.
    """
    try:
        status = Path(f"/proc/{process or 'self'}/status").read_text()
    except OSError:
        if process is not None:
            raise
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(field))
