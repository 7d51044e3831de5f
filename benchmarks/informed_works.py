"""What is read, and which copy is confirmed, of clips, stills of clips and songs with the original at hand:
the part of `benchmarks.informed` that `--clips` and `--songs` ask for.

The harshest rungs of platforms; stills of a clip after x264 at crf 23 and 720 rows; songs in excerpts of
five and three seconds after codecs at low rates, and through a telephone. For each: the right payload, others
of the key, other keys, and the unmarked work after the same.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
from PIL import Image

import stamp
from benchmarks.common import clips, runner, sounds
from benchmarks.common.sound_attacks import aac, mono, mp3, opus
from benchmarks.common.sounds import RATE, Rng, Samples, resampled
from benchmarks.robustness.video.attacks import RENDITIONS, Quality
from stamp.core.comparison import AGREES
from stamp.core.confirmation import CONFIRMED
from stamp.pipeline.pairing import Pairing
from stamp.pipeline.pairs import pairing_of

KEY = stamp.Key(bytes(range(32)), "benchmark")
OTHERS = 20  # payloads that are wrong, for each key
STRANGE = 5  # keys that are wrong
RUNGS = ("YouTube 144p AVC", "TikTok 540p HEVC, 93 kb/s", "Instagram 720p VP9, 100 kb/s")
STILL = "still, x264 crf 23, 720 rows"
_STILLS = 2  # of a clip
_HEARD = 30.0  # seconds of a song that are marked


@dataclass
class Look:
    """One work after one attack; the fields are those of `informed.Look`."""

    work: str
    attack: str
    alone: bool
    read: bool
    correlation: float | None
    z: float = 0.0
    log10_p: float = 0.0
    confirmed: bool = False
    wrong: list[float] = field(default_factory=list)
    strange: list[float] = field(default_factory=list)
    unmarked: list[float] = field(default_factory=list)
    false: int = 0


def _look(names: tuple[str, str], files: tuple[Path, Path, Path], payload: bytes, rng: Rng) -> Look:
    """What comes of a suspect. files : suspect, the unmarked work after the same, original."""
    suspect, unmarked, original = files
    alone = stamp.detect_file(suspect, keys=KEY).payload
    if names[1] == STILL:
        alone = _of_clip(suspect)
    pair = pairing_of(suspect, original)
    read, sure = pair.detect(KEY, search=False).payload, pair.confirm(KEY, [payload])[0]
    look = Look(
        *names, alone == payload, read == payload, pair.correlation, sure.z, sure.log10_p, sure.confirmed
    )
    look.false += sum(found not in (None, payload) for found in (alone, read))
    others = [stamp.Payload(rng.bytes(8)) for _ in range(OTHERS)]
    right = stamp.Payload(payload)
    strangers = [stamp.Key(rng.bytes(32), f"other {number}") for number in range(STRANGE)]
    _judge(look, look.wrong, pair, [KEY], others)
    _judge(look, look.strange, pair, strangers, [right])
    _judge(look, look.unmarked, pairing_of(unmarked, original), [KEY], [*others, right])
    return look


def _of_clip(still: Path) -> bytes | None:
    """The payload of a clip's mark that a still shows by itself."""
    from stamp.media.image.opening import read_luma
    from stamp.watermark.video import Detector

    detector = Detector(KEY)
    detector.push(read_luma(still), 0.0, key_frame=True)
    return detector.result().payload


def _judge(
    look: Look, into: list[float], pair: Pairing, keys: Iterable[stamp.Key], payloads: list[stamp.Payload]
) -> None:
    """Judge what must not be confirmed; what finds no place cannot be."""
    if pair.correlation is None:
        return
    for key in keys:
        judged = pair.judge(key, payloads)
        into += [each.z for each in judged]
        look.false += sum(each.log10_p <= CONFIRMED for each in judged)


