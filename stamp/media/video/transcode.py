"""How a clip is to be written again: decided before anything is written."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.options import EmbedOptions
from ...formats.reading import refused
from .clip import Clip
from .encoders import Encoder, Settings, choose
from .luma import has_luma_plane, is_rgb
from .mp4_index import layout
from .platforms import findings, platform, prepared, sampled, with_codec


@dataclass(frozen=True, slots=True)
class Transcode:
    """The plan.

    clip : what is written, with what the codec can keep of it.
    edit_lists : without them, an MP4 file gets none: what decoders would leave out at the start of the sound
        is left out in whole packets.
    tolerant : damaged packets and frames are passed over, and counted in a note.
    losses : what of the source cannot be kept. advice : what a platform would like otherwise.
    """

    clip: Clip
    encoder: Encoder
    edit_lists: bool = True
    tolerant: bool = False
    losses: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


def plan_transcode(clip: Clip, options: EmbedOptions) -> Transcode:
    """Return how `clip` is written again.

    Raises UnsupportedFormat where it cannot be, or where something in it would be lost and `options` do not
    allow that.
    """
    settings = Settings(options.codec, options.crf, options.preset, options.max_bit_rate)
    wanted = platform(options.platform) if options.platform else None
    if wanted:
        settings = with_codec(settings, clip, wanted)
    codec = settings.codec or clip.codec
    source, losses, clip = clip, clip.losses(codec), clip.written(codec)
    if losses and not options.lossy:
        remedy = "`lossy=True` writes it without"
        raise refused(f"{' and '.join(losses)} would be lost", f"{_first_remedy(source, codec)}{remedy}")
    if not has_luma_plane(clip.pix_fmt) and not is_rgb(clip.pix_fmt):
        raise refused(f"frames of {clip.pix_fmt} have no plane of luma", "convert them to YUV first")
    encoder = choose(sampled(clip, codec) if wanted else clip, settings)
    advice: tuple[str, ...] = ()
    if wanted:
        assert clip.path is not None  # there is none only of a stream, which is not written again
        encoder = prepared(encoder, clip, wanted)
        advice = findings(clip, wanted, clip.path.stat().st_size, layout(clip.path))
    edit_lists = wanted is None or wanted.edit_lists or clip.staggered
    return Transcode(clip, encoder, edit_lists, options.lossy, losses, advice)


def _first_remedy(clip: Clip, codec: str) -> str:
    """What keeps the metadata of single frames, where something does."""
    if clip.carried_hdr and codec != clip.codec:
        return f"it is kept in {clip.codec}; "
    if "Dolby Vision" in clip.dynamic_hdr and clip.codec == "hevc":
        return "make it profile 8.1 first (of 7: dovi_tool -m 2 convert; of 5: FFmpeg's libplacebo); "
    return ""
