"""Works in stores: which are taken, where results go, and what a task does with copies of them."""

from __future__ import annotations

import io
import secrets
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest
from PIL import Image

from stamp.catalogue.copies import Reservation
from stamp.catalogue.records import Recovered
from stamp.core.errors import CorruptFile, OutputError, UnwritableFile
from stamp.core.key import Key
from stamp.core.options import CopyOptions
from stamp.core.payload import Payload
from stamp.core.reports import EmbedReport
from stamp.core.rights import Rights
from stamp.core.url import Url
from stamp.jobs.catalogues import CatalogueEntry
from stamp.jobs.keys import KeyFile
from stamp.jobs.remote import RemoteJob, RemoteTask, hashed
from stamp.jobs.remote_plan import Planner
from stamp.jobs.selection import PassedOver, Selection, Shard
from stamp.jobs.tasks import DetectTask, EmbedTask, NoticeTask
from stamp.pipeline.cataloguing import Catalogue
from stamp.storage import remote as store
from tests.helpers.stores import Bucket
from tests.media.pixels import photo

RIGHTS = Rights(copyright_notice="© {year} A")


@pytest.fixture
def memory() -> str:
    """A folder of its own in a store that is this process's memory."""
    return f"memory://{secrets.token_hex(6)}/"


def fill(folder: str, *keys: str) -> None:
    for key in keys:
        fsspec.filesystem("memory").pipe_file(folder + key, b"x")


def pairs(planner: Planner, folder: str) -> dict[str, str | None]:
    return {
        str(job.path).removeprefix(folder): job.output and str(job.output) for job in planner if not job.error
    }


def test_objects_keep_their_places_below_the_folder(memory: str, tmp_path: Path) -> None:
    fill(memory, "b.jpg", "d/a.PNG", "d/e/c.tiff", "d/c.stamped.tiff", ".x/h.jpg", "d/.h.jpg", "notes.txt")
    left_out: list[PassedOver] = []
    selection = Selection(exclude=("e",), passed_over=left_out.append)
    assert pairs(Planner([memory], "s3://out", selection=selection), memory) == {
        "b.jpg": "s3://out/b.jpg",
        "d/a.PNG": "s3://out/d/a.PNG",
    }
    assert sorted((str(each.path).removeprefix(memory), each.sort) for each in left_out) == [
        (".x/h.jpg", "hidden"),
        ("d/.h.jpg", "hidden"),
        ("d/c.stamped.tiff", ".stamped"),
        ("d/e/c.tiff", "excluded"),
        ("notes.txt", ".txt"),
    ]
    below = pairs(Planner([f"{memory}d"], str(tmp_path)), memory)
    assert below == {"d/a.PNG": f"{tmp_path}/a.PNG", "d/e/c.tiff": f"{tmp_path}/e/c.tiff"}
    assert pairs(Planner([f"{memory}b.jpg"], "s3://out/x.jpg"), memory) == {"b.jpg": "s3://out/x.jpg"}
    assert pairs(Planner([f"{memory}b.jpg"], "s3://out/"), memory) == {"b.jpg": "s3://out/b.jpg"}


