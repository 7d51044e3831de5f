"""ExifTool, ffprobe, MediaInfo and FFmpeg judge the notice in films: exact text, nothing else lost, every
packet as it was.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import stamp
from stamp.core.errors import MediaError
from stamp.core.rights import Party, Rights
from stamp.pipeline.receipts import receipt, snapshot
from stamp.pipeline.removals import undo_rights
from tests.helpers import documents
from tests.media.mp4_files import Mp4, box
from tests.media.muxer_files import FILMS, film, packets
from tests.media.shared import shared_files

RIGHTS = Rights(
    copyright_notice="© 2026 Zoë Müller-Łukasz 東京 😀 שלום. All rights reserved.",
    creators=("Zoë Müller", "Łukasz 東京"),
    credit_line="Zoë / Ł",
    source="Agentur Łódź",
    usage_terms="<b> – nicht ohne Erlaubnis",
    web_statement="https://example.com/?a=1&b=2",
    marked=True,
    copyright_owners=(Party(name="Łabel 東京"),),
    licensors=(Party(name="Verlag Ł", url="https://example.org/licence", email="a@example.org"),),
    isrc="USRC17607839",
    identifier="00ff00ff00ff00ff",
).without_ai()
NOTICE = str(RIGHTS.copyright_notice)
CREATORS = "Zoë Müller; Łukasz 東京"
CORPUS = shared_files("video/*", "audio/metadata/*")
MATROSKA = (".mkv", ".webm", ".mka")
# What the judges say of what is written, and of where it stands.
OURS = re.compile(
    r"copyright|artist|author|performer|creator|credit|source|usageterms|terms|licen[cs]e|marked|licensor|datamining"
    r"|isrc|identifier|owner|xmp|barcode|digitalsource|rights|mediadata|chunkoffset|moviedata|warning|validate|filesize"
    r"|duplicat|void|seek|tagname|tagstring|copy|headersize|footersize|isstreamable|streamsize|datasize|overallbitrate"
    r"|metaformat|handler|unknown_free|free|xmptoolkit|fragmentoffset|moof|crc-32",
    re.IGNORECASE,
)


def run(tool: str, *arguments: str | Path) -> str:
    """What an installed judge prints."""
    path = shutil.which(tool)
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(f"{tool} is not installed")
    if path is None:
        pytest.skip(f"{tool} is not installed")
    return subprocess.run([path, *map(str, arguments)], capture_output=True, check=False).stdout.decode()


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Every film, and every film with the notice."""
    root = tmp_path_factory.mktemp("films")
    before = {name: film(name) for name in FILMS}
    after = {name: documents.write_rights(data, RIGHTS) for name, data in before.items()}
    return put(root / "before", before), put(root / "after", after)


def exiftool(folder: Path) -> dict[str, dict[str, Any]]:
    """File name -> tag -> value."""
    out = run(
        "exiftool",
        "-j",
        "-a",
        "-u",
        "-G1:4",
        "-all",
        "-validate",
        "-warning",
        "-api",
        "largefilesupport",
        folder,
    )
    return {
        Path(item["SourceFile"]).name: {re.sub(r":Copy\d+:", ":", key): value for key, value in item.items()}
        for item in json.loads(out)
    }


@pytest.mark.slow
def test_exiftool_reads_the_exact_texts(folders: tuple[Path, Path]) -> None:
    for name, found in exiftool(folders[1]).items():
        suffix = Path(name).suffix
        if suffix in MATROSKA:
            expected = {
                "Matroska:Copyright": NOTICE,
                "Matroska:Artist": CREATORS,
                "Matroska:ISRC": RIGHTS.isrc,
            }
        else:
            expected = {
                "XMP-dc:Rights": NOTICE,
                "XMP-dc:Creator": list(RIGHTS.creators),
                "XMP-xmpRights:UsageTerms": RIGHTS.usage_terms,
                "XMP-xmpRights:WebStatement": RIGHTS.web_statement,
                "XMP-plus:LicensorName": "Verlag Ł",
            }
            if suffix == ".mov" or name == "named.mp4":
                expected |= {"Keys:Copyright": NOTICE, "Keys:Artist": CREATORS}
            if suffix == ".3gp":
                expected |= {"UserData:Copyright": NOTICE, "UserData:Author": CREATORS}
            # It does not look for an item list elsewhere than in the user data, where FFmpeg's keys are here.
            if suffix != ".mov" and name != "named.mp4":
                expected |= {"ItemList:Copyright": NOTICE, "ItemList:Artist": CREATORS}
        assert {key: found.get(key) for key in expected} == expected, name


