"""`stamp formats`."""

from __future__ import annotations

import click

from . import options
from .screen import Screen

_CLIPS = "8 to 12 bit; 4:2:0 to 4:4:4"
_SONGS = "8 to 192 kHz"
_PCM = f"8 to 32 bit and floating point; {_SONGS}; any channels"
# Container of the registry -> what of it can carry the watermark; and why not, where it cannot.
_MARKED = {
    "jpeg": "8 bit; RGB, gray, CMYK",
    "png": "1 to 16 bit; RGB, gray, palette, with or without alpha",
    "webp": "lossy and lossless, with or without alpha",
    "tiff": "8 and 16 bit; RGB, gray, with or without alpha",
    "heif": "8 bit; HEIC needs stamp-media[heif]",
    "mp4": f"{_CLIPS}; H.264, HEVC, AV1, VP9, MPEG-4; sound alone in AAC or ALAC",
    "quicktime": f"{_CLIPS}; H.264, HEVC, ProRes, DNxHR, MJPEG; alpha in ProRes",
    "matroska": f"{_CLIPS}; H.264, HEVC, AV1, VP9, VP8, FFV1, MPEG-2; alpha in VP8 and VP9",
    "wav": f"{_PCM}; RF64 and BW64, too",
    "aiff": f"{_PCM}; AIFC without compression, too",
    "flac": f"8 to 24 bit; {_SONGS}; up to 8 channels",
    "mp3": "MPEG-1, 2 and 2.5; mono and stereo",
    "ogg": f"Vorbis and Opus; {_SONGS}; up to 8 channels",
    "threegp": f"{_CLIPS}; H.264, MPEG-4",
}
_NOT_MARKED = {
    "gif": "256 colours leave no room for it: convert to PNG",
    "jxl": "there is no encoder here that keeps its settings: convert to PNG or JPEG",
}
_NO_MARK_YET = "only the rights notice is written into this kind of file"


@click.command(short_help="What each kind of file can carry.")
@options.screen_options("stamp.formats/1")
@options.pass_screen
def command(screen: Screen) -> None:
    """What each kind of file can carry: the watermark, and each field of the rights notice with its place.

    With -v also the places that a field cannot go to, with the reason.
    """
    from ..metadata import document as registry

    entries = []
    for name, homes in registry.formats().items():
        not_marked = None if name in _MARKED else _NOT_MARKED.get(name, _NO_MARK_YET)
        watermark = {"marked": _MARKED.get(name), "not_marked": not_marked}
        title = registry.title(name)
        entries.append({"container": name, "title": title, "watermark": watermark, "fields": homes})
        screen.line(title)
        screen.line(f"  {'watermark':<29} {_MARKED.get(name) or f'no: {not_marked}'}")
        for field, place in homes.items():
            screen.line(f"  {field:<29} {place['homes'] or 'nowhere'}")
            if place["absent"] and (screen.verbose or not place["homes"]):
                screen.line(f"  {'':<29} not in {place['absent']}")
    screen.document(entries)
