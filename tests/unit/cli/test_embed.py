"""`stamp embed`: where outputs go, what is refused, and that a source is never touched."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from PIL import Image

from .conftest import PAYLOAD, Runner, digests


def test_output_beside_the_source(stamp: Runner, photo: Path, key_file: Path) -> None:
    before = photo.read_bytes()
    result = stamp("embed", photo)
    assert result.code == 0, result.err
    match = re.fullmatch(
        r"photo\.stamped\.jpg:  payload ([0-9a-f]{16})  PSNR [\d.]+ dB  SSIM 0\.\d+  it survives .*\n",
        result.out,
    )
    assert match
    assert photo.read_bytes() == before
    assert sorted(os.listdir()) == ["photo.jpg", "photo.stamped.jpg"]
    assert stamp("detect", "photo.stamped.jpg", "--expect", match[1]).code == 0


def test_random_payloads_differ(stamp: Runner, photo: Path, key_file: Path) -> None:
    (first,) = stamp("embed", photo, "-o", "one.jpg", "--json").entries
    (second,) = stamp("embed", photo, "-o", "two.jpg", "--json").entries
    assert first["payload"] != second["payload"]


def test_same_input_key_and_payload_give_the_same_bytes(stamp: Runner, photo: Path, key_file: Path) -> None:
    for name in ("one.jpg", "two.jpg"):
        assert stamp("embed", photo, "--payload", PAYLOAD, "--copyright", "© A", "-o", name).code == 0
    assert Path("one.jpg").read_bytes() == Path("two.jpg").read_bytes()


@pytest.mark.parametrize("output", ["out.jpg", "out.jpeg", "new/folder/out.JPG"])
def test_output_file(output: str, stamp: Runner, photo: Path, key_file: Path) -> None:
    assert stamp("embed", photo, "-o", output).code == 0
    assert stamp("detect", output).code == 0


def test_output_folder_is_made_when_it_ends_in_a_slash(stamp: Runner, photo: Path, key_file: Path) -> None:
    assert stamp("embed", photo, "-o", "out/").code == 0
    assert Path("out/photo.jpg").is_file()


def test_existing_output_is_refused_unless_forced(stamp: Runner, photo: Path, key_file: Path) -> None:
    Path("photo.stamped.jpg").write_text("precious")
    result = stamp("embed", photo)
    assert result.code == 3
    assert "photo.stamped.jpg: exists already" in result.err
    assert "--force" in result.err
    assert Path("photo.stamped.jpg").read_text() == "precious"
    assert stamp("embed", photo, "--force").code == 0
    assert stamp("detect", "photo.stamped.jpg").code == 0


def test_in_place(stamp: Runner, photo: Path, key_file: Path) -> None:
    photo.chmod(0o640)
    assert stamp("embed", photo, "--in-place", "--payload", PAYLOAD).code == 0
    assert os.listdir() == ["photo.jpg"]
    assert photo.stat().st_mode & 0o777 == 0o640
    assert stamp("detect", photo, "--expect", PAYLOAD).code == 0


def test_in_place_through_a_link_keeps_the_link(stamp: Runner, photo: Path, key_file: Path) -> None:
    Path("link.jpg").symlink_to(photo)
    assert stamp("embed", "link.jpg", "--in-place").code == 0
    assert Path("link.jpg").is_symlink()
    assert stamp("detect", photo).code == 0


def test_a_forced_output_that_links_to_a_source_is_refused(
    stamp: Runner, photo: Path, key_file: Path
) -> None:
    Path("link.jpg").symlink_to(photo)
    before = photo.read_bytes()
    result = stamp("embed", photo, "-o", "link.jpg", "--force")
    assert result.code == 3
    assert "is a source itself" in result.err
    assert photo.read_bytes() == before


def test_no_watermark_leaves_the_picture_data(stamp: Runner, photo: Path, key_file: Path) -> None:
    from tests.helpers.documents import essence_digest

    result = stamp("embed", photo, "--no-watermark", "--copyright", "© {year} A", "-o", "out.jpg")
    assert result.code == 0
    assert "PSNR" not in result.out
    assert essence_digest(Path("out.jpg").read_bytes()) == essence_digest(photo.read_bytes())


def test_no_metadata_writes_no_notice(stamp: Runner, photo: Path, key_file: Path) -> None:
    Path("stamp.toml").write_text('[rights]\ncopyright_notice = "© A"\n', encoding="utf-8")
    assert stamp("embed", photo, "--no-metadata", "-o", "out.jpg").code == 0
    assert stamp("show", "out.jpg", "--json").entries[0]["rights"] == {}


def test_the_rights_of_options_files_and_defaults(stamp: Runner, photo: Path, key_file: Path) -> None:
    Path("stamp.toml").write_text(
        '[rights]\ncopyright_notice = "© default"\ncreators = ["D"]\ncredit_line = "default"\n',
        encoding="utf-8",
    )
    Path("job.toml").write_text('credit = "job"\nusage-terms = "job"\n', encoding="utf-8")
    options = (
        "--usage-terms",
        "option",
        "--web-statement",
        "https://example.org/",
        "--licensor-url",
        "https://example.org/l",
    )
    assert stamp("embed", photo, "-o", "out.jpg", "--rights", "job.toml", "--no-ai", *options).code == 0
    rights = stamp("show", "out.jpg", "--json").entries[0]["rights"]
    assert rights.pop("usage_terms").startswith("option")
    assert len(rights.pop("identifier")) == 16
    assert rights == {
        "copyright_notice": "© default",
        "creators": ["D"],
        "credit_line": "job",
        "web_statement": "https://example.org/",
        "licensor_url": "https://example.org/l",
        "marked": True,
        "data_mining": "DMI-PROHIBITED-AIMLTRAINING",
    }


def test_the_first_embed_makes_a_key_and_says_so(stamp: Runner, photo: Path, tmp_path: Path) -> None:
    result = stamp("embed", photo)
    made = tmp_path / "config" / "stamp" / "stamp.key"
    assert result.code == 0
    assert f"made your key, {made}" in result.err
    assert made.stat().st_mode & 0o777 == 0o600
    assert "made your key" not in stamp("embed", photo, "--force").err
    assert stamp("detect", "photo.stamped.jpg").code == 0
    secret = made.read_text()
    assert stamp("key", "new", made).code == 3
    assert made.read_text() == secret


def test_several_keys(stamp: Runner, media: Path) -> None:
    assert stamp("key", "new", "other.key", "--name", "other").code == 0
    result = stamp(
        "detect", media / "marked.jpg", "--key-file", media / "mark.key", "--key-file", "other.key"
    )
    assert result.code == 0
    assert "key tests" in result.out


@pytest.mark.slow
def test_detect_says_what_it_did_not_look_at(stamp: Runner, folder: Path, key_file: Path) -> None:
    found = stamp("detect", folder)
    assert "3 passed over (2 hidden, 1 .txt)" in found.err
    assert "passed over" not in stamp("detect", folder, "-q").err
    assert "passed over" not in stamp("detect", folder / "a.jpg").err


@pytest.mark.slow
def test_keys_of_one_name_are_told_with_their_files(stamp: Runner, media: Path) -> None:
    assert stamp("key", "new", "other.key", "--name", "tests").code == 0
    keys = [f"--key-file={path}" for path in ("other.key", media / "mark.key", media / "mark.key")]
    (entry,) = stamp("detect", media / "marked.jpg", *keys, "--json").entries
    assert entry["watermark"]["payload"] == PAYLOAD
    assert entry["watermark"]["key"].endswith("mark.key")


@pytest.mark.slow
def test_quiet_says_nothing_but_results_and_errors(stamp: Runner, photo: Path) -> None:
    result = stamp("embed", photo, "missing.jpg", "-q", "-o", "out/")
    assert result.code == 3
    assert result.out.startswith(f"{Path('out/photo.jpg')}:")
    assert result.err.splitlines() == [line for line in result.err.splitlines() if "missing.jpg" in line]


def test_hostile_notices_cannot_drive_the_terminal(stamp: Runner, photo: Path) -> None:
    packet = (
        b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        b'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="a&#x9b;31mb&#x202e;c"/>'
        b"</rdf:RDF></x:xmpmeta>"
    )
    segment = b"\xff\xe1" + (len(packet) + 2).to_bytes(2, "big") + packet
    data = photo.read_bytes()
    photo.write_bytes(data[:2] + segment + data[2:])
    result = stamp("show", photo)
    assert result.code == 0
    assert all(char.isprintable() or char == "\n" for char in result.out + result.err)


@pytest.mark.slow
def test_a_folder_beside(stamp: Runner, folder: Path, key_file: Path) -> None:
    before = digests(folder)
    result = stamp("embed", folder, "-j", "2", "--payload", PAYLOAD)
    assert result.code == 0, result.err
    outputs = [line.split(":")[0] for line in result.out.splitlines()]
    names = ["a.stamped.jpg", "b.stamped.JPG", "deep/c.stamped.jpeg", "deep/d.stamped.jpg"]
    assert outputs == [str(folder / name) for name in names]
    after = digests(folder)
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == set(names)


@pytest.mark.slow
def test_the_same_results_from_any_number_of_processes(stamp: Runner, folder: Path, key_file: Path) -> None:
    results = {}
    for jobs in ("1", "3"):
        result = stamp(
            "embed",
            folder,
            "-o",
            f"out{jobs}",
            "-j",
            jobs,
            "--payload",
            PAYLOAD,
            "--copyright",
            "© A",
            "--json",
        )
        assert result.code == 0, result.err
        results[jobs] = (
            [{**entry, "output": None, "date": None} for entry in result.entries],
            digests(Path(f"out{jobs}")),
        )
    assert results["1"] == results["3"]
    assert list(results["1"][1]) == ["a.jpg", "b.JPG", "deep/c.jpeg", "deep/d.jpg"]


@pytest.mark.slow
def test_an_empty_file_is_called_empty_with_a_notice_too(stamp: Runner, photo: Path, key_file: Path) -> None:
    Path("empty.jpg").touch()
    result = stamp("embed", "empty.jpg", "--copyright", "© A")
    assert result.code == 3
    assert "empty.jpg: the file is empty; fetch a fresh copy" in result.err
    assert "internal error" not in result.err


def test_one_bad_file_never_stops_the_rest(stamp: Runner, folder: Path, key_file: Path) -> None:
    (folder / "aa.jpg").write_text("not a picture")
    (folder / "deep" / "zero.png").touch()
    result = stamp("embed", folder, "-o", "out", "-j", "2", "--json")
    assert result.code == 3
    assert [entry["status"] for entry in result.entries] == [
        "stamped",
        "error",
        "stamped",
        "stamped",
        "stamped",
        "error",
    ]
    assert sorted(digests(Path("out"))) == ["a.jpg", "b.JPG", "deep/c.jpeg", "deep/d.jpg"]


@pytest.mark.slow
def test_names_that_cannot_exist_cost_nobody_else_anything(
    stamp: Runner, photo: Path, key_file: Path
) -> None:
    Path("loop.jpg").symlink_to("loop.jpg")
    names = ["loop.jpg", "x" * 300 + ".jpg", "photo.jpg/inside.jpg", photo]
    for command in (("embed", "-o", "out"), ("embed", "--in-place"), ("detect",), ("show",)):
        result = stamp(*command, *names, "--json")
        assert result.code == 3
        assert [entry["status"] == "error" for entry in result.entries] == [True, True, True, False]
        assert "internal" not in result.err


@pytest.mark.slow
def test_resume_does_only_what_is_missing(stamp: Runner, folder: Path, key_file: Path) -> None:
    (folder / "deep" / "c.jpeg").rename("c.jpeg")
    assert stamp("embed", folder, "-o", "out", "--payload", PAYLOAD).code == 0
    Path("c.jpeg").rename(folder / "deep" / "c.jpeg")
    Path("out/a.jpg").write_bytes(Path("out/a.jpg").read_bytes()[:3000])  # cut short by somebody's copying
    before = digests(Path("out"))
    result = stamp("embed", folder, "-o", "out", "--payload", PAYLOAD, "--resume", "--json")
    assert result.code == 0, result.err
    assert [entry["resumed"] for entry in result.entries] == [False, True, False, True]
    assert {entry["payload"] for entry in result.entries} == {PAYLOAD}
    after = digests(Path("out"))
    assert {name for name in after if after[name] != before.get(name)} == {"a.jpg", "deep/c.jpeg"}


@pytest.mark.slow
def test_resume_in_place_marks_nothing_twice(stamp: Runner, folder: Path, key_file: Path) -> None:
    assert stamp("embed", folder / "a.jpg", "--in-place").code == 0
    marked = (folder / "a.jpg").read_bytes()
    result = stamp("embed", folder / "a.jpg", folder / "b.JPG", "--in-place", "--resume", "--json")
    assert result.code == 0, result.err
    assert [entry["resumed"] for entry in result.entries] == [True, False]
    assert (folder / "a.jpg").read_bytes() == marked


@pytest.mark.slow
def test_resume_refuses_what_is_not_its_own(stamp: Runner, photo: Path, key_file: Path) -> None:
    Path("photo.stamped.jpg").write_bytes(photo.read_bytes())
    result = stamp("embed", photo, "--resume")
    assert result.code == 3
    assert "photo.stamped.jpg: exists" in result.err
    assert Path("photo.stamped.jpg").read_bytes() == photo.read_bytes()
    assert stamp("embed", photo, "--payload", PAYLOAD, "--force").code == 0
    result = stamp("embed", photo, "--payload", "0123456789abcdef", "--resume")
    assert result.code == 3
    assert PAYLOAD in result.err
    Path("photo.stamped.jpg").write_text("notes of somebody")
    result = stamp("embed", photo, "--resume")
    assert (result.code, "is no work that can be read" in result.err) == (3, True)
    assert Path("photo.stamped.jpg").read_text() == "notes of somebody"


def test_resume_of_notices_alone(stamp: Runner, photo: Path, key_file: Path) -> None:
    options = ("--no-watermark", "--copyright", "© A", "--resume", "--json")
    assert [stamp("embed", photo, *options).entries[0]["resumed"] for _ in range(2)] == [False, True]


def test_resume_asks_for_the_notice_too(stamp: Runner, photo: Path, key_file: Path) -> None:
    assert stamp("embed", photo, "--payload", PAYLOAD).code == 0
    output = Path("photo.stamped.jpg")
    marked = output.read_bytes()
    options = ("--copyright", "© A", "--credit", "B", "--resume", "--json")
    refused = stamp("embed", photo, *options)
    assert (refused.code, output.read_bytes()) == (3, marked)
    assert "copyright_notice, credit_line" in refused.entries[0]["error"]["message"]

    (added,) = stamp("embed", photo, *options, "--force").entries
    assert (added["payload"], added["resumed"]) == (PAYLOAD, False)
    assert {"copyright_notice", "credit_line", "identifier"} <= set(added["metadata"]["written"])
    with Image.open(io.BytesIO(marked)) as before, Image.open(output) as after:
        assert before.tobytes() == after.tobytes()  # marked once, not twice
    (again,) = stamp("embed", photo, *options).entries
    assert (again["payload"], again["resumed"]) == (PAYLOAD, True)


def test_resume_in_place_adds_the_notice_to_what_is_marked(
    stamp: Runner, photo: Path, key_file: Path
) -> None:
    assert stamp("embed", photo, "--in-place", "--payload", PAYLOAD).code == 0
    with Image.open(photo) as picture:
        marked = picture.tobytes()
    (entry,) = stamp("embed", photo, "--in-place", "--resume", "--copyright", "© A", "--json").entries
    assert (entry["payload"], entry["resumed"]) == (PAYLOAD, False)
    with Image.open(photo) as picture:
        assert picture.tobytes() == marked
    assert "© A" in stamp("show", photo).out


@pytest.mark.slow
def test_resume_with_a_new_key(stamp: Runner, photo: Path, key_file: Path) -> None:
    assert stamp("embed", photo, "--payload", PAYLOAD).code == 0
    assert stamp("key", "new", "new.key", "--name", "new").code == 0
    keys = ("--key-file", "new.key", "--key-file", key_file)
    assert stamp("embed", photo, *keys).code == 2
    assert stamp("embed", photo, *keys[:2], "--resume").code == 3
    (entry,) = stamp("embed", photo, *keys, "--resume", "--json").entries
    assert (entry["payload"], entry["resumed"]) == (PAYLOAD, True)
    assert stamp("embed", photo, *keys, "--resume", "-o", "out.jpg").code == 0
    assert stamp("detect", "out.jpg", *keys[:2]).code == 0


def test_resume_next_year(stamp: Runner, photo: Path, key_file: Path) -> None:
    assert stamp("embed", photo, "--copyright", "© 2019 A").code == 0
    (entry,) = stamp("embed", photo, "--copyright", "© {year} A", "--resume", "--json").entries
    assert entry["resumed"] is True
    assert stamp("embed", photo, "--copyright", "© {year} B", "--resume").code == 3


@pytest.mark.parametrize("notice", [["--copyright", "© A"], ["--no-metadata"]])
def test_a_second_mark_is_told(notice: list[str], stamp: Runner, photo: Path, key_file: Path) -> None:
    first = stamp("embed", photo, "--in-place", "--payload", PAYLOAD, *notice)
    assert (first.code, "before" in first.err) == (0, False)
    other = ("--payload", "0123456789abcdef", "--resume", "--force")
    second = stamp("embed", photo, "--in-place", *other, *notice)
    assert (second.code, second.err.count(f"it carried the mark {PAYLOAD} before")) == (0, 1)
    assert stamp("detect", photo, "--expect", "0123456789abcdef").code == 0


@pytest.mark.slow
def test_outputs_that_collide_are_refused(stamp: Runner, media: Path, key_file: Path) -> None:
    for name in ("one", "two"):
        Path(name).mkdir()
        Path(name, "same.jpg").write_bytes((media / "photo.jpg").read_bytes())
        Path(name, f"{name}.jpg").write_bytes((media / "photo.jpg").read_bytes())
    result = stamp("embed", "one", "two", "-o", "out", "--json")
    assert result.code == 3
    assert [entry["status"] for entry in result.entries] == ["stamped", "error", "error", "stamped"]
    assert "one/same.jpg and two/same.jpg" in result.entries[1]["error"]["message"].replace("\\", "/")
    assert sorted(digests(Path("out"))) == ["one.jpg", "two.jpg"]


def test_an_empty_folder_is_an_error(stamp: Runner, key_file: Path) -> None:
    Path("empty").mkdir()
    for command in ("embed", "detect", "show"):
        result = stamp(command, "empty")
        assert result.code == 3
        assert "no photo, clip or song in this folder" in result.err


@pytest.mark.slow
def test_an_output_folder_inside_the_source_is_not_walked(
    stamp: Runner, folder: Path, key_file: Path
) -> None:
    for _ in range(2):
        result = stamp("embed", folder, "-o", folder / "out", "--force", "--json")
        assert result.code == 0, result.err
        assert len(result.entries) == 4


def test_a_work_is_not_marked_twice_by_accident(stamp: Runner, photo: Path, key_file: Path) -> None:
    assert stamp("embed", photo, "--in-place", "--payload", PAYLOAD).code == 0
    marked = photo.read_bytes()
    again = stamp("embed", photo, "--in-place", "--json")
    assert (again.code, again.entries[0]["error"]["type"]) == (3, "AlreadyMarked")
    assert PAYLOAD in again.entries[0]["error"]["message"]
    assert again.entries[0]["former_payload"] is None
    (done,) = stamp("embed", photo, "--in-place", "--resume", "--json").entries
    assert (done["resumed"], photo.read_bytes()) == (True, marked)
    assert stamp("embed", photo, "--resume").code == 3  # the output is not there, and the source is marked
    (forced,) = stamp("embed", photo, "--in-place", "--force", "--json").entries
    assert forced["former_payload"] == PAYLOAD
