"""The key's place, and stamp.toml."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from stamp.core.errors import KeyFileError, RightsError
from stamp.core.key import Key
from stamp.core.rights import Rights
from stamp.jobs.config import find_config, gather_defaults, load_defaults
from stamp.jobs.keys import KeyFile, find_key, find_or_make_key, load_key, load_or_make_key


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("STAMP_KEY_FILE", raising=False)
    (tmp_path / "work" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work" / "deep")
    return tmp_path / "config" / "stamp"


def test_which_key(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyFileError, match="--key-file"):
        load_key()
    for name in ("given", "environment"):
        Key.generate(name).save(tmp_path / name)
    made, path = load_or_make_key()
    assert path == config / "stamp.key"
    assert load_or_make_key() == (made, None)
    assert load_key() == made
    monkeypatch.setenv("STAMP_KEY_FILE", str(tmp_path / "environment"))
    assert load_key().name == load_or_make_key()[0].name == "environment"
    assert load_key(tmp_path / "given").name == load_or_make_key(tmp_path / "given")[0].name == "given"


def test_a_named_key_that_is_missing_is_not_made(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyFileError):
        load_or_make_key("missing.key")
    monkeypatch.setenv("STAMP_KEY_FILE", "missing.key")
    with pytest.raises(KeyFileError):
        load_or_make_key()
    assert not config.exists()
    assert not Path("missing.key").exists()


def test_where_a_key_is_found_again(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, path = find_or_make_key()
    assert made.path == str(path) == str(config / "stamp.key")
    assert find_or_make_key() == (find_key(), None) == (made, None)
    assert made.load() == load_key()
    Key.generate("other").save("other.key")
    monkeypatch.setenv("STAMP_KEY_FILE", "other.key")
    other = find_key()
    assert (other.path, other.name) == (str(Path("other.key").resolve()), "other")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("stamp.jobs.keys._loaded", {})  # as in another process
    assert other.load().fingerprint == other.fingerprint != made.fingerprint


def test_a_key_is_read_once_and_never_mistaken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.key"
    Key.generate("first").save(path)
    found = KeyFile.of(replace(load_key(path), name="first, a.key"), path)
    path.unlink()
    key = found.load()
    assert key.name == "first, a.key"
    Key.generate("second").save(path)
    assert found.load() == key
    monkeypatch.setattr("stamp.jobs.keys._loaded", {})
    with pytest.raises(KeyFileError, match="another key"):
        found.load()
    path.unlink()
    Key(key.secret, "first").save(path)
    assert found.load() == key


def test_many_first_uses_at_once_agree_on_one_key(config: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: load_or_make_key(), range(32)))
    assert len({key.secret for key, _ in found}) == 1
    assert sum(made is not None for _, made in found) == 1
    assert [path.name for path in config.iterdir()] == ["stamp.key"]


def test_a_config_folder_that_cannot_be_made(config: Path) -> None:
    config.parent.write_text("a file")
    with pytest.raises(KeyFileError, match="--key-file"):
        load_or_make_key()


def test_the_nearest_config_wins(config: Path, tmp_path: Path) -> None:
    assert find_config() is None
    config.mkdir(parents=True)
    for folder in (config, tmp_path / "work", tmp_path / "work" / "deep"):
        (folder / "stamp.toml").write_text("")
        assert find_config() == folder / "stamp.toml"


def test_a_config_folder_of_somebody_else_has_nothing(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = os.stat

    def refuse(path: Any, **options: Any) -> os.stat_result:
        if Path(path).is_relative_to(config):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **options)

    monkeypatch.setattr(os, "stat", refuse)
    assert find_config() is None
    with pytest.raises(KeyFileError, match="give --key-file"):
        load_key()


def test_a_user_without_a_home_gets_no_key_where_he_happens_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "")
    monkeypatch.setattr(
        "os.path.expanduser", lambda path: path
    )  # as for a user whom the system does not know
    with pytest.raises(KeyFileError, match="no home"):
        load_or_make_key()
    assert find_config() is None
    assert list(Path().iterdir()) == []
    Key.generate("given").save("given.key")
    assert load_or_make_key("given.key")[0].name == "given"


def test_layers_and_the_year(tmp_path: Path) -> None:
    Path("stamp.toml").write_text(
        '[rights]\ncopyright_notice = "© {year} D"\ncreators = ["D", "E"]\ncredit_line = "d"\n',
        encoding="utf-8",
    )
    Path("job.toml").write_text('creator = "J"\nusage-terms = "job"\n', encoding="utf-8")
    year = date.today().year
    given = Rights(usage_terms="given {year}")
    rights = gather_defaults(given, "job.toml").rights.for_writing(year)
    assert rights == Rights(
        copyright_notice=f"© {year} D",
        creators=("J",),
        credit_line="d",
        usage_terms=f"given {year}",
        marked=True,
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("copyright_notice = 3", "copyright_notice"),
        ("nonsense = 'x'", "nonsense"),
        ("rights = 3", r"\[rights\]"),
        ("web_statement = 'nowhere'", "web_statement"),
        ("creators = [1]", "creators"),
        ("this is not TOML", "not a TOML file"),
        ("\xff", "not a TOML file"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(text: str, complaint: str) -> None:
    Path("wrong.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(RightsError, match=complaint) as caught:
        load_defaults("wrong.toml")
    assert str(caught.value).startswith("wrong.toml: ")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[rights]\ncredit_line = "A"\ncopyright = 3\n', "wrong.toml: line 3: copyright_notice must be text"),
        ('\n"nonsense" = 1\n', "wrong.toml: line 2: unknown rights field"),
        ("[rights.copyright_notice]\nx-default = 1\n", "wrong.toml: line 1: "),
        ('credit = "A"\n[rights]\ncreator = "A"\n', "wrong.toml: line 1: 'credit' stands outside"),
        ('copyright = "A"\ncopyright-notice = "B"\n', "wrong.toml: line 2: copyright_notice is given twice"),
        ("[rights]\ncreators = A\n", "line 2"),
    ],
)
def test_the_line_is_told(text: str, complaint: str) -> None:
    Path("wrong.toml").write_text(text)
    with pytest.raises(RightsError) as caught:
        load_defaults("wrong.toml")
    assert complaint in str(caught.value)


def test_a_file_with_a_byte_order_mark() -> None:
    Path("notepad.toml").write_bytes('\ufeffcredit = "Ä"\n'.encode())
    assert load_defaults("notepad.toml").rights == Rights(credit_line="Ä")
