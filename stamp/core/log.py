"""The loggers of the package, below `stamp`: `files` for what is done to files, `keys` for key files.

INFO: a file is done. DEBUG: how long its stages took. WARNING: what its owner should see to. Nothing is
printed unless the program sets up logging; neither secrets nor the contents of files are logged.
"""

from __future__ import annotations

import logging
from typing import Final

_ROOT: Final = logging.getLogger("stamp")
_ROOT.addHandler(logging.NullHandler())

files: Final = _ROOT.getChild("files")
keys: Final = _ROOT.getChild("keys")
