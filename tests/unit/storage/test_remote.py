"""Objects of stores: S3 as moto has it, with boto3 as the judge; memory; a store that refuses everything."""

from __future__ import annotations

import secrets
from pathlib import Path

import fsspec
import pytest
import s3fs
from hypothesis import given
from hypothesis import strategies as st

from stamp.core.errors import ArgumentError, MediaError, OutputError, StampError, UnwritableFile
from stamp.core.url import Url, place
from stamp.storage import remote
from tests.helpers.stores import SECRET, Bucket, use


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"some bytes")
    return path


def test_what_is_put_is_whole_and_has_what_is_said_of_it(bucket: Bucket, file: Path, tmp_path: Path) -> None:
    url = Url(bucket.url("deep/ä b.jpg"))
    assert remote.look(url) is None
    remote.put(file, url, {"stampsource": "1"})
    assert bucket.get("deep/ä b.jpg") == b"some bytes"
    assert bucket.said("deep/ä b.jpg") == {"stampsource": "1"}
    found = remote.look(url)
    assert found is not None
    assert (found.size, dict(found.said)) == (10, {"stampsource": "1"})
    assert remote.fetch(url, tmp_path / "back") == found
    assert (tmp_path / "back").read_bytes() == b"some bytes"


def test_an_object_that_is_there_is_replaced_on_purpose_only(bucket: Bucket, file: Path) -> None:
    bucket.put("a.jpg", b"theirs")
    with pytest.raises(OutputError, match="exists already"):
        remote.put(file, Url(bucket.url("a.jpg")), {})
    assert bucket.get("a.jpg") == b"theirs"
    remote.put(file, Url(bucket.url("a.jpg")), {}, overwrite=True)
    assert bucket.get("a.jpg") == b"some bytes"


def test_a_listing_has_every_key_once_and_a_page_at_a_time(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = sorted(["a.jpg", "a/b.jpg", "a//c.jpg", "a/ü?#%41.jpg", "b/d.jpg", "b/e/f.jpg", "b.jpg"])
    for key in (*keys, "b/folder/"):
        bucket.put(key, key.encode())
    monkeypatch.setattr(remote, "PAGE", 2)
    assert [each.url.text for each in remote.listing(Url(bucket.url()))] == [bucket.url(key) for key in keys]
    assert [each.url.name for each in remote.listing(Url(bucket.url("b")))] == ["d.jpg", "f.jpg"]
    first = next(remote.listing(Url(bucket.url())))
    assert remote.look(first.url) == first


def test_another_version_is_another_text(bucket: Bucket) -> None:
    url = Url(bucket.url("a.jpg"))
    bucket.put("a.jpg", b"one")
    before = remote.look(url)
    bucket.put("a.jpg", b"two")
    after = remote.look(url)
    assert before
    assert after
    assert before.version != after.version


def test_a_bucket_that_is_not_there(bucket: Bucket, file: Path, tmp_path: Path) -> None:
    nowhere = Url("s3://no-such-bucket-anywhere/a.jpg")
    with pytest.raises(MediaError, match="there is no bucket no-such-bucket-anywhere; check its name"):
        list(remote.listing(Url("s3://no-such-bucket-anywhere/")))
    with pytest.raises(UnwritableFile, match="there is no bucket"):
        remote.put(file, nowhere, {})
    with pytest.raises(MediaError, match="check bucket and key"):
        remote.fetch(nowhere, tmp_path / "x")


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    use("http://127.0.0.1:9", monkeypatch)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    try:
        with pytest.raises(MediaError, match="cannot be reached; check the network"):
            remote.look(Url("s3://bucket-of-no-server/a.jpg"))
    finally:
        s3fs.S3FileSystem.clear_instance_cache()


class Refusing(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A store that has nothing but errors."""

    protocol = "refusing"
    cachable = False
    error: Exception = Exception()

    def _refuse(self, *args: object, **kwargs: object) -> None:
        raise self.error

    info = get_file = put_file = exists = _refuse


fsspec.register_implementation("refusing", Refusing, clobber=True)


def client_error(code: str) -> Exception:
    from botocore.exceptions import ClientError

    error = OSError(5, f"the key {SECRET} is wrong")
    error.__cause__ = ClientError({"Error": {"Code": code, "Message": SECRET}}, "GetObject")
    return error


def no_credentials() -> Exception:
    from botocore.exceptions import NoCredentialsError

    return NoCredentialsError()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(f"key {SECRET}"), "access is denied; check the credentials"),
        (client_error("InvalidAccessKeyId"), "access is denied; check the credentials"),
        (no_credentials(), "set AWS_PROFILE"),
        (client_error("SlowDown"), "SlowDown"),
        (TimeoutError(SECRET), "cannot be reached"),
        (RuntimeError(f"https://user:{SECRET}@host"), "the store refuses it (RuntimeError)"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)
def test_errors_have_a_remedy_and_no_secret(
    error: Exception, said: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Refusing, "error", error)
    url = Url("refusing://place/a.jpg")
    for call, kind in (
        (lambda: remote.look(url), MediaError),
        (lambda: remote.put(file, url, {}), UnwritableFile),
    ):
        with pytest.raises(StampError) as raised:
            call()
        assert isinstance(raised.value, kind)
        assert said in str(raised.value)
        assert str(raised.value).startswith("refusing://place/a.jpg: ")
        assert SECRET not in str(raised.value)


def test_urls_that_are_none_of_ours() -> None:
    with pytest.raises(ArgumentError, match="a URL with a user or a password") as raised:
        remote.look(Url(f"s3://me:{SECRET}@bucket/a.jpg"))
    assert SECRET not in str(raised.value)
    with pytest.raises(ArgumentError, match="no store that fsspec knows"):
        remote.look(Url("nothing://bucket/a.jpg"))


@given(st.lists(st.text("ab/._ é%?#", min_size=1, max_size=12), min_size=1, max_size=6, unique=True))
def test_keys_of_any_store_come_back_as_they_are(keys: list[str]) -> None:
    """Of what memory takes: no empty parts, and none that is both a file and a folder."""
    root = f"memory://{secrets.token_hex(6)}"
    wanted = [key for key in keys if all(part not in ("", ".", "..") for part in key.split("/"))]
    wanted = [key for key in wanted if not any(other.startswith(f"{key}/") for other in wanted)]
    system = fsspec.filesystem("memory")
    for key in wanted:
        system.pipe_file(f"{root}/{key}", key.encode())
    if wanted:
        found = list(remote.listing(Url(root)))
        assert sorted(each.url.text for each in found) == sorted(f"{root}/{key}" for key in wanted)
        assert all(remote.look(each.url) == each for each in found)


@pytest.mark.parametrize(
    "text", ["file:///a/b.jpg", "a/b.jpg", "C:/x.jpg", "c:\\x", "s3:/x", "simple::s3://x"]
)
def test_paths_are_paths(text: str) -> None:
    assert isinstance(place(text), Path)


def test_what_a_url_is_made_of() -> None:
    url = Url("s3://bucket/a//b.stamped.JPG")
    assert (url.name, url.stem, url.suffix, url.scheme) == ("b.stamped.JPG", "b.stamped", ".JPG", "s3")
    assert url.beyond(Url("s3://bucket/")) == "a//b.stamped.JPG"
    assert [Url(each).is_folder for each in ("s3://b", "s3://b/", "s3://b/a/", "s3://b/a")] == [1, 1, 1, 0]
