"""A backup's file: complete or not there, refused where it cannot be trusted or understood."""

import gzip
import io
import json
import resource
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bson
import pytest

from deploy.lianshan.backup.agency_queues import find_agency_queues
from deploy.lianshan.backup.container import Reader, Writer, open_writer, pack
from deploy.lianshan.backup.errors import BackupFailedError, BadBackupError
from deploy.lianshan.backup.manifest import Stored
from deploy.lianshan.topology.state import BrokerState

NEEDS = [{"_id": "need_1", "state": "ready"}, {"_id": "need_2", "state": "published"}]
INDEX = {"v": 2, "key": {"state": 1}, "name": "state", "partialFilterExpression": {"waiting": True}}


def write(path: Path) -> Path:
    with open_writer(path) as writer:
        fill(writer)
        writer.finish()
    return path


def fill(writer: Writer) -> None:
    writer.add("stations/needs", pack(b"".join(map(bson.encode, NEEDS))), len(NEEDS))
    writer.manifest.databases["stations"] = {"needs": Stored(documents=2, indexes=[INDEX])}
    writer.manifest.at(bson.Timestamp(1_790_000_000, 7))


def rewritten(path: Path, **changes: object) -> Path:
    """The same file with another manifest."""
    changed = path.with_name("changed.backup")
    with tarfile.open(path) as old, tarfile.open(changed, "w") as new:
        for member in old:
            content = old.extractfile(member).read()  # type: ignore[union-attr]
            if member.name == "manifest.json":
                content = json.dumps({**json.loads(content), **changes}).encode()
                member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    return changed


def test_what_was_written_is_read_again_with_its_indexes(tmp_path: Path):
    with Reader(write(tmp_path / "a.backup")) as backup:
        backup.verify()
        (part,) = backup.manifest.parts_of("stations/needs")
        assert bson.decode_all(backup.read(part)) == NEEDS
        assert backup.manifest.databases["stations"]["needs"].indexes == [INDEX]
        assert backup.manifest.cluster_time == (1_790_000_000, 7)
        assert backup.manifest.documents == 2


def test_the_file_is_its_owners_only_and_ordinary_tools_read_it(tmp_path: Path):
    path = write(tmp_path / "a.backup")
    assert path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(path) as tar:
        needs = tar.extractfile("stations/needs.000000.bson.gz")
        assert needs is not None
        assert bson.decode_all(gzip.decompress(needs.read())) == NEEDS


def test_a_backup_that_fails_half_way_leaves_nothing(tmp_path: Path):
    def fail_half_way() -> None:
        with open_writer(tmp_path / "a.backup") as writer:
            fill(writer)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert list(tmp_path.iterdir()) == []


@contextmanager
def small_files(largest: int) -> Iterator[None]:
    """Have the kernel refuse a file of more bytes, which it answers like a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))  # Python ignores the signal that comes as well
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def overfill(path: Path, keep_free: int) -> None:
    with open_writer(path, keep_free) as writer:
        writer.add("stations/needs", bytes(300_000), 1)
        writer.finish()


@pytest.mark.parametrize(("largest", "keep_free"), [(100_000, 0), (1_000_000, 2**60)], ids=["full", "nearly"])
def test_a_full_disk_is_one_clear_line_and_nothing_stays(tmp_path: Path, largest: int, keep_free: int):
    with small_files(largest), pytest.raises(BackupFailedError) as full:
        overfill(tmp_path / "a.backup", keep_free)
    (line,) = str(full.value).splitlines()
    assert f"the disk of {tmp_path} is full" in line
    assert "free some space or name another place" in line
    assert list(tmp_path.iterdir()) == []


def test_two_backups_never_write_one_file(tmp_path: Path):
    with open_writer(tmp_path / "a.backup"), pytest.raises(BackupFailedError, match="another backup is being written"):
        write(tmp_path / "a.backup")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2, "version": "7.1.0"}, "it has format 2, .*reads format 1: restore it with lianshan 7.1.0"),
        ({"version": "0.4.0"}, "made by lianshan 0.4.0, and this is the older 0.3.9: install 0.4.0 first"),
        ({"version": "0.3.10"}, "made by lianshan 0.3.10, and this is the older 0.3.9"),
        ({"version": "0.1.0"}, "made by lianshan 0.1.0, from whose stores no migration leads to 0.3.9"),
        ({"product": "pantry"}, "no backup of Lianshan"),
        ({"databases": {"stations": {"needs": {"documents": 3}}}}, "contradicts itself about stations.needs"),
        ({"parts": "many"}, "its manifest is damaged"),
    ],
)
def test_a_backup_of_another_version_is_refused_in_words(tmp_path: Path, changes: dict[str, object], words: str):
    path = rewritten(write(tmp_path / "a.backup"), **changes)
    with pytest.raises(BadBackupError, match=words) as refused:
        Reader(path, "0.3.9")
    assert str(path) in str(refused.value)


def test_an_older_version_s_backup_is_read(tmp_path: Path):
    with Reader(rewritten(write(tmp_path / "a.backup"), version="0.2.1"), "0.3.9") as backup:
        assert backup.manifest.version == "0.2.1"


def test_a_file_cut_off_is_refused(tmp_path: Path):
    path = write(tmp_path / "a.backup")
    path.write_bytes(path.read_bytes()[:1024])
    with pytest.raises(BadBackupError, match="no manifest, so it is no backup, or it was cut off"):
        Reader(path)


def test_a_file_that_is_something_else_is_refused(tmp_path: Path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague, " * 100)
    with pytest.raises(BadBackupError, match="no backup, or it was cut off"):
        Reader(path)


def test_one_changed_byte_is_found(tmp_path: Path):
    path = write(tmp_path / "a.backup")
    content = bytearray(path.read_bytes())
    content[530] ^= 1
    path.write_bytes(content)
    with Reader(path) as backup, pytest.raises(BadBackupError, match="is damaged: stations/needs"):
        backup.verify()


def test_the_durable_queues_of_agencies_are_in_a_backup_with_their_bindings():
    queues = {"observer.a": {"x-max-length": 5}, "observer.gone": {}, "charity.events": {}, "amq.gen-1": {}}
    bindings = frozenset({("", "observer.a", "observer.a"), ("lianshan.events", "#", "observer.a")})
    seen = BrokerState({}, queues, bindings, fleeting=frozenset({"observer.gone"}))
    wanted = {"queue": "observer.a", "arguments": {"x-max-length": 5}, "bindings": [["lianshan.events", "#"]]}
    assert find_agency_queues(seen) == [wanted]


def test_queues_that_cannot_be_seen_are_not_said_to_be_none():
    assert find_agency_queues(BrokerState({}, {"charity.events": {}})) is None
