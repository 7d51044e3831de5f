"""Messages of the package in the words of the command line.

Below the command line a remedy names what a caller from Python would write, in backticks; here it becomes the
option that does the same.
"""

from __future__ import annotations

import re
from typing import Final

OPTIONS: Final = {
    "audio": "--audio",
    "codec": "--codec",
    "colour": "--visible-colour",
    'colour="auto"': "--visible-colour auto",
    "Key.member": "`stamp key new FILE --ring MASTER --name N`",
    "crf": "--crf",
    "fade": "the fade",
    "font": "--visible-font FILE",
    "logo": "--visible FILE.png",
    "lossy=True": "--force",
    "margin": "--visible-margin",
    "fit_size": "--fit-size",
    "max_bit_rate": "--max-bitrate",
    "max_pixels": "--max-pixels",
    "NoticeOptions(mine=...)": "`mine` in stamp.toml",
    "notice": "--notice",
    "opacity": "--visible-opacity",
    "optional=True": "--notice-optional",
    "original": "--original FILE",
    "overwrite=True": "--force",
    "place": "--visible-place",
    "platform": "--platform",
    "position": "--visible-position",
    "preset": "--preset",
    "private=True": "--allow-private",
    "remark=True": "--force",
    "replace_rights=True": "--replace-rights",
    "roots": "--tsa-root FILE.pem",
    "sidecar=True": "--sidecar",
    "sign.sidecar=True": "--sign-sidecar",
    "sign_file": "`stamp sign`",
    "size": "--visible-size",
    "span": "--visible-span",
    "tsa": "--sign-tsa",
    "strength": "--strength",
    "text": "--visible TEXT",
    "visible": "--visible",
    "watermark=False": "--no-watermark",
    "work": "--work",
}
"""What stands in backticks in a message -> what the command line says for it."""
_REPLACED: Final = "only replaced on purpose (`overwrite=True`)"


def spoken(message: str) -> str:
    """Return `message` with options in the place of Python's arguments."""
    message = re.sub("`work=.(#[0-9]+).`", r"--work '\1'", message)
    message = message.replace(_REPLACED, _REPLACED.replace("`overwrite=True`", "--in-place"))
    return re.sub("`([^`]+)`", lambda found: OPTIONS.get(found[1], found[0]), message)
