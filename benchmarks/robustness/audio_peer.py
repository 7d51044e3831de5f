"""The mark of sound beside Perth, the one other music watermark that installs from PyPI.

    pip install resemble-perth librosa pyyaml torchaudio 'setuptools<81'
    python -m benchmarks.robustness.audio_peer --songs FOLDER

Perth (Resemble AI) is a neural network with one mark for all: no key and no payload, only whether there is a
mark. So it is asked less: it counts as read where it says that there is one, by its own rounding, while stamp
has to give all 64 bits. Whatever Perth says of songs that nobody marked is counted, too.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.common import peaq, photos, runner, sound_attacks, sounds, tools
from benchmarks.common.sounds import RATE, Samples
from stamp.watermark.audio import detect, embed

ATTACKS = (
    "none",
    "MP3 128",
    "AAC 64",
    "Opus 48",
    "lowpass 4 kHz",
    "noise 20 dB",
    "echo",
    "reverb",
    "speed 1.05",
    "tempo 1.05",
    "pitch 1.05",
    "10 s + AAC 64",
    "5 s + Opus 48",
    "TikTok",
)
_GRADED = 20  # seconds


class Tool(Protocol):
    def mark(self, song: Samples) -> Samples: ...

    def read(self, song: Samples) -> bool:
        """Is this its mark, as it was put in?"""


class Stamp:
    def __init__(self, seed: int) -> None:
        self._key, self._payload = tools.key_from(seed, "owner"), np.random.default_rng(seed).bytes(8)

    def mark(self, song: Samples) -> Samples:
        return embed(song, self._payload, key=self._key, sample_rate=RATE)

    def read(self, song: Samples) -> bool:
        return detect(song, key=self._key, sample_rate=RATE).payload == self._payload


class Perth:
    """One channel at a time; a song in stereo is read as the mean of both."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import perth
        if perth.PerthImplicitWatermarker is None:
            raise ImportError("Perth is incomplete: install what the head of this file says")
        self._perth = perth.PerthImplicitWatermarker()

    def mark(self, song: Samples) -> Samples:
        channels = [self._perth.apply_watermark(channel, sample_rate=RATE) for channel in song.T]
        return np.stack(channels, 1).astype(np.float32)

    def read(self, song: Samples) -> bool:
        return bool(self._perth.get_watermark(song.mean(1), sample_rate=RATE, round=True))


@dataclass(frozen=True)
class Task:
    path: Path
    seconds: float
    seed: int
    attacks: list[str]


@dataclass
class Outcome:
    """Of one song, by tool: which attacks it was read after, PEAQ grade, false alarms, CPU seconds."""

    song: str
    read: dict[str, list[str]] = field(default_factory=dict)
    odg: dict[str, float] = field(default_factory=dict)
    alarms: dict[str, list[str]] = field(default_factory=dict)
    cpu: dict[str, tuple[float, float]] = field(default_factory=dict)


def measure(task: Task) -> Outcome:
    seed = photos.seed_of(task.path, task.seed)
    host = sounds.load(task.path, task.seconds)
    outcome = Outcome(task.path.name)
    made: dict[str, Tool] = {"stamp": Stamp(seed), "Perth": Perth()}
    for name, tool in made.items():
        began = time.process_time()
        marked = tool.mark(host)
        embedded = time.process_time()
        tool.read(marked)
        outcome.cpu[name] = (embedded - began, time.process_time() - embedded)
        both = (x[: min(_GRADED * RATE, len(marked))] for x in (host, marked))
        outcome.odg[name] = peaq.odg(*(sounds.resampled(x, RATE, peaq.RATE) for x in both))[0]
        outcome.read[name], outcome.alarms[name] = [], []
        for attack in task.attacks:
            for song, heard in ((marked, outcome.read), (host, outcome.alarms)):
                if tool.read(sound_attacks.ATTACKS[attack](song, seed)):
                    heard[name].append(attack)
    return outcome


def markdown(document: dict[str, Any]) -> str:
    outcomes, attacks = document["outcomes"], document["attacks"]
    names = list(outcomes[0]["read"])

    def counted(what: str, attack: str) -> list[int]:
        return [sum(attack in outcome[what][name] for outcome in outcomes) for name in names]

    rows: list[list[object]] = [[attack, *counted("read", attack)] for attack in attacks]
    alarms = [sum(len(outcome["alarms"][name]) for outcome in outcomes) for name in names]
    rows.append([f"false alarms, of {len(outcomes) * len(attacks)}", *alarms])
    for label, pick in (("PEAQ grade, mean", np.mean), ("PEAQ grade, worst", np.min)):
        grades = [pick([outcome["odg"][name] for outcome in outcomes]) for name in names]
        rows.append([label, *(f"{grade:.2f}" for grade in grades)])
    for part, label in enumerate(("CPU s to mark, median", "CPU s to read, median")):
        costs = [np.median([outcome["cpu"][name][part] for outcome in outcomes]) for name in names]
        rows.append([label, *(f"{cost:.2f}" for cost in costs)])
    head = f"Of {len(outcomes)} songs of {document['seconds']:g} s, read:\n\n"
    return head + runner.table(["attack", "stamp, 64 bit under a key", "Perth, mark or none"], rows)


def main() -> None:
    parser = sounds.parser("robustness.audio_peer", __doc__)
    parser.set_defaults(name="robustness_audio_peer", tools=["stamp", "resemble-perth"])
    options = parser.parse_args()
    attacks = list(ATTACKS[:3] if options.quick else ATTACKS)
    tasks = [Task(path, options.seconds, options.seed, attacks) for path in sounds.paths(options.songs)]
    outcomes = sorted(
        runner.spread(measure, tasks, jobs=options.jobs, label="song"), key=lambda outcome: outcome.song
    )
    document = {
        "seconds": options.seconds,
        "attacks": attacks,
        "outcomes": [vars(outcome) for outcome in outcomes],
    }
    runner.write(options, document, markdown(document), {})


if __name__ == "__main__":
    main()
