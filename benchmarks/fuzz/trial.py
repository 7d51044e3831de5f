"""What is done with one mutated file, and what counts as a fault."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import stamp

KEY = stamp.Key(bytes(range(32)), "fuzz")
RIGHTS = stamp.Rights(copyright_notice="© 2027 Fuzz 東", creators=("Q",), usage_terms="t" * 50)


def trial(path: Path, *, decode: bool) -> list[str]:
    """Show the file at `path` and write a notice, or look for a mark and put one in with `decode`; return the
    faults: errors that are not ours, a source that was changed, drafts left behind, a notice that cannot be
    read again."""
    before = hashlib.sha256(path.read_bytes()).digest()
    out = path.with_name(f"out{path.suffix}")
    out.unlink(missing_ok=True)
    faults: list[str] = []
    replace = stamp.NoticeOptions(replace_rights=True)
    if decode:
        _try(faults, stamp.detect_file, path, keys=KEY, first=True)
        _try(faults, stamp.embed_file, path, out, bytes(8), key=KEY)
    else:
        _try(faults, stamp.read_rights, path)
        if _try(faults, stamp.write_rights, path, out, RIGHTS, options=replace):
            try:
                stamp.read_rights(out)
            except stamp.StampError as error:
                faults.append(f"what was written cannot be read: {error}")
    if hashlib.sha256(path.read_bytes()).digest() != before:
        faults.append("the source was changed")
    if stray := [entry.name for entry in path.parent.iterdir() if entry not in (path, out)]:
        faults.append(f"left behind: {stray}")
    return faults


def _try(faults: list[str], work: Callable[..., object], *given: Any, **more: Any) -> bool:
    try:
        work(*given, **more)
    except stamp.InternalError as error:
        faults.append(f"InternalError {_where(error.__cause__ or error)}")
    except stamp.StampError:
        pass
    except Exception as error:
        faults.append(f"{type(error).__name__} {_where(error)}")
    else:
        return True
    return False


def _where(error: BaseException) -> str:
    """The innermost line of ours in which it arose, which tells one fault from another."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/stamp/" in frame.filename] or frames
    last = ours[-1] if ours else None
    place = f"{last.filename.rpartition('/stamp/')[2]}:{last.lineno}" if last else "?"
    return f"{place} {type(error).__name__}: {str(error)[:100]}"
