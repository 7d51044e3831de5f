"""Keys, roles, users whom a proxy names, and how often each may ask."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from stamp.core.errors import ArgumentError, KeyFileError
from stamp.web.access import AccessFile, Allowance, Credentials, User, add_key, load


def header(**given: str) -> Callable[[str], str | None]:
    named = {name.replace("_", "-"): value for name, value in given.items()}
    return lambda name: named.get(name.lower())


def test_a_key_is_kept_as_its_hash_alone(tmp_path: Path) -> None:
    file = tmp_path / "access.toml"
    key = add_key(file, "newsroom", "viewer")
    other = add_key(file, "desk", "admin")
    assert key not in file.read_text()
    assert hashlib.sha256(key.encode()).hexdigest() in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    credentials = Credentials("Ada", AccessFile(file))
    assert credentials.user(header(authorization=f"Bearer {key}"), "", "") == User("newsroom", "viewer")
    assert credentials.user(header(authorization=f"bearer {other}"), "", "") == User("desk", "admin")
    assert credentials.user(header(authorization="Bearer x"), "", "") is None
    assert credentials.user(header(authorization=f"Basic {key}"), "", "") is None
    with pytest.raises(ArgumentError, match="a key called desk already"):
        add_key(file, "desk", "admin")


def test_a_key_that_is_taken_out_is_refused_from_then_on(tmp_path: Path) -> None:
    file = tmp_path / "access.toml"
    key = add_key(file, "newsroom", "viewer")
    credentials = Credentials("Ada", AccessFile(file))
    ask = header(authorization=f"Bearer {key}")
    assert credentials.user(ask, "", "")
    file.write_text("default = 'viewer'\n")
    assert credentials.user(ask, "", "") is None
    file.write_text("no TOML")
    assert credentials.user(ask, "", "") is None
    file.unlink()
    assert credentials.user(ask, "", "") is None


def test_a_proxy_names_users_and_nobody_else_does(tmp_path: Path) -> None:
    file = tmp_path / "access.toml"
    file.write_text('default = "viewer"\n[users]\n"ada@example.org" = "analyst"\n')
    file.chmod(0o600)
    credentials = Credentials("me", AccessFile(file), "x-forwarded-user", "10.0.0.2")
    ada = header(x_forwarded_user="ada@example.org")
    assert credentials.user(ada, "", "10.0.0.2") == User("ada@example.org", "analyst", by_browser=True)
    assert credentials.user(ada, "", "10.0.0.3") is None
    bob = credentials.user(header(x_forwarded_user="bob"), "", "10.0.0.2")
    assert bob
    assert (bob.role, bob.may("viewer"), bob.may("analyst")) == ("viewer", True, False)
    file.write_text('[users]\n"ada@example.org" = "analyst"\n')
    assert credentials.user(header(x_forwarded_user="bob"), "", "10.0.0.2") is None


@pytest.mark.parametrize(
    "text",
    [
        '[[key]]\nname = "a"\n',
        '[[key]]\nname = "a"\nrole = "king"\nsha256 = "00"\n',
        f'[[key]]\nname = "a"\nrole = "viewer"\nsha256 = "{"x" * 64}"\n',
        "[users]\na = 1\n",
        "key = 3\n",
        "= TOML?",
    ],
)
def test_what_means_nothing_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "access.toml"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(KeyFileError, match=r"access\.toml: this is no file of access"):
        load(file)


def test_names_that_would_break_the_file_are_refused(tmp_path: Path) -> None:
    for name in ("", 'a"b', "a\nb", "a" * 101):
        with pytest.raises(ArgumentError, match="a name is"):
            add_key(tmp_path / "access.toml", name, "viewer")
    assert not (tmp_path / "access.toml").exists()


def test_an_allowance_is_used_up_and_grows_again() -> None:
    now = [0.0]
    allowance = Allowance(6, clock=lambda: now[0])
    assert [allowance.wait("a") for _ in range(6)] == [0] * 6
    assert allowance.wait("a") == pytest.approx(10)
    assert allowance.wait("b") == 0
    now[0] = 10
    assert allowance.wait("a") == 0
    now[0] = 1e6
    assert [allowance.wait("a") == 0 for _ in range(7)] == [True] * 6 + [False]