@pytest.mark.slow
def test_exiftool_finds_nothing_new_to_warn_of_and_no_tag_lost(folders: tuple[Path, Path]) -> None:
    before, after = map(exiftool, folders)
    assert before.keys() == after.keys() == FILMS.keys()
    for name in FILMS:
        assert after[name].get("ExifTool:Warning") == before[name].get("ExifTool:Warning"), name
        assert kept(after[name]) == kept(before[name]), name


def kept(tags: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in tags.items()
        if not key.startswith(("System:", "SourceFile")) and not OURS.search(key)
    }


@pytest.mark.parametrize("name", FILMS)
def test_ffprobe_and_mediainfo_read_the_exact_texts(name: str, folders: tuple[Path, Path]) -> None:
    path = folders[1] / name
    found = json.loads(run("ffprobe", "-v", "error", "-of", "json", "-show_format", path))["format"]["tags"]
    folded = {key.lower().removeprefix("com.apple.quicktime."): value for key, value in found.items()}
    assert folded["copyright"] == NOTICE
    assert folded["artist"] == CREATORS
    general = json.loads(run("mediainfo", "--Output=JSON", path))["media"]["track"][0]
    assert general["Copyright"] == NOTICE
    extra = general.get("extra", {})
    performer = general.get("Performer") or extra.get("ARTIST") or extra.get("com_apple_quicktime_artist")
    assert CREATORS in performer.split(" / ")  # 3GPP has a performer besides the author


@pytest.mark.slow
@pytest.mark.parametrize("name", FILMS)
def test_every_packet_is_as_it_was(name: str, folders: tuple[Path, Path]) -> None:
    before, after = ((folder / name).read_bytes() for folder in folders)
    assert packets(after) == packets(before)
    assert documents.essence_digest(after) == documents.essence_digest(before)
    back = documents.remove_rights(after, RIGHTS)
    assert packets(back) == packets(before)
    hashes = [
        run("ffmpeg", "-v", "error", "-i", folder / name, "-map", "0", "-c", "copy", "-f", "framemd5", "-")
        for folder in folders
    ]
    assert hashes[0] == hashes[1]
    assert len(hashes[0].splitlines()) > 20


def test_faststart_is_kept(folders: tuple[Path, Path]) -> None:
    for name in ("faststart.mp4", "tagged.mov"):
        data = (folders[1] / name).read_bytes()
        assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_films_of_other_projects(path: Path) -> None:
    data = path.read_bytes()
    if documents.identify(data) not in ("mp4", "quicktime", "threegp", "matroska"):
        return
    try:
        written = documents.write_rights(data, RIGHTS)
    except MediaError:
        return
    assert packets(written) == packets(data)
    assert documents.read_rights(written).rights == RIGHTS.onto(documents.read_rights(data).rights)
    assert documents.write_rights(written, RIGHTS) is written


@pytest.mark.slow
@pytest.mark.parametrize("brand", [b"qt  ", b"isom"])
def test_user_data_get_their_artist_back(brand: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    texts = {b"\xa9ART": "Ä".encode(), b"\xa9cpy": "old ©".encode()}
    udta = b"".join(
        box(kind, len(text).to_bytes(2, "big"), b"\x55\xc4", text) for kind, text in texts.items()
    )
    path.write_bytes(Mp4(brand=brand, udta=udta).encoded())
    before, had = snapshot(path), tags_of(path)
    replacing = stamp.NoticeOptions(replace_rights=True)
    stamp.write_rights(path, path, Rights(creators=("New", "Łukasz")), overwrite=True, options=replacing)
    assert tags_of(path)["Artist"] == "New; Łukasz"
    changes = json.loads(json.dumps(receipt(before, snapshot(path))["changes"]))
    undo_rights(path, path, changes, overwrite=True)
    assert tags_of(path) == had == {"Artist": "Ä", "Copyright": "old ©"}
    assert snapshot(path).values == before.values


def tags_of(path: Path) -> dict[str, str]:
    """What ExifTool finds in the user data."""
    told: dict[str, str] = json.loads(run("exiftool", "-j", "-UserData:all", path))[0]
    return {name: text for name, text in told.items() if name != "SourceFile"}