def test_files_of_this_machine_go_to_a_store(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("in/a.jpg", "in/deep/b.jpg", "in/a.stamped.jpg"):
        (tmp_path / name).touch()
    found = {str(job.path): str(job.output) for job in Planner([str(tmp_path / "in")], "s3://out/x")}
    assert found == {
        str(tmp_path / "in" / "a.jpg"): "s3://out/x/a.jpg",
        str(tmp_path / "in" / "deep" / "b.jpg"): "s3://out/x/deep/b.jpg",
    }


@pytest.mark.parametrize("key", ["../up.jpg", "a/../../up.jpg", "a//b.jpg", "./a.jpg", "a\\b.jpg"])
def test_a_key_leads_out_of_no_folder(key: str, bucket: Bucket, tmp_path: Path) -> None:
    bucket.put(key, b"x")
    jobs = list(Planner([bucket.url()], str(tmp_path)))
    hidden = key.startswith(".") or "/." in key
    assert hidden or [type(job.error) for job in jobs] == [OutputError]
    assert all(job.output is None for job in jobs)


def test_what_is_not_there_is_a_job_that_fails(memory: str) -> None:
    fill(memory, "a.txt")
    (empty,) = Planner([memory], "s3://out/")
    assert "no photo, clip or song there" in str(empty.error)


def test_payloads_come_from_the_secret_of_the_run(memory: str) -> None:
    fill(memory, *(f"{number}.jpg" for number in range(50)))

    def drawn(secret: bytes, output: str) -> list[bytes | None]:
        return [job.payload for job in Planner([memory], output, secret=secret)]

    one = drawn(b"1", "s3://out/")
    assert all(payload is not None and len(payload) == 8 for payload in one)
    assert one == drawn(b"1", "s3://out/")
    assert len({*one, *drawn(b"2", "s3://out/"), *drawn(b"1", "s3://other/")}) == 150


def test_shards_have_each_file_once_wherever_it_lies(memory: str, tmp_path: Path) -> None:
    names = [f"{number % 7}/{number}.jpg" for number in range(200)]
    fill(memory, *names)
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    shards = [
        set(pairs(Planner([memory], "s3://out/", selection=Selection(shard=Shard(index, 4))), memory))
        for index in range(4)
    ]
    assert sorted(name for shard in shards for name in shard) == sorted(names)
    assert all(30 < len(shard) < 70 for shard in shards)
    files = Planner([str(tmp_path)], "s3://out/", selection=Selection(shard=Shard(2, 4)))
    assert {Path(str(job.path)).relative_to(tmp_path).as_posix() for job in files} == shards[2]


@pytest.fixture(scope="module")
def jpeg() -> bytes:
    held = io.BytesIO()
    Image.fromarray(photo(240, 320)).save(held, "JPEG", quality=92)
    return held.getvalue()


@pytest.fixture
def key(tmp_path: Path) -> Key:
    made = Key.generate("k")
    made.save(tmp_path / "key")
    return made


@pytest.fixture
def task(key: Key, tmp_path: Path) -> EmbedTask:
    return EmbedTask(KeyFile.of(key, tmp_path / "key"), rights=RIGHTS, resume=True)


def job_of(bucket: Bucket, key: str = "in/a.jpg", payload: bytes = b"12345678") -> RemoteJob:
    found = store.look(Url(bucket.url(key)))
    assert found
    return RemoteJob(found.url, Url(bucket.url("out/a.jpg")), version=found.version, payload=payload)


@pytest.mark.slow
def test_a_work_is_marked_registered_and_known_again(
    bucket: Bucket, task: EmbedTask, key: Key, jpeg: bytes, tmp_path: Path
) -> None:
    bucket.put("in/a.jpg", jpeg)
    place = str(tmp_path / "catalogue.sqlite")
    marking = RemoteTask(replace(task, entry=CatalogueEntry(place, CopyOptions())))
    job = job_of(bucket)
    report = marking(job)
    assert isinstance(report, EmbedReport)
    assert (report.path, report.output, report.payload) == (job.path, job.output, b"12345678")
    with Catalogue(place) as catalogue:
        (copy,) = catalogue.works.show("#1").copies
        wanted = ("ready", bucket.url("in/a.jpg"), bucket.url("out/a.jpg"))
        assert (copy.state, copy.source, copy.output) == wanted
        assert catalogue.works.show("#1").title == "a"
    said = bucket.said("out/a.jpg")
    assert said["stampsource"] == job.version
    assert said["stampkey"] == key.fingerprint
    assert said["stamppayload"] == hashed(b"12345678", key)
    assert b"12345678".hex() not in str(said)
    found = RemoteTask(DetectTask((task.key,)))(RemoteJob(Url(bucket.url("out/a.jpg"))))
    assert (str(found.path), found.payload) == (bucket.url("out/a.jpg"), b"12345678")  # type: ignore[union-attr]

    before = bucket.get("out/a.jpg")
    again = marking(replace(job, payload=b"87654321"))
    assert (again.outcome, again.sha256_after) == ("done_before", report.sha256_after)  # type: ignore[union-attr]
    read = RemoteTask(task, read=True)(replace(job, payload=b"87654321"))
    assert (read.outcome, read.payload) == ("done_before", b"12345678")  # type: ignore[union-attr]
    assert bucket.get("out/a.jpg") == before


@pytest.fixture
def noticed(bucket: Bucket, jpeg: bytes) -> tuple[NoticeTask, RemoteJob]:
    """A task that is quick, and a job that it has done."""
    bucket.put("in/a.jpg", jpeg)
    task = NoticeTask(RIGHTS, resume=True)
    RemoteTask(task)(job_of(bucket))
    return task, job_of(bucket)


def test_what_is_said_decides_whether_an_output_is_done(
    bucket: Bucket, noticed: tuple[NoticeTask, RemoteJob], jpeg: bytes
) -> None:
    task, job = noticed
    assert RemoteTask(task)(job).outcome == "done_before"  # type: ignore[union-attr]
    with pytest.raises(OutputError, match="exists already"):
        RemoteTask(replace(task, resume=False))(job)
    with pytest.raises(OutputError, match="has another notice; have it read"):
        RemoteTask(replace(task, rights=Rights(credit_line="B")))(job)
    with pytest.raises(OutputError, match="made of another source"):
        RemoteTask(task)(replace(job, version="another"))
    bucket.put("out/a.jpg", jpeg)
    with pytest.raises(OutputError, match="says nothing of how it was made"):
        RemoteTask(task)(job)
    assert bucket.get("out/a.jpg") == jpeg
    assert RemoteTask(replace(task, overwrite=True))(job).outcome == "noticed"  # type: ignore[union-attr]
    assert bucket.said("out/a.jpg")["stampsource"] == job.version


def test_an_output_that_is_read_is_believed_by_its_content(
    bucket: Bucket, noticed: tuple[NoticeTask, RemoteJob], jpeg: bytes
) -> None:
    task, job = noticed
    bucket.put("out/a.jpg", bucket.get("out/a.jpg"))  # without what was said of it
    assert RemoteTask(task, read=True)(job).outcome == "done_before"  # type: ignore[union-attr]
    bucket.put("out/a.jpg", jpeg)
    with pytest.raises(OutputError, match=r"^s3://\S+/out/a.jpg: exists and has another notice, or none"):
        RemoteTask(task, read=True)(job)
    bucket.put("out/a.jpg", bucket.get("out/a.jpg")[:300])
    assert RemoteTask(task, read=True)(job).outcome == "noticed"  # type: ignore[union-attr]


def test_of_two_workers_with_one_job_both_have_done_it(
    bucket: Bucket, noticed: tuple[NoticeTask, RemoteJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first was taken for dead, and puts its result while the second is at work."""
    task, job = noticed
    made = bucket.get("out/a.jpg")
    looks = iter([None])
    look = store.look
    monkeypatch.setattr(
        store, "look", lambda url: next(looks, look(url)) if "/out/" in str(url) else look(url)
    )
    assert RemoteTask(task)(job).outcome == "noticed"  # type: ignore[union-attr]
    assert bucket.get("out/a.jpg") == made
    bucket.put("out/a.jpg", b"another's")
    looks = iter([None])
    with pytest.raises(OutputError, match="exists already"):
        RemoteTask(task)(job)
    assert bucket.get("out/a.jpg") == b"another's"


def test_errors_name_the_object_and_nothing_is_left(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    bucket.put("in/a.jpg", b"\xff\xd8\xff\xe0 no photo")
    with pytest.raises(CorruptFile) as raised:
        RemoteTask(NoticeTask(RIGHTS))(job_of(bucket))
    assert str(raised.value).startswith(f"{bucket.url('in/a.jpg')}: ")
    assert str(tmp_path) not in str(raised.value)
    assert bucket.listed() == ["in/a.jpg"]
    assert not list(tmp_path.iterdir())


def test_names_that_no_disk_takes_are_worked_on(bucket: Bucket, jpeg: bytes) -> None:
    key = f'in/{"ü" * 400}: "?".jpg'
    bucket.put(key, jpeg)
    assert RemoteTask(NoticeTask(RIGHTS))(job_of(bucket, key)).outcome == "noticed"  # type: ignore[union-attr]
    assert bucket.listed() == [key, "out/a.jpg"]


@pytest.mark.slow
def test_a_copy_whose_object_never_appeared_is_abandoned(
    bucket: Bucket, task: EmbedTask, jpeg: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("in/a.jpg", jpeg)
    place = str(tmp_path / "catalogue.sqlite")

    def refuse(*args: object, **more: object) -> None:
        with Catalogue(place) as catalogue:  # row first, object last
            assert [copy.state for copy in catalogue.works.show("#1").copies] == ["ready"]
        raise UnwritableFile("access is denied")

    monkeypatch.setattr(store, "put", refuse)
    with pytest.raises(UnwritableFile, match="access is denied"):
        RemoteTask(replace(task, entry=CatalogueEntry(place)))(job_of(bucket))
    with Catalogue(place) as catalogue:
        assert [copy.state for copy in catalogue.works.show("#1").copies] == ["abandoned"]
    assert bucket.listed() == ["in/a.jpg"]


@pytest.mark.slow
def test_recovery_asks_the_store_what_became_of_a_copy(
    bucket: Bucket, key: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalogue(str(tmp_path / "catalogue.sqlite")) as catalogue:
        for name, there in (("a", bytes(32)), ("b", b"x" * 32), ("c", None)):
            url = Url(bucket.url(f"{name}.jpg"))
            wanted = Reservation(
                "image",
                Url(bucket.url(f"in/{name}.jpg")),
                url,
                None,
                key.name,
                key.fingerprint,
                Payload(name.encode() * 8),
                CopyOptions(),
            )
            monkeypatch.setattr("socket.gethostname", lambda: "a worker that is gone")
            catalogue.reserve(wanted).complete(bytes(32), 1, None)
            if there is not None:
                (tmp_path / name).touch()
                store.put(tmp_path / name, url, {"stampsha256": there.hex()})
        monkeypatch.setattr("socket.gethostname", lambda: "anywhere")
        assert catalogue.recover() == Recovered(finished=1, open=1, abandoned=1)
