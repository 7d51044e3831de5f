"""Where keys are looked for, and where never."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stamp.core.errors import KeyFileError
from stamp.core.key import Key
from stamp.jobs.config import find_config
from stamp.jobs.keys import examine_key, keep_key, load_key, load_or_make_key


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("STAMP_KEY_FILE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "config" / "stamp"


@pytest.mark.skipif(os.name != "posix", reason="Windows knows a user's folders by itself")
@pytest.mark.parametrize("empty", [False, True])
def test_without_home_no_key_is_made_in_the_accounts(
    empty: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pwd

    account = tmp_path / "account"
    account.mkdir()
    entry = pwd.getpwuid(os.getuid())
    fields = [*entry[:5], str(account), entry[6]]
    monkeypatch.setattr(pwd, "getpwuid", lambda number: pwd.struct_passwd(fields))
    for name in ("HOME", "XDG_CONFIG_HOME"):
        if empty:
            monkeypatch.setenv(name, "")
        else:
            monkeypatch.delenv(name)
    for load in (load_key, load_or_make_key, examine_key):
        with pytest.raises(KeyFileError, match=r"no home to keep one in.*STAMP_KEY_FILE"):
            load()
    with pytest.raises(KeyFileError, match="no home"):
        keep_key(Key.generate())
    assert find_config() is None
    assert list(account.iterdir()) == []
    monkeypatch.setenv("HOME", str(account))
    assert load_or_make_key()[1] is not None
    assert [path.name for path in account.rglob("*.key")] == ["stamp.key"]


def test_a_key_is_kept_where_it_is_looked_for(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [Key.generate(name) for name in ("default", "environment", "given")]
    assert keep_key(keys[0]) == config / "stamp.key"
    assert load_key() == keys[0]
    if os.name == "posix":
        assert config.stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("STAMP_KEY_FILE", "environment.key")
    assert keep_key(keys[1]) == "environment.key"
    assert load_key() == keys[1]
    assert keep_key(keys[2], "given.key") == "given.key"
    assert load_key("given.key") == keys[2]
    with pytest.raises(KeyFileError, match="never overwritten"):
        keep_key(keys[2])
    assert load_key() == keys[1]
    with pytest.raises(KeyFileError, match=r"no/folder\.key"):
        keep_key(keys[2], "no/folder.key")


def test_a_lost_key_is_no_reason_for_a_new_one(config: Path) -> None:
    with pytest.raises(KeyFileError) as caught:
        load_key()
    message = str(caught.value)
    assert message.startswith(str(config / "stamp.key"))
    for word in ("stamp key restore", "--key-file", "STAMP_KEY_FILE", "cannot find old marks"):
        assert word in message
    assert not config.exists()


def test_a_damaged_key_is_not_replaced(config: Path) -> None:
    made, path = load_or_make_key()
    assert path
    text = path.read_text().replace(made.secret.hex(), made.secret.hex()[::-1])
    path.write_text(text)
    with pytest.raises(KeyFileError, match="checksum"):
        load_or_make_key()
    assert path.read_text() == text
