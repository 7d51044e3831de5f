"""Files in stores that are no disks: looked for, fetched and put, whole or not at all.

fsspec knows the stores (`s3://`, `gs://`, `memory://`, ...), and where each finds its credentials; nothing
here sees them, and of what a store complains about only the name is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..core.errors import (
    ArgumentError,
    MediaError,
    MissingDependency,
    OutputError,
    StampError,
    UnwritableFile,
)
from ..core.url import Url

if TYPE_CHECKING:
    from fsspec.spec import AbstractFileSystem

PAGE = 1000
"""Keys that S3 is asked for at a time, and the most that it gives."""
_S3 = {"s3", "s3a"}
_METADATA = {"s3": "Metadata", "s3a": "Metadata", "gs": "metadata", "gcs": "metadata", "az": "metadata"}
"""Kind of store -> the argument by which it takes what is said of an object."""
_NO_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "TokenRetrievalError"}
_DENIED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "403"}
_UNREACHED = {"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ClientConnectorError"}
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412"}


@dataclass(frozen=True, slots=True)
class Stored:
    """An object of a store.

    size : bytes. version : another one with every change: its ETag; where the store has none, size and time.
    said : what is said of it, by whoever put it there; empty in listings.
    """

    url: Url
    size: int
    version: str
    said: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def keeps_words(url: Url) -> bool:
    """Whether this kind of store keeps what is said of an object."""
    return url.scheme in _METADATA


def look(url: Url) -> Stored | None:
    """Return what is at `url`; None where nothing is. Raises MediaError where the store cannot be asked."""
    system, path = _system(url)
    with _told(url):
        try:
            if url.scheme in _S3:
                bucket, key, _ = system.split_path(path)
                return _stored(url, system.call_s3("head_object", Bucket=bucket, Key=key))
            found = system.info(path)
        except FileNotFoundError:
            return None
        return None if found["type"] == "directory" else _stored(url, found)


def listing(folder: Url) -> Iterator[Stored]:
    """Yield all objects below `folder`, a page at a time: no more than a page of S3, or a folder of another
    store, is ever in memory. Raises MediaError."""
    folder = folder.as_folder()
    system, path = _system(folder)
    with _told(folder):
        yield from _pages(system, folder) if folder.scheme in _S3 else _walked(system, folder, path)


def _pages(system: AbstractFileSystem, folder: Url) -> Iterator[Stored]:
    bucket, _, prefix = folder.text.partition("://")[2].partition("/")
    token: dict[str, str] = {}
    while True:
        page = system.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, MaxKeys=PAGE, **token)
        for each in page.get("Contents", ()):
            if not each["Key"].endswith("/"):
                yield _stored(Url(f"{folder.scheme}://{bucket}/{each['Key']}"), each)
        if not page.get("IsTruncated"):
            return
        token = {"ContinuationToken": page["NextContinuationToken"]}


def _walked(system: AbstractFileSystem, folder: Url, path: str) -> Iterator[Stored]:
    begins = len(path.rstrip("/")) + 1
    for _, folders, files in system.walk(path, detail=True, on_error="raise"):
        for name in sorted(folders):
            folders[name] = folders.pop(name)  # the walk goes on in this order
        for _, found in sorted(files.items()):
            yield _stored(Url(folder.text + found["name"][begins:]), found)


def fetch(url: Url, target: Path) -> Stored:
    """Copy an object to a file, and return what it was then. Raises MediaError."""
    found = look(url)
    if found is None:
        raise MediaError("is not there; check bucket and key", path=url)
    system, path = _system(url)
    with _told(url):
        system.get_file(path, str(target))
    if target.stat().st_size != found.size:
        raise MediaError("was changed while it was fetched; run it again", path=url)
    return found


def put(source: Path, url: Url, said: Mapping[str, str], *, overwrite: bool = False) -> None:
    """Make an object of a file, whole or not at all, with what is to be said of it, if the store keeps that.

    Raises OutputError where an object is there, and `overwrite` is False: the store itself sees to it that of
    two who put one at the same time only one succeeds; UnwritableFile.
    """
    system, path = _system(url)
    words = {_METADATA[url.scheme]: dict(said)} if keeps_words(url) else {}
    with _told(url, writing=True):
        if not overwrite and url.scheme not in _S3 and system.exists(path):  # some stores know no condition
            raise exists(url)
        system.put_file(str(source), path, mode="overwrite" if overwrite else "create", **words)


def exists(url: Url) -> OutputError:
    """Return the error to raise where an object is there that must not be replaced."""
    return OutputError(f"{url}: exists already; choose another place, or allow it (`overwrite=True`)")


def _stored(url: Url, found: Mapping[str, Any]) -> Stored:
    size = found.get("ContentLength", found.get("Size", found.get("size"))) or 0
    version = found.get("ETag") or found.get("etag") or found.get("content_md5")
    if not version:
        moment = found.get("mtime") or found.get("created") or found.get("LastModified") or ""
        # A listing may have seconds where a question about one object is answered with a date.
        version = f"{size}-{moment.timestamp() if isinstance(moment, datetime) else moment}"
    said = found.get("Metadata") or found.get("metadata") or {}
    return Stored(url, size, str(version).strip('"'), MappingProxyType(dict(said)))


def _system(url: Url) -> tuple[AbstractFileSystem, str]:
    """The file system that knows a URL, and what it calls it."""
    if "@" in url.text.partition("://")[2].partition("/")[0]:
        # It would be in logs, in lists of processes and in what goes to other machines.
        raise ArgumentError(
            "a URL with a user or a password: leave them out; the store's own configuration is their place"
        )
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise _lacking() from error
    try:
        system, path = url_to_fs(url.text, use_listings_cache=False)
    except ImportError as error:
        if url.scheme in _S3:
            raise _lacking() from error
        name = (error.name or "").partition(".")[0]
        raise ArgumentError(f"{url.scheme}:// needs a package of its own ({name}): install it") from error
    except ValueError as error:
        raise ArgumentError(f"{url}: no store that fsspec knows; write s3://bucket/key") from error
    return system, path


def _lacking() -> MissingDependency:
    message = "object storage needs fsspec and s3fs, which are not installed: pip install 'stamp-media[s3]'"
    return MissingDependency(message, extra="s3")


@contextmanager
def _told(url: Url, *, writing: bool = False) -> Iterator[None]:
    """Turn what a store says into our own errors."""
    try:
        yield
    except StampError:
        raise
    except Exception as error:
        raise _error(url, error, writing) from error


def _error(url: Url, error: Exception, writing: bool) -> StampError:
    known = {type(error).__name__, *_codes(error)}
    if known & _TAKEN or (writing and isinstance(error, FileExistsError)):
        return exists(url)
    kind = UnwritableFile if writing else MediaError
    bucket = url.text.partition("://")[2].partition("/")[0]
    if known & _NO_CREDENTIALS:
        what = "no credentials for this store; for S3 set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret"
    elif known & _DENIED or isinstance(error, PermissionError):
        what = "access is denied; check the credentials, and what they are allowed to do there"
    elif "NoSuchBucket" in known or (writing and isinstance(error, FileNotFoundError)):
        what = f"there is no bucket {bucket}; check its name, or make it first"
    elif isinstance(error, FileNotFoundError):
        what = "is not there; check bucket and key"
    elif known & _UNREACHED or isinstance(error, ConnectionError | TimeoutError):
        what = "the store cannot be reached; check the network, and AWS_ENDPOINT_URL where it is not Amazon's"
    elif isinstance(error, OSError) and error.errno is not None and error.strerror and not _codes(error):
        what = f"cannot be {'written' if writing else 'read'}: {error.strerror}"
    else:
        said = ", ".join(sorted(known))
        what = f"the store refuses it ({said}); try again, and look at its own log"
    return kind(what, path=url)


def _codes(error: BaseException | None) -> set[str]:
    """The codes of errors of S3 in what led to an error."""
    codes: set[str] = set()
    while error is not None:
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            codes.add(str(response.get("Error", {}).get("Code")))
        error = error.__cause__
    return codes
