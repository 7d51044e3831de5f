"""What is claimed is what the notice says, and no more."""

from __future__ import annotations

import pytest

from stamp.core.payload import Payload
from stamp.core.rights import DATA_MINING, Rights
from stamp.provenance.library import context, library
from stamp.provenance.manifest import Claim, training
from stamp.provenance.store import file_name

ALL = {"ai_generative_training", "ai_training", "ai_inference", "data_mining"}
PAYLOAD = Payload.fromhex("00ff00ff00ff00ff")


def uses(code: str | None) -> dict[str, str]:
    """The uses that are spoken of, and what is said of each."""
    found = training(Rights(data_mining=code))
    entries = found["data"]["entries"] if found else {}
    return {name.removeprefix("cawg."): each["use"] for name, each in entries.items()}


@pytest.mark.parametrize("code", [None, *DATA_MINING])
def test_uses(code: str | None) -> None:
    said = uses(code)
    if code is None or code == "DMI-UNSPECIFIED":
        assert said == {}
    elif code == "DMI-ALLOWED":
        assert said == dict.fromkeys(ALL, "allowed")
    elif code.startswith("DMI-PROHIBITED-SEE"):
        assert said == dict.fromkeys(ALL, "constrained")
    elif code == "DMI-PROHIBITED":
        assert said == dict.fromkeys(ALL, "notAllowed")
    elif code == "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING":
        assert said == dict.fromkeys(ALL, "notAllowed") | {"data_mining": "constrained"}
    else:
        expected = (
            {"ai_generative_training", "ai_training"} if "-AIML" in code else {"ai_generative_training"}
        )
        assert said == dict.fromkeys(expected, "notAllowed")


def test_without_a_mark_nothing_is_said_of_one() -> None:
    told = Claim("a.jpg").definition()
    assert told["assertions"] == []
    assert "thumbnail" not in told


def test_a_mark_is_said_in_numbers() -> None:
    told = Claim("a.mp4", PAYLOAD, "org.example.x", duration_ms=1500).definition()
    labels = [each["label"] for each in told["assertions"]]
    assert labels == ["c2pa.actions.v2", "c2pa.soft-binding"]
    assert all(each["created"] for each in told["assertions"])
    (block,) = told["assertions"][1]["data"]["blocks"]
    assert block == {"scope": {"timespan": {"start": 0, "end": 1500}}, "value": [0, 255] * 4}


def test_the_library_never_uses_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, dict[str, object]]] = []
    real = library().Context.from_dict
    monkeypatch.setattr(library().Context, "from_dict", lambda told: given.append(told) or real(told))
    context("").close()
    assert given[0]["verify"] == {"remote_manifest_fetch": False, "ocsp_fetch": False}
    assert given[0]["builder"] == {"thumbnail": {"enabled": False}}


def test_names_of_manifests_are_no_paths() -> None:
    assert file_name("urn:c2pa:1-2") == "urn_c2pa_1-2"
    assert file_name("../../x/.y") == "______x__y"
    assert len(file_name("x" * 999)) == 200
