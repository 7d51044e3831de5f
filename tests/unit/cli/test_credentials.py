"""`stamp sign`, `stamp embed --sign` and `stamp credentials`."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from stamp.provenance.store import Store
from stamp.watermark.image.carrier import SCHEME
from tests.helpers import signers, tsa

from .conftest import PAYLOAD, Runner

SIGN = ("--sign", str(signers.chain().chain), "--sign-key", str(signers.chain().key))
TRUST = ("--trust", str(signers.chain().root))


@pytest.fixture
def marked(media: Path, elsewhere: Path) -> Path:
    copy = Path("marked.jpg")
    copy.write_bytes((media / "marked.jpg").read_bytes())
    return copy


def test_sign_and_read(marked: Path, key_file: Path, stamp: Runner) -> None:
    done = stamp("sign", marked, "-o", "b.jpg", *SIGN, "--sign-store", "store", "--json")
    assert done.code == 0
    assert done.document["schema"] == "stamp.sign/1"
    assert done.document["summary"]["signed"] == 1
    (entry,) = done.entries
    assert (entry["action"], entry["payload"]) == ("sign", PAYLOAD)
    assert entry["credentials"]["signer"] == signers.NAME
    assert Path(entry["credentials"]["stored"]).is_file()
    assert "PRIVATE" not in done.out + done.err
    read = stamp("credentials", "b.jpg", *TRUST)
    assert read.code == 0
    assert read.out.startswith("b.jpg: trusted: signed, by somebody whom you trust\n")
    assert f"  mark          {PAYLOAD} (org.example.{SCHEME})\n" in read.out
    assert "without a time stamp, nobody confirms when" in read.out
    read = stamp("credentials", "--json", "b.jpg", marked)
    assert read.code == 1
    assert [entry["status"] for entry in read.entries] == ["valid", "none"]
    assert read.document["schema"] == "stamp.credentials/1"
    assert read.document["summary"]["valid"] == 1
    assert stamp("detect", "b.jpg", "--expect", PAYLOAD).code == 0


def test_a_copy_without_credentials_leads_back(marked: Path, key_file: Path, stamp: Runner) -> None:
    stamp("sign", marked, "-o", "b.jpg", *SIGN, "--sign-store", "store")
    with Image.open("b.jpg") as image:
        image.crop((20, 20, 620, 460)).save("c.jpg", quality=75)
    assert stamp("credentials", "c.jpg").out == "c.jpg: none: no credentials\n"
    found = stamp("credentials", "c.jpg", "--store", "store", *TRUST)
    assert found.code == 0
    assert found.out.startswith("c.jpg: recovered:")
    (picture,) = Path("store").glob("*/*/*.jpg")
    assert f"  picture       {picture}\n" in found.out
    assert "this copy itself is not signed" in found.err
    assert "a mark can be copied" in found.err


def test_embed_marks_and_signs(photo: Path, key_file: Path, stamp: Runner) -> None:
    rights = ("--copyright", "© Ada", "--no-ai")
    done = stamp("embed", photo, *rights, *SIGN, "--payload", "1234567890abcdef", "--sign-store", "kept")
    assert done.code == 0
    assert done.out.rstrip().endswith(f"signed by {signers.NAME}")
    assert stamp("credentials", "photo.stamped.jpg", *TRUST).code == 0
    assert Store(Path("kept")).folder.joinpath("1234567890abcdef").is_dir()
    again = stamp("embed", photo, *rights, *SIGN, "--resume", "--json")
    assert again.entries[0]["resumed"]


@pytest.mark.slow
def test_the_catalogue_leads_back_without_a_store(photo: Path, key_file: Path, stamp: Runner) -> None:
    place = ("--catalogue", "c.sqlite")
    done = stamp("embed", photo, "-o", "b.jpg", *SIGN, *place, "--visible", "© Ada", "--json")
    assert done.code == 0, done.err
    signed = stamp("credentials", "b.jpg", *TRUST, *place, "--json").entries[0]
    assert signed["manifest"]["actions"] == ["c2pa.opened", "c2pa.drawing", "c2pa.watermarked.bound"]
    with Image.open("b.jpg") as image:
        image.crop((20, 20, 620, 460)).save("c.jpg", quality=75)
    (found,) = stamp("credentials", "c.jpg", *TRUST, *place, "--json").entries
    assert (found["status"], found["where"]) == ("recovered", "catalogue")
    assert found["manifest"]["identifier"] == signed["manifest"]["identifier"]
    assert Path(found["place"]).is_relative_to(Path("c.sqlite.documents").absolute())
    nowhere = stamp("credentials", "photo.jpg", *place)
    assert (nowhere.code, "no mark of this key was read" in nowhere.err) == (1, True)
    assert stamp("credentials", "c.jpg", "--catalogue", "none").out == "c.jpg: none: no credentials\n"
    stored = Path(found["place"])
    stored.chmod(0o600)
    stored.write_bytes(b"changed")
    changed = stamp("credentials", "c.jpg", *place)
    assert (changed.code, "was changed" in changed.err) == (3, True)


@pytest.mark.slow
def test_what_is_signed_later_is_in_the_catalogue_too(photo: Path, key_file: Path, stamp: Runner) -> None:
    place = ("--catalogue", "c.sqlite")
    marked = stamp("embed", photo, "-o", "b.jpg", *place, "--title", "Lake", "--json").entries[0]
    (signed,) = stamp("sign", "b.jpg", "--in-place", *SIGN, *place, "--json").entries
    assert signed["copy"] == marked["copy"]
    with Image.open("b.jpg") as image:
        image.crop((20, 20, 620, 460)).save("c.jpg", quality=75)
    (found,) = stamp("credentials", "c.jpg", *TRUST, *place, "--json").entries
    assert (found["status"], found["where"]) == ("recovered", "catalogue")
    assert found["manifest"]["identifier"] == signed["credentials"]["manifest"]


def test_resume_signs_what_is_not_signed(photo: Path, key_file: Path, stamp: Runner) -> None:
    stamp("embed", photo, "--copyright", "© Ada")
    refused = stamp("embed", photo, "--copyright", "© Ada", *SIGN, "--resume")
    assert refused.code == 3
    assert "exists and is not signed" in refused.err
    done = stamp("embed", photo, "--copyright", "© Ada", *SIGN, "--resume", "--force", "--json")
    assert done.entries[0]["credentials"]
    assert stamp("credentials", "photo.stamped.jpg").code == 0


def test_usage(photo: Path, key_file: Path, stamp: Runner) -> None:
    for arguments, message in (
        (("sign", photo), "give --sign CHAIN.pem and --sign-key KEY.pem"),
        (("sign", photo, *SIGN[:2]), "--sign and --sign-key go together"),
        (("sign", photo, "--sign-store", "x"), "go with --sign and --sign-key"),
        (("sign", photo, *SIGN, "--sign-tsa", "x"), "http or https URL"),
        (("sign", photo, "b.jpg", *SIGN, "--parent", photo), "--parent is that of one work"),
        (("embed", photo, "--no-watermark", "--copyright", "x", *SIGN), "`stamp sign` signs"),
        (("credentials", photo, "--key-file", key_file), "--key-file goes with --store"),
    ):
        done = stamp(*arguments)
        assert done.code == 2
        assert message in done.err


def test_remedies_are_options(photo: Path, stamp: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    from stamp.pipeline import signing

    monkeypatch.setattr(signing, "_account", lambda path, kind: (os.urandom(4), ""))
    done = stamp("sign", photo, *SIGN)
    assert done.code == 3
    assert "with a manifest beside it (--sign-sidecar)" in done.err


def test_a_file_that_is_no_work_among_others(photo: Path, key_file: Path, stamp: Runner) -> None:
    Path("a.jpg").write_text("not a picture")
    done = stamp("sign", "a.jpg", photo, *SIGN, "--json")
    assert done.code == 3
    assert [entry["status"] for entry in done.entries] == ["error", "stamped"]
    assert set(done.entries[0]) == set(done.entries[1])


def test_a_new_chain(elsewhere: Path, photo: Path, stamp: Runner) -> None:
    made = stamp("credentials", "new-cert", "certificates", "--name", "Zoë")
    assert made.code == 0
    assert "C2PA trust list" in made.err
    pair = ("--sign", "certificates/chain.pem", "--sign-key", "certificates/key.pem")
    assert stamp("sign", photo, *pair).code == 0
    assert "Zoë" in stamp("credentials", "photo.stamped.jpg").out
    again = stamp("credentials", "new-cert", "certificates")
    assert again.code == 3
    assert "exists already" in again.err


@pytest.mark.slow
def test_the_time_is_confirmed_by_an_authority(photo: Path, stamp: Runner, tmp_path: Path) -> None:
    with tsa.serving(tsa.make(tmp_path / "tsa")) as authority:
        assert stamp("sign", photo, *SIGN, "--sign-tsa", authority.url).code == 0
        assert len(authority.asked) == 1
        read = stamp("credentials", "photo.stamped.jpg", "--json")
        assert read.entries[0]["manifest"]["signed_at"].startswith("20")
        assert len(authority.asked) == 1
        for authority.behaviour in ("error", "silence", "nonsense", "html"):
            done = stamp("sign", photo, "-o", "b.jpg", *SIGN, "--sign-tsa", authority.url)
            assert done.code == 3
            assert "sign without --sign-tsa" in done.err
            assert not Path("b.jpg").exists()


@pytest.mark.slow
@pytest.mark.files
def test_a_killed_signing_leaves_everything_as_it_was(
    photo: Path, command: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    before = photo.read_bytes()
    with tsa.serving(tsa.make(tmp_path / "tsa")) as authority:
        authority.behaviour = "slow"
        process = command("sign", str(photo), "--in-place", *SIGN, "--sign-tsa", authority.url)
        while not authority.asked and process.poll() is None:
            time.sleep(0.05)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert photo.read_bytes() == before
