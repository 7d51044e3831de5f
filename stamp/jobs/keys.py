"""Which key file is used, and how a task names a key without carrying it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ..core.errors import KeyFileError
from ..core.key import Key
from ..core.key_file import read_key_file
from .config import config_folder

KEY_VARIABLE = "STAMP_KEY_FILE"

StrPath = str | os.PathLike[str]


def key_path(given: StrPath | None = None) -> StrPath:
    """Return the key file that is used: `given`, else $STAMP_KEY_FILE, else the one in the user's config
    folder, which need not exist.

    Raises
    ------
    KeyFileError : there is no such folder.
    """
    return _named(given) or _default_key()


def _named(given: StrPath | None) -> StrPath | None:
    return given or os.environ.get(KEY_VARIABLE)


def _default_key() -> Path:
    folder = config_folder()
    if folder is None:
        raise KeyFileError(
            f"no key, and no home to keep one in: give --key-file FILE, or set {KEY_VARIABLE}, HOME or "
            "XDG_CONFIG_HOME"
        )
    return folder / "stamp.key"


def load_key(given: StrPath | None = None) -> Key:
    """Return the key of `key_path(given)`.

    Raises
    ------
    KeyFileError : there is none, or it cannot be read.
    """
    return examine_key(given)[0]


def examine_key(given: StrPath | None = None) -> tuple[Key, str]:
    """Return the key of `key_path(given)`, and the format of its file. Raises like `load_key`."""
    path = key_path(given)
    if not _named(given) and not os.path.exists(path):
        raise KeyFileError(
            f"no key here: give --key-file FILE or set {KEY_VARIABLE}, or restore the key from its backup "
            "with `stamp key restore`; `stamp embed` makes a new one, which cannot find old marks",
            path=path,
        )
    record = read_key_file(path)
    return Key(record.secret, record.name, record.created, record.finder, record.members), record.format


def keep_key(key: Key, given: StrPath | None = None) -> StrPath:
    """Write a key to `key_path(given)`, where nothing may be yet, and return that path.

    Raises
    ------
    KeyFileError : something is there already, or the file cannot be written.
    """
    path = key_path(given)
    if not _named(given):
        with _making(path):
            _make_folder(path)
    key.save(path)
    return path


def load_or_make_key(given: StrPath | None = None) -> tuple[Key, Path | None]:
    """Return the key like `load_key`, but make the one in the user's config folder when it is not there yet.

    Returns the key, and the path of the file that was made (None when it existed). Two processes that come
    here at the same time end up with the same key: the file appears whole, under its final name, exactly
    once.
    """
    if _named(given) or os.path.exists(default := _default_key()):
        return load_key(given), None
    draft = default.with_name(f".{secrets.token_hex(8)}.stamp-tmp")
    with _making(default):
        _make_folder(default)
        Key.generate().save(draft)
        try:
            os.link(draft, default)  # unlike a rename, this fails where another process was first
        except FileExistsError:
            return Key.load(default), None
        finally:
            draft.unlink()
    return Key.load(default), default


def _make_folder(path: StrPath) -> None:
    Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def _making(path: StrPath) -> Iterator[None]:
    """Turn what the system says against a key at `path` into KeyFileError."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise KeyFileError(f"cannot make a key there: {reason}; give --key-file FILE", path=path) from error


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key by the place where it is kept, for tasks: they go to other processes, and the secret must not.

    path : the file, absolute and without links.
    name : what reports call the key.
    fingerprint : see `Key.fingerprint`; another key that has taken the file's place is not used.
    """

    path: str
    name: str
    fingerprint: str

    @classmethod
    def of(cls, key: Key, path: StrPath) -> KeyFile:
        """Return the place of a key that was read from `path`. This process will not read it again."""
        file = cls(os.path.realpath(path), key.name, key.fingerprint)
        _loaded[file] = key
        return file

    def load(self) -> Key:
        """Return the key, which each process reads once: from the same path, or, on another machine, from
        what $STAMP_KEY_FILE names there.

        Raises
        ------
        KeyFileError : the file cannot be read any more, or holds another key by now.
        """
        if self not in _loaded:
            _loaded[self] = replace(self._read(), name=self.name)
        return _loaded[self]

    def _read(self) -> Key:
        try:
            return self._in(self.path)
        except KeyFileError:
            with suppress(KeyFileError):
                if named := _named(None):
                    return self._in(named)
            raise

    def _in(self, path: StrPath) -> Key:
        whole = Key.load(path)
        for each in (*whole.ring, whole):
            if each.fingerprint == self.fingerprint:
                return each
        raise KeyFileError("holds another key than when the run began; begin it again", path=path)


_loaded: dict[KeyFile, Key] = {}


def find_key(given: StrPath | None = None) -> KeyFile:
    """Return the place of the key of `load_key`. Raises like it."""
    return KeyFile.of(load_key(given), key_path(given))


def has_key() -> bool:
    """Whether there is a key without one being given: `$STAMP_KEY_FILE`, or the user's own."""
    folder = config_folder()
    return bool(_named(None)) or (folder is not None and os.path.exists(_default_key()))


def find_or_make_key(given: StrPath | None = None, *, dry_run: bool = False) -> tuple[KeyFile, Path | None]:
    """Return the place of the key of `load_or_make_key`, and the file that was made; in a dry run it would be
    made, and the key is one that nothing is marked with. Raises like it."""
    if dry_run and not _named(given) and not os.path.exists(default := _default_key()):
        return KeyFile.of(Key.generate(), default), default
    key, made = load_or_make_key(given)
    return KeyFile.of(key, key_path(given)), made


def keys_without_file() -> dict[KeyFile, Key]:
    """Return the keys that this process has read from where no other can: a pipe, such as the shell makes for
    `--key-file <(gpg -d my.key.gpg)`."""
    return {file: key for file, key in _loaded.items() if not os.path.isfile(file.path)}


def adopt(keys: Mapping[KeyFile, Key]) -> None:
    """Take over keys from the process that has read them."""
    _loaded.update(keys)
