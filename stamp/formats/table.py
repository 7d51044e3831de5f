"""Every format that is handled, once: how it is called, what it looks like, and what it can carry.

Whatever depends on the format of a file is looked up here: `sniff`, `suffixes`, the readers of `media`, the
containers of `metadata`, and `stamp formats`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Kind = Literal["image", "audio", "video"]

Signature = tuple[tuple[int, bytes], ...]
"""Bytes at offsets; a file has the signature where all of them are there."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    name         its identifier in code and in JSON
    title        how people call it
    kind         of the work in it; `other_kind` and the marks among the first bytes that show that one
    names        suffixes, those that name one and the same kind of file together: ".tif .tiff"
    signatures   how a file begins; `weak` ones are letters of a text, too, and count where nothing else does
    brands       of an ISO base media file (the beginnings of its major brand)
    tagged       it may be found behind ID3v2 tags, too
    marked       what of it can be marked; or else
    not_marked   why nothing of it can be
    notice       the module of this name in `metadata.containers` reads and writes its rights notice; or
    shown        reads what is in the file, whose notice is written beside it
    reader       the module that reads it and writes it again: its pixels in `media.image`, or its sound in
                 `media.audio`; pictures that move are read by `media.video`, whatever the format
    decoder      Pillow's plug-in for an image of a format without `reader`, which is searched only
    demuxer      FFmpeg's, for pictures that move, and for the sound of a format without `reader`
    """

    name: str
    title: str
    kind: Kind
    names: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()
    brands: tuple[bytes, ...] = ()
    other_kind: tuple[Kind, tuple[bytes, ...]] | None = None
    weak: bool = False
    tagged: bool = False
    marked: str | None = None
    not_marked: str | None = None
    notice: bool = False
    shown: bool = False
    reader: str | None = None
    decoder: str | None = None
    demuxer: str | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Every kind of work that may be in it."""
        return (self.kind, *(self.other_kind or ())[:1])

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Every suffix, the usual one first."""
        return tuple(dict.fromkeys(" ".join(self.names).split()))

    @property
    def is_raw(self) -> bool:
        """Whether it is what a sensor has seen, before it is developed."""
        return self.not_marked == _RAW

    @property
    def is_searchable(self) -> bool:
        """Whether a watermark can be looked for."""
        return bool(self.reader or self.decoder or self.demuxer)

    def fits(self, head: bytes) -> bool:
        """Whether a file that begins with `head` has one of the signatures."""
        return any(
            all(head.startswith(part, offset) for offset, part in signature) for signature in self.signatures
        )


def _starts(*beginnings: bytes) -> tuple[Signature, ...]:
    return tuple(((0, beginning),) for beginning in beginnings)


def _chunks(form: bytes, *kinds: bytes) -> tuple[Signature, ...]:
    """The forms of IFF and RIFF files."""
    return tuple(((0, kind), (8, form)) for kind in kinds)


def _atoms(*kinds: bytes) -> tuple[Signature, ...]:
    return tuple(((4, kind),) for kind in kinds)


def _syncs(packet: int, offset: int = 0) -> Signature:
    """Two packets of a transport stream begin with a sync byte each."""
    return ((offset, b"G"), (offset + packet, b"G"))


_CLIPS = "8 to 12 bit; 4:2:0 to 4:4:4"
_SONGS = "8 to 192 kHz"
_PCM = f"8 to 32 bit and floating point; {_SONGS}; up to 64 channels"
_PICTURE = "it can only be searched: convert to PNG"
_RAW = "it has no pixels yet: develop it first"
_SOUND = "it can only be searched: convert to FLAC, WAV or M4A"

_IMAGES = (
    Format(
        "jpeg",
        "JPEG",
        "image",
        (".jpg .jpeg .jpe .jfif",),
        _starts(b"\xff\xd8\xff"),
        marked="8 bit; RGB, gray, CMYK; beside gain map, depth, motion video",
        notice=True,
        reader="jpeg",
    ),
    Format(
        "png",
        "PNG",
        "image",
        (".png",),
        _starts(b"\x89PNG\r\n\x1a\n"),
        marked="1 to 16 bit; RGB, gray, palette, with or without alpha",
        notice=True,
        reader="png",
    ),
    Format(
        "webp",
        "WebP",
        "image",
        (".webp",),
        _chunks(b"WEBP", b"RIFF"),
        marked="lossy and lossless, with or without alpha",
        notice=True,
        reader="webp",
    ),
    Format(
        "tiff",
        "TIFF",
        "image",
        (".tif .tiff",),
        _starts(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),  # the latter two are BigTIFF
        marked="8 and 16 bit; RGB, gray, with or without alpha",
        notice=True,
        reader="tiff",
    ),
    Format(
        "heif",
        "HEIC and AVIF",
        "image",
        (".heic .heif .hif", ".avif"),
        # ISO/IEC 23008-12, annexes B and E; AV1 Image File Format, sections 6 and 8. With "s" and with "hev"
        # those of sequences, which are no films.
        brands=(
            *(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1"),
            *(b"avif", b"avis", b"MA1A", b"MA1B"),
        ),
        marked="8 bit; beside gain map, depth, motion video; HEIC needs stamp-media[heif]",
        notice=True,
        reader="heif",
    ),
    Format(
        "gif",
        "GIF",
        "image",
        (".gif",),
        _starts(b"GIF87a", b"GIF89a"),
        not_marked="256 colours leave no room for it: convert to PNG",
        notice=True,
        decoder="Gif",
    ),
    Format(
        "jxl",
        "JPEG XL",
        "image",
        (".jxl",),
        _starts(b"\0\0\0\x0cJXL \r\n\x87\n", b"\xff\x0a"),
        (b"jxl ",),
        not_marked="there is no encoder here that keeps its settings: convert to PNG or JPEG",
        notice=True,
    ),
    Format(
        "jp2",
        "JPEG 2000",
        "image",
        (".jp2 .jpx .jpf", ".j2k .j2c .jpc"),
        _starts(b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"),
        (b"jp2 ", b"jpm ", b"jpx "),
        not_marked=_PICTURE,
        decoder="Jpeg2K",
    ),
    Format("psd", "Photoshop", "image", (".psd",), _starts(b"8BPS\0\1"), not_marked=_PICTURE, decoder="Psd"),
    Format("qoi", "QOI", "image", (".qoi",), _starts(b"qoif"), not_marked=_PICTURE, decoder="Qoi"),
    Format("bmp", "BMP", "image", (".bmp",), _starts(b"BM"), weak=True, not_marked=_PICTURE, decoder="Bmp"),
    Format(
        "pnm",
        "Netpbm",
        "image",
        (".pbm", ".pgm", ".ppm", ".pnm"),
        _starts(*(b"P%d" % number for number in range(1, 7))),
        weak=True,
        not_marked=_PICTURE,
        decoder="Ppm",
    ),
    # The next two are told from other TIFF files by what their directories say, see `rawphoto`.
    Format("dng", "DNG", "image", (".dng",), not_marked=_RAW, notice=True),
    Format(
        "rawtiff",
        "Raw photographs built on TIFF",
        "image",
        (".cr2", ".nef", ".nrw", ".arw", ".pef", ".srw"),
        not_marked=_RAW,
        shown=True,
    ),
    Format(
        "raw",
        "Other raw photographs",
        "image",
        (".cr3", ".crw", ".rw2", ".orf", ".raf", ".x3f"),
        # Canon CRW and CR3, Panasonic, Olympus, Fujifilm, Sigma.
        _starts(
            *(b"II\x1a\0\0\0HEAPCCDR", b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"FUJIFILMCCD-RAW", b"FOVb"),
        ),
        (b"crx ",),
        not_marked=_RAW,
        shown=True,
    ),
)

_VIDEOS = (
    Format(
        "mp4",
        "MP4, M4V and M4A",
        "video",
        (".mp4 .m4v", ".m4a .m4b"),
        # Of any brand that is nobody else's: makers of players and cameras invent new ones.
        other_kind=("audio", (b"ftypM4A ", b"ftypM4B ", b"ftypM4P ")),
        marked=f"{_CLIPS}; H.264, HEVC, AV1, VP9, MPEG-4; sound alone in AAC or ALAC",
        notice=True,
        reader="mp4",
        demuxer="mov",
    ),
    Format(
        "quicktime",
        "QuickTime (MOV)",
        "video",
        (".mov .qt",),
        # Files were once written without a brand. The names of the small atoms are words, too.
        (
            *_atoms(b"mdat", b"moov", b"pnot"),
            *(((0, b"\0\0"), (4, kind)) for kind in (b"free", b"skip", b"wide")),
        ),
        (b"qt  ",),
        marked=f"{_CLIPS}; H.264, HEVC, ProRes, DNxHR, MJPEG; alpha in ProRes",
        notice=True,
        reader="mp4",
        demuxer="mov",
    ),
    Format(
        "threegp",
        "3GP",
        "video",
        (".3gp",),
        brands=(b"3gp", b"3g2"),
        marked=f"{_CLIPS}; H.264, MPEG-4",
        notice=True,
        reader="mp4",
        demuxer="mov",
    ),
    Format(
        "matroska",
        "MKV and WebM",
        "video",
        (".mkv", ".webm", ".mka"),
        _starts(b"\x1aE\xdf\xa3"),
        marked=f"{_CLIPS}; H.264, HEVC, AV1, VP9, VP8, FFV1, MPEG-2; alpha in VP8 and VP9",
        notice=True,
        reader="matroska",
        demuxer="matroska",
    ),
    Format(
        "avi",
        "AVI",
        "video",
        (".avi",),
        _chunks(b"AVI ", b"RIFF"),
        marked=f"{_CLIPS}; H.264, AV1, VP9, MPEG-4, MPEG-2, MJPEG, FFV1",
        demuxer="avi",
    ),
    Format(
        "flv",
        "Flash Video",
        "video",
        (".flv",),
        _starts(b"FLV\x01"),
        marked=f"{_CLIPS}; H.264, HEVC, AV1, VP9",
        demuxer="flv",
    ),
    Format(
        "mpegps",
        "MPEG program stream",
        "video",
        (".mpg .mpeg", ".vob"),
        _starts(b"\0\0\x01\xba"),
        marked=f"{_CLIPS}; MPEG-2, MPEG-4, H.264, HEVC",
        demuxer="mpeg",
    ),
    Format(
        "mpegts",
        "MPEG transport stream",
        "video",
        (".ts", ".mts", ".m2ts"),
        # ISO/IEC 13818-1, 2.4.3; camcorders put a time of four bytes before each packet.
        (_syncs(188), _syncs(192, 4)),
        marked=f"{_CLIPS}; H.264, HEVC, MPEG-2; MPEG-4 in .ts alone",
        demuxer="mpegts",
    ),
    Format(
        "mxf",
        "MXF",
        "video",
        (".mxf",),
        # SMPTE ST 377-1, 7.1: the key of a header partition.
        _starts(bytes.fromhex("060e2b34020501010d0102010102")),
        marked=f"{_CLIPS}; MPEG-2, H.264, DNxHR, ProRes, FFV1; operational pattern 1a",
        demuxer="mxf",
    ),
    Format(
        "asf",
        "Windows Media",
        "video",
        (".wmv", ".wma", ".asf"),
        _starts(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
        not_marked="there is no encoder here for its codecs: convert to MP4",
        demuxer="asf",
    ),
)

_AUDIOS = (
    Format(
        "wav",
        "WAV",
        "audio",
        (".wav .wave .bwf .rf64",),
        _chunks(b"WAVE", b"RIFF", b"RF64", b"BW64"),
        marked=f"{_PCM}; RF64 and BW64, too",
        notice=True,
        reader="wav",
    ),
    Format(
        "aiff",
        "AIFF",
        "audio",
        (".aif .aiff .aifc",),
        (*_chunks(b"AIFF", b"FORM"), *_chunks(b"AIFC", b"FORM")),
        marked=f"{_PCM}; AIFC without compression, too",
        notice=True,
        reader="aiff",
    ),
    Format(
        "flac",
        "FLAC",
        "audio",
        (".flac",),
        _starts(b"fLaC"),
        tagged=True,
        marked=f"8 to 24 bit; {_SONGS}; up to 8 channels",
        notice=True,
        reader="flac",
    ),
    Format(
        "ogg",
        "Ogg Vorbis, Opus, Speex and FLAC",
        "audio",
        (".ogg .oga", ".opus .oga", ".ogv"),
        _starts(b"OggS"),
        other_kind=("video", (b"\x80theora", b"OVP80", b"BBCD")),
        tagged=True,
        marked=f"Vorbis and Opus; {_SONGS}; up to 8 channels",
        notice=True,
        reader="ogg",
        demuxer="ogg",
    ),
    # The next three begin with frames, if not with tags, which `sniff` looks for.
    Format(
        "mp3",
        "MP3",
        "audio",
        (".mp3",),
        marked="MPEG-1, 2 and 2.5; mono and stereo",
        notice=True,
        reader="mp3",
    ),
    Format(
        "mpegaudio",
        "Other MPEG audio",
        "audio",
        (".mp1", ".mpa"),
        _starts(b"ID3"),
        weak=True,
        not_marked="layer I, or no two whole frames that follow each other: convert to FLAC, WAV or MP3",
        reader="mp3",
    ),
    Format("aac", "AAC without a container", "audio", (".aac",), not_marked=_SOUND, demuxer="aac"),
    Format("wavpack", "WavPack", "audio", (".wv",), _starts(b"wvpk"), not_marked=_SOUND, demuxer="wv"),
    Format(
        "caf", "Core Audio Format", "audio", (".caf",), _starts(b"caff"), not_marked=_SOUND, demuxer="caf"
    ),
    Format("au", "Sun AU", "audio", (".au", ".snd"), _starts(b".snd"), not_marked=_SOUND, demuxer="au"),
)

FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {each.name: each for each in (*_IMAGES, *_VIDEOS, *_AUDIOS)}
)
"""Name -> format."""

NOTICES: Final = tuple(sorted(name for name, each in FORMATS.items() if each.notice))
"""The names of the formats that can carry a rights notice."""


def find(text: str) -> Format | None:
    """Return the format with this name, title or suffix (with or without its dot), in any case of letters."""
    wanted = text.strip().lower()
    for names in (
        {each.name: each for each in FORMATS.values()},
        {suffix: each for each in FORMATS.values() for suffix in each.suffixes},
        {suffix[1:]: each for each in FORMATS.values() for suffix in each.suffixes},
        {each.title.lower(): each for each in FORMATS.values()},
    ):
        if wanted in names:
            return names[wanted]
    return None
