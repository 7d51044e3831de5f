"""Play `evening.ogg`: twenty-two seconds of a plucked melody over soft chords and a brushed drum, CC0.

    python sample_media/make_song.py

The manifest is brought up to date. Another libvorbis may give other bytes: the manifest's hash is that of the
file here.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 44_100
BEAT = 0.6  # seconds
CHORDS = ("A2 E3 C4", "F2 C3 A3", "C3 G3 E4", "G2 D3 B3")
MELODY = (
    "A4 C5 E5 D5 C5 A4 G4 A4",
    "F4 A4 C5 A4 G4 F4 E4 F4",
    "E4 G4 C5 E5 D5 C5 G4 E4",
    "D4 G4 B4 D5 C5 B4 A4 G4",
)
STEPS = {"C": -9, "D": -7, "E": -5, "F": -4, "G": -2, "A": 0, "B": 2}

Sound = NDArray[np.float64]


def hertz(note: str) -> float:
    return float(440 * 2 ** (STEPS[note[0]] / 12 + int(note[1]) - 4))


def pluck(pitch: float, seconds: float, random: np.random.Generator) -> Sound:
    """A string: partials that are a little too high and die away the faster the higher they are."""
    time = np.arange(int(seconds * RATE)) / RATE
    sound = np.zeros_like(time)
    for partial in range(1, int(14_000 / pitch)):
        bent = partial * pitch * np.sqrt(1 + 4e-4 * partial**2)
        level = np.sin(np.pi * partial * 0.21) / partial**1.1
        decay = np.exp(-time * (1.6 + 0.5 * partial))
        sound += level * decay * np.sin(2 * np.pi * bent * time + random.uniform(0, 2 * np.pi))
    return sound * np.minimum(time / 0.004, 1)


def chord(pitches: list[float], seconds: float, random: np.random.Generator) -> Sound:
    """Voices slightly out of tune with each other, swelling and ebbing."""
    time = np.arange(int(seconds * RATE)) / RATE
    sound = np.zeros_like(time)
    for pitch in pitches:
        for detuned in random.normal(1, 0.002, 4):
            for partial in range(1, 13):
                phase = random.uniform(0, 2 * np.pi)
                sound += np.sin(2 * np.pi * pitch * detuned * partial * time + phase) / partial**1.6
    return sound * np.sin(np.pi * time / seconds) ** 0.7


def brush(random: np.random.Generator) -> Sound:
    """A brush on a drum: noise that hisses and fades."""
    time = np.arange(int(0.3 * RATE)) / RATE
    noise = random.normal(0, 1, len(time))
    return np.diff(noise, prepend=0) * np.exp(-time * 16) * np.minimum(time / 0.01, 1)


def play() -> Sound:
    random = np.random.default_rng(2026)
    frames = int((len(MELODY) * 8 + 4) * BEAT * RATE)
    song = np.zeros((frames, 2))

    def add(sound: Sound, beat: float, level: float, left: float) -> None:
        start = int(beat * BEAT * RATE)
        part = sound[: frames - start] * level
        song[start : start + len(part)] += np.stack([part * left, part * (1 - left)], axis=1)

    for bar, (notes, melody) in enumerate(zip(CHORDS, MELODY, strict=True)):
        voices = [hertz(note) for note in notes.split()]
        add(chord(voices, 9 * BEAT, random), 8 * bar, 0.05, 0.5)
        for step, note in enumerate(melody.split()):
            beat = 8 * bar + step + random.normal(0, 0.01)
            add(pluck(hertz(note), 2.5, random), max(beat, 0), random.uniform(0.4, 0.5), 0.35)
            add(pluck(voices[step % 3], 2.5, random), 8 * bar + step, 0.3, 0.65)
            add(brush(random), 8 * bar + step + 0.5, 0.07 if step % 2 else 0.04, 0.55)
    add(pluck(hertz("A3"), 3, random), 32, 0.5, 0.45)
    add(pluck(hertz("E4"), 3, random), 32.1, 0.4, 0.55)
    room = np.zeros_like(song)
    for seconds, level in ((0.031, 0.25), (0.047, 0.2), (0.083, 0.15), (0.127, 0.1)):
        late = int(seconds * RATE)
        room[late:] += level * song[:-late, ::-1]
    song += room
    return 0.7 * song / np.abs(song).max()


def main() -> None:
    samples = play()
    path = Path(__file__).with_name("evening.ogg")
    with soundfile.SoundFile(path, "w", RATE, 2, "VORBIS", format="OGG", compression_level=0.7) as file:
        file.title, file.artist, file.license = "Evening", "stamp", "CC0-1.0"
        for start in range(0, len(samples), 4096):
            file.write(samples[start : start + 4096])
    manifest = path.with_name("MANIFEST.tsv")
    lines = [line for line in manifest.read_text("utf-8").splitlines() if not line.startswith(path.name)]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    line = f"{path.name}\tplayed by make_song.py\tCC0-1.0\t{digest}\tOgg Vorbis, quality 3"
    manifest.write_text("\n".join([lines[0], *sorted([*lines[1:], line])]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
