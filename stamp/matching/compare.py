"""Compare a find with the original, and say it as a record that finds and evidence use."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from ..core.comparison import AGREES, Comparison
from ..core.detection import Transform
from .registration import Registration, register


def compare_images(
    original: NDArray[Any], suspect: NDArray[Any], *, transform: Transform | None = None
) -> tuple[Comparison, Registration | None]:
    """Return whether a suspect shows the original, and the registration for `side_by_side`.

    Arguments and errors are those of `register`.
    """
    found = register(original, suspect, transform=transform)
    return (Comparison("image", "unregistered") if found is None else compared(found)), found


def compared(found: Registration) -> Comparison:
    """Return what a registration of a picture says."""
    return Comparison(
        kind="image",
        verdict="agrees" if found.agrees else "differs",
        correlation=found.correlation,
        needed=AGREES,
        method=found.method,
        overlap=found.coverage,
        mirrored=found.mirrored,
        region=found.region,
        seen=found.seen,
        inliers=found.inliers,
        psnr_db=found.psnr_db,
    )
