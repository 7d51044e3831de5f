"""`stamp watch`: lists and folders, what is known, hostile servers, runs that are killed."""

from __future__ import annotations

import gzip
import json
import struct
import subprocess
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from stamp.jobs import catalogues
from stamp.jobs.demo import paint
from stamp.pipeline.cataloguing import Catalogue
from tests.helpers.sites import Site, endless, moved, sent, site

from .conftest import Runner

pytestmark = pytest.mark.slow
FETCHING = ("--fetch", "--pause", "0", "--allow-private")


@pytest.fixture(autouse=True)
def on(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With a catalogue of a photo, copies of it, and something else."""
    monkeypatch.setenv("STAMP_CATALOGUE", str(elsewhere / "c.sqlite"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    paint(Path("lake.png"), size=(480, 360), seed=1)
    paint(Path("other.jpg"), size=(480, 360), seed=77)
    yield
    while catalogues._opened:
        catalogues._opened.popitem()[1].close()


def copy(quality: int = 80, *, mirror: bool = False, small: bool = False) -> bytes:
    with Image.open("lake.png") as lake:
        made = ImageOps.mirror(lake) if mirror else lake
        made = made.resize((240, 180)) if small else made
        made.save(file := BytesIO(), "JPEG", quality=quality)
    return file.getvalue()


def claiming(side: int) -> bytes:
    """A PNG that says that it is so large."""
    Image.new("1", (8, 8)).save(file := BytesIO(), "PNG")
    header = b"IHDR" + struct.pack(">II", side, side) + file.getvalue()[24:29]
    checked = header + struct.pack(">I", zlib.crc32(header))
    return file.getvalue()[:12] + checked + file.getvalue()[33:]


def listed(pages: Site, *lines: str) -> Path:
    path = Path("list.txt")
    path.write_text("# suspects\n\n" + "".join(f"{pages.url}{line}\n" for line in lines))
    return path


def statuses(entries: list[dict[str, object]]) -> dict[str, object]:
    return {str(entry["place"]).rpartition("/")[2]: entry["status"] for entry in entries}


def test_finds_of_a_list_are_kept_with_where_they_were_seen(stamp: Runner) -> None:
    assert stamp("works", "add", "lake.png").code == 0
    with site() as pages:
        pages.pages |= {"/a.jpg": sent(copy(), ETag='"1"'), "/b.jpg": sent(Path("other.jpg").read_bytes())}
        pages.pages |= {"/same.jpg": sent(copy()), "/moved": moved("/a.jpg")}
        path = listed(pages, "/a.jpg\thttps://example.org/post\t@somebody", "/b.jpg", "/same.jpg", "/moved")
        assert stamp("watch", path).code == 2
        assert pages.asked == {}
        done = stamp("watch", path, *FETCHING, "--json")
        assert done.code == 0
        assert Counter(statuses(done.entries).values()) == {"found": 1, "not_found": 1, "seen_again": 2}
        (find,) = stamp("find", "list", "--json").entries
        first, *_ = find["sightings"]
        assert (first["url"], first["account"]) == ("https://example.org/post", "@somebody")
        assert first["media_url"] == f"{pages.url}/a.jpg"
        assert first["page"]["media_type"] == "application/warc"
        assert {each["media_url"].rpartition("/")[2] for each in find["sightings"]} == {
            "a.jpg",
            "same.jpg",
            "moved",
        }
        assert find["capture"]["name"] == "a.jpg"
        assert find["report"]["matches"][0]["verdict"] == "copy"
        pages.pages["/a.jpg"] = sent(b"", status=304)
        again = stamp("watch", path, *FETCHING, "--json")
        assert set(statuses(again.entries).values()) == {"unchanged"}
        assert again.code == 1
        assert stamp("find", "list", "--json").entries == [find]
    with Catalogue.open("c.sqlite") as opened:
        kept = opened.documents.path(opened.finds.show("1").sightings[0].page)  # type: ignore[arg-type]
        assert b"GET /a.jpg HTTP/1.1" in gzip.decompress(kept.read_bytes())


def test_what_is_at_hand_is_compared_with_works_that_were_added_since(stamp: Runner) -> None:
    stamp("works", "add", "other.jpg")
    Path("in").mkdir()
    Path("in/here.jpg").write_bytes(copy())
    with site() as pages:
        pages.pages |= {"/far.jpg": sent(copy(60), ETag='"1"'), "/anew.jpg": sent(copy(60))}
        given = ("watch", "in", listed(pages, "/far.jpg", "/anew.jpg"), *FETCHING, "--json")
        assert stamp(*given).code == 1
        assert stamp("works", "add", "lake.png").code == 0
        pages.pages["/far.jpg"] = sent(b"", status=304)
        found = {"here.jpg": "found", "anew.jpg": "found", "far.jpg": "unchanged"}
        assert statuses(stamp(*given).entries) == found
        assert set(statuses(stamp(*given).entries).values()) == {"unchanged"}
        pages.pages["/far.jpg"] = sent(copy(60), ETag='"1"')
        assert statuses(stamp(*given, "--again").entries)["far.jpg"] == "found"


def test_a_hostile_server_costs_lines_and_nothing_else(stamp: Runner) -> None:
    stamp("works", "add", "lake.png")
    with site() as pages:
        pages.pages |= {
            "/private": moved("http://169.254.169.254/latest/meta-data"),
            "/endless": endless(bytes(1 << 16)),
            "/html": sent(b"<p>", "text/html"),
            "/lie": sent(b"<p>no photo</p>"),
            "/bomb": sent(claiming(30_000), "image/png"),
            "/packed": sent(gzip.compress(bytes(2 << 20)), Content_Encoding="gzip"),
            "/slow": endless(b"x", 0.05),
            "/disallowed": sent(copy()),
            "/loop": moved("/loop"),
            "/robots.txt": sent(b"User-agent: *\nDisallow: /disallowed", "text/plain"),
            "/copy.jpg": sent(copy()),
        }
        bad = ["/private", "/endless", "/html", "/lie", "/bomb", "/packed", "/slow", "/disallowed", "/loop"]
        path = listed(pages, *bad, "/copy.jpg")
        fetching = ("--fetch", "--pause", "0", "--most", "1", "--longest", "1", "--log-file", "watch.log")
        done = stamp("watch", path, *fetching, "--allow-private", "--json")
        assert pages.asked["/disallowed"] == 0
    assert done.code == 3
    assert statuses(done.entries) == {each[1:]: "error" for each in bad} | {"copy.jpg": "found"}
    lines = Path("watch.log").read_text().splitlines()
    for each in bad:
        assert len([line for line in lines if f"{pages.url}{each}: " in line]) == 1
    assert len([line for line in lines if " ERROR " in line]) == len(bad)
    assert len([line for line in lines if f"{pages.url}/bomb: " in line and "megapixels" in line]) == 1


Command = Callable[..., subprocess.Popen[str]]


def test_a_run_that_is_killed_goes_on(stamp: Runner, command: Command) -> None:
    Path("in").mkdir()
    copies = {f"{number:02}.jpg" for number in range(0, 12, 3)}
    for number in range(12):
        if f"{number:02}.jpg" in copies:
            Path(f"in/{number:02}.jpg").write_bytes(copy(60 + number, mirror=number % 2 == 0, small=True))
        else:
            paint(Path(f"in/{number:02}.jpg"), size=(200, 150), seed=100 + number)
    stamp("works", "add", "lake.png")
    killed, seen = 0, 0
    for least in (2, 5):
        process = command("watch", "in", "--json-lines", stderr=subprocess.DEVNULL)
        assert process.stdout
        while line := process.stdout.readline():
            entry = json.loads(line)
            seen += entry.get("status") in ("found", "not_found")
            if seen >= least:
                process.kill()
                killed += 1
                break
        process.wait(20)
        process.stdout.close()
    assert killed == 2
    done = stamp("watch", "in", "--json")
    assert done.code == 0
    assert len(done.entries) == 12
    assert Counter(statuses(done.entries).values())["unchanged"] >= 5
    finds = stamp("find", "list", "--json").entries
    assert sorted(find["capture"]["name"] for find in finds) == sorted(copies)
    assert all(len(find["sightings"]) == 1 for find in finds)


def test_it_watches_until_it_is_stopped(stamp: Runner, command: Command) -> None:
    stamp("works", "add", "lake.png")
    Path("in").mkdir()
    Path("in/a.jpg").write_bytes(copy())
    process = command("watch", "in", "--every", "1s", "--json-lines", stderr=subprocess.DEVNULL)
    assert process.stdout
    read = [json.loads(process.stdout.readline()) for _ in range(3)]
    assert [entry.get("status") for entry in read] == [None, "found", "unchanged"]
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


def test_what_is_no_list_is_named(stamp: Runner) -> None:
    Catalogue.open("c.sqlite").close()
    Path("bad.txt").write_text("https://example.org/a.jpg\nnonsense\n")
    done = stamp("watch", "bad.txt", "--fetch")
    assert done.code == 3
    assert "bad.txt, line 2: 'nonsense' is no URL of http or https" in done.err
    Path("bytes.bin").write_bytes(b"\xff\xfe\x00\xd8")
    assert "is no list of URLs" in stamp("watch", "bytes.bin").err
    assert stamp("watch", "missing.txt").code == 3
    assert stamp("watch", ".", "--every", "soon").code == 2
    assert stamp("watch", ".", "--every", "1h", "--json").code == 2
