"""c2pa-ts judges what is signed: an implementation of C2PA that shares no code with the library that signs.

`STAMP_TEST_C2PA` names the folder in which it is installed: `npm install --prefix FOLDER @trustnxt/c2pa-ts`.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pillow_heif import register_heif_opener

from stamp.core.key import Key
from stamp.core.rights import Rights
from stamp.jobs.demo import paint
from stamp.pipeline.files import embed_file
from tests.helpers import signers
from tests.helpers.places import ROOT

FOLDER = os.environ.get("STAMP_TEST_C2PA")
SCRIPT = ROOT / "tests" / "helpers" / "judge_credentials.mjs"
KINDS = ("jpg", "png", "heic", "avif")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not FOLDER, reason="no STAMP_TEST_C2PA")]


def judged(*paths: Path) -> dict[str, dict[str, Any]]:
    """What it says, by the names of the files. A script from stdin finds what is installed below the current
    folder."""
    run = subprocess.run(
        ["node", "--input-type=module", "-", *map(os.fspath, paths)],
        input=SCRIPT.read_text("utf-8"),
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    found = map(json.loads, run.stdout.splitlines())
    return {Path(each["path"]).name: each for each in found}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """source.KIND and signed.KIND for each of KINDS, marked and signed."""
    folder = tmp_path_factory.mktemp("credentials")
    register_heif_opener()
    photo = folder / "source.jpg"
    paint(photo, size=(480, 360))
    key, rights = Key.generate("judged"), Rights(copyright_notice="© Ada").without_ai()
    for kind in KINDS:
        source = folder / f"source.{kind}"
        if kind != "jpg":
            with Image.open(photo) as picture:
                picture.save(source, quality=80)
        embed_file(source, folder / f"signed.{kind}", key=key, rights=rights, sign=signers.signing())
    return folder


def test_a_second_implementation_calls_signed_files_valid(folder: Path) -> None:
    found = judged(*(folder / f"{name}.{kind}" for name in ("source", "signed") for kind in KINDS))
    for kind in KINDS:
        assert found[f"source.{kind}"]["isValid"] is None
        said = found[f"signed.{kind}"]
        assert said["isValid"], said
        codes = {code for code, *_ in said["codes"]}
        hard = "assertion.dataHash.match" if kind in ("jpg", "png") else "assertion.bmffHash.match"
        assert {"claimSignature.validated", "assertion.hashedURI.match", hard} <= codes


def test_and_those_of_which_a_byte_was_changed_it_does_not(folder: Path) -> None:
    for kind in KINDS:
        changed = bytearray((folder / f"signed.{kind}").read_bytes())
        changed[-len(changed) // 8] ^= 1  # in the picture, which is last
        (folder / f"changed.{kind}").write_bytes(changed)
    found = judged(*(folder / f"changed.{kind}" for kind in KINDS))
    for kind in KINDS:
        said = found[f"changed.{kind}"]
        assert not said["isValid"]
        hard = "assertion.dataHash.mismatch" if kind in ("jpg", "png") else "assertion.bmffHash.mismatch"
        assert hard in {code for code, *_ in said["codes"]}