def of_clip(task: tuple[Path, int, float]) -> list[Look]:
    """Mark a clip, make the copies of it, and look at them."""
    path, seed, seconds = task
    rng = np.random.default_rng(clips.seed_of(path, seed))
    payload, made = rng.bytes(8), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        original, marked = folder / "original.mp4", folder / "marked.mp4"
        clips.cut(path, original, seconds=seconds)
        stamp.embed_file(original, marked, payload, key=KEY)
        for rung in RUNGS:
            pair = [folder / f"{what}.mkv" for what in ("suspect", "plain")]
            for source, target in zip((marked, original), pair, strict=True):
                RENDITIONS[rung].apply(source, target)
            made.append(_look((path.name, rung), (pair[0], pair[1], original), payload, rng))
        shown = [folder / f"{what}.mp4" for what in ("shown", "shown_plain")]
        for source, target in zip((marked, original), shown, strict=True):
            Quality(23, lambda v, s: v.filter("scale", *s.scaled_to(720))).apply(source, target)
        with av.open(str(shown[0])) as container:
            frames = sum(1 for _ in container.decode(video=0))
        for number in sorted(rng.choice(frames, _STILLS, replace=False)):
            stills = [folder / f"{what}.png" for what in ("still", "still_plain")]
            for source, target in zip(shown, stills, strict=True):
                with av.open(str(source)) as container:
                    frame = next(each for at, each in enumerate(container.decode(video=0)) if at == number)
                    Image.fromarray(frame.to_ndarray(format="rgb24")).save(target)
            made.append(_look((path.name, STILL), (stills[0], stills[1], original), payload, rng))
    return made


def _telephone(x: Samples, rng: Rng) -> Samples:
    return resampled(resampled(mono(x, rng), RATE, 8000), 8000, RATE)


SOUNDS = {
    "AAC 64": aac(64),
    "MP3 32": mp3(32),
    "Opus 24": opus(24),
    "telephone": _telephone,
    "telephone, Opus 16": lambda x, rng: opus(16)(_telephone(x, rng).repeat(2, axis=1), rng),
}


def of_song(task: tuple[Path, int, float]) -> list[Look]:
    """Mark a song, make excerpts of it, and look at them."""
    path, seed, seconds = task
    rng = np.random.default_rng(clips.seed_of(path, seed))
    payload, made = rng.bytes(8), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        original, marked = folder / "original.wav", folder / "marked.wav"
        samples = sounds.load(path, seconds)
        soundfile.write(original, samples, RATE, "FLOAT")
        stamp.embed_file(original, marked, payload, key=KEY)
        done, _ = soundfile.read(marked, dtype="float32", always_2d=True)
        for length in (5, 3):
            first = int(rng.integers(0, max(1, len(samples) - length * RATE)))
            for attack, step in SOUNDS.items():
                pair = [folder / f"{what}.wav" for what in ("suspect", "plain")]
                for source, target in zip((done, samples), pair, strict=True):
                    excerpt = np.ascontiguousarray(source[first : first + length * RATE])
                    soundfile.write(target, step(excerpt, rng), RATE, "FLOAT")
                made.append(
                    _look((path.name, f"{length} s, {attack}"), (pair[0], pair[1], original), payload, rng)
                )
    return made


def markdown(document: dict[str, Any]) -> str:
    """What was read and confirmed, and what should not have been."""
    made = [Look(**each) for each in document["looks"]]
    rows = []
    for attack in dict.fromkeys(each.attack for each in made):
        row = [each for each in made if each.attack == attack]
        shares = (
            sum(each.alone for each in row),
            sum(each.read for each in row),
            sum(each.confirmed for each in row),
        )
        rows.append(
            (
                attack,
                len(row),
                *shares,
                f"{np.median([each.z for each in row]):.1f}",
                f"{min(each.z for each in row):.1f}",
            )
        )
    header = (
        "what happened",
        "looks",
        "read alone",
        "read with the original",
        "confirmed",
        "z, median",
        "least",
    )
    nothing = []
    for name, what in (("wrong", "other payloads"), ("strange", "other keys"), ("unmarked", "unmarked")):
        z = np.array([value for each in made for value in getattr(each, name)])
        if z.size:
            nothing.append((what, z.size, f"{z.mean():.2f}", f"{z.std():.2f}", f"{z.max():.2f}"))
    false = sum(each.false for each in made)
    tried = sum(len(each.wrong) + len(each.strange) + len(each.unmarked) for each in made)
    return (
        f"{len({each.work for each in made})} works.\n\n"
        + runner.table(header, rows)
        + "\n"
        + runner.table(("z of", "n", "mean", "deviation", "highest"), nothing)
        + f"\n{false} payloads were read or confirmed that should not be, of {tried} that were judged.\n"
    )


def run(options: Any) -> None:
    """Write the results of `informed --clips` and `--songs`."""
    for kind, task, find in (("clips", of_clip, clips.find), ("songs", of_song, sounds.paths)):
        folders = getattr(options, kind)
        if not folders:
            continue
        seconds = options.seconds if kind == "clips" else _HEARD
        tasks = [(path, options.seed, seconds) for path in find(folders)][: options.most]
        made = [look for some in runner.spread(task, tasks, jobs=options.jobs, label=kind) for look in some]
        options.name = f"informed_{kind}"
        document = {"needed": AGREES, "looks": [asdict(each) for each in made]}
        runner.write(options, document, markdown(document), {})
