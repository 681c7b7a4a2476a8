"""Every answered request is a line of the access log, kept for six months, without anything about a person."""

import asyncio
import gzip
import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from services.gateway.http import access_log
from services.gateway.http.access_log import AccessLog, check_folder, day_of
from services.gateway.settings import GatewaySettings
from shared.contracts.access import Actor

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CALLER = Actor(kind="key", id="key_7", roles=("reader",))


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "machine_now", lambda: NOW)


def scope(**changes: Any) -> dict[str, Any]:
    state = {"caller": CALLER, "correlation": "c1"}
    return {"method": "GET", "path": "/v1/needs/need_secret", "client": ("10.0.0.9", 4711), "state": state, **changes}


def logged(folder: Path | None, *scopes: dict[str, Any], days: int = 190) -> None:
    """Answer requests, and stop."""

    async def serve() -> None:
        async with AccessLog(folder, days) as log:
            for one in scopes:
                log.add(one, "/v1/needs/{need_id}", 200, 0.0123)

    asyncio.run(serve())


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(folder.iterdir()) for line in path.read_text().splitlines()]


def test_a_line_names_key_path_answer_and_address_and_no_id_of_a_thing(tmp_path: Path) -> None:
    logged(tmp_path, scope(), scope(state={"correlation": "c2"}, client=None))
    known, unknown = lines(tmp_path)
    assert known == {
        "at": "2026-03-02T01:00:00.000+00:00", "key": "key_7", "method": "GET", "path": "/v1/needs/{need_id}",
        "status": 200, "ms": 12, "from": "10.0.0.9", "correlation": "c1",
    }  # fmt: skip
    assert (unknown["key"], unknown["from"]) == (None, None)
    assert "need_secret" not in json.dumps([known, unknown])


def test_the_files_are_of_one_day_and_their_owners_alone(tmp_path: Path) -> None:
    logged(tmp_path / "access", scope())
    (path,) = (tmp_path / "access").iterdir()
    assert path.name.startswith("access-2026-03-02.")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_files_of_former_days_are_packed_and_go_after_six_months_and_no_earlier(tmp_path: Path) -> None:
    ages = {days: tmp_path / f"access-{NOW - timedelta(days=days):%Y-%m-%d}.host-1.jsonl" for days in (1, 2, 184, 191)}
    for days, path in ages.items():
        path.write_text(f'{{"age": {days}}}\n')
    (tmp_path / "notes.txt").write_text("not ours")
    logged(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    packed = {f"{ages[days].name}.gz" for days in (2, 184)}
    assert left == {ages[1].name, *packed, "notes.txt"}
    zipped = tmp_path / f"{ages[184].name}.gz"
    assert gzip.decompress(zipped.read_bytes()) == b'{"age": 184}\n'
    assert stat.S_IMODE(zipped.stat().st_mode) == 0o600
    assert day_of(zipped) == (NOW - timedelta(days=184)).date()


def test_a_file_that_cannot_be_packed_keeps_no_other_one_and_no_line_is_written_twice(tmp_path: Path) -> None:
    first, second = (tmp_path / f"access-{NOW - timedelta(days=days):%Y-%m-%d}.host-1.jsonl" for days in (5, 4))
    for path in (first, second):
        path.write_text("{}\n")
    (tmp_path / f"{first.name}.gz.part").mkdir()  # stands for a file that this process may not write
    with capture_logs() as told:
        logged(tmp_path, scope())
    assert (first.exists(), second.exists()) == (True, False)
    assert [(line["event"], line["file"]) for line in told] == [("access_log_not_packed", first.name)]
    (own,) = tmp_path.glob(f"access-{NOW:%Y-%m-%d}.*")
    assert len(own.read_text().splitlines()) == 1


def test_packed_files_go_by_their_day_too(tmp_path: Path) -> None:
    old, young = (tmp_path / f"access-{NOW - timedelta(days=days):%Y-%m-%d}.host-1.jsonl.gz" for days in (191, 190))
    for path in (old, young):
        path.write_bytes(gzip.compress(b"{}"))
    logged(tmp_path)
    assert list(tmp_path.iterdir()) == [young]


def test_without_a_folder_each_request_is_a_line_of_the_log() -> None:
    with capture_logs() as told:
        logged(None, scope())
    (line,) = told
    assert (line["event"], line["key"], line["path"], line["status"]) == (
        "request",
        "key_7",
        "/v1/needs/{need_id}",
        200,
    )


def test_a_disk_that_takes_nothing_is_logged_and_the_lines_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = [True]
    write = os.write

    def refuse(file: int, text: bytes) -> int:
        if failing.pop() if failing else False:
            raise OSError("no space left")
        return write(file, text)

    async def serve() -> None:
        async with AccessLog(tmp_path, 190) as log:
            log.add(scope(), "/v1/needs", 200, 0.0)
            async with asyncio.timeout(5):
                while not told:  # noqa: ASYNC110 - it is the line of the log that is waited for
                    await asyncio.sleep(0)
            log.add(scope(), "/v1/events", 200, 0.0)

    monkeypatch.setattr(access_log.os, "write", refuse)
    monkeypatch.setattr(access_log, "FLUSH_SECONDS", 0.0)
    with capture_logs() as told:
        asyncio.run(serve())
    assert [line["event"] for line in told] == ["access_log_not_written"]
    assert [line["path"] for line in lines(tmp_path)] == ["/v1/needs", "/v1/events"]


def test_beyond_its_bound_lines_are_counted_and_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "MOST_LINES", 2)
    with capture_logs() as told:
        logged(tmp_path, *(scope() for _ in range(5)))
    assert len(lines(tmp_path)) == 2
    assert [(line["event"], line["count"]) for line in told] == [("access_log_lost_lines", 3)]


def test_less_than_six_months_and_a_folder_that_takes_nothing_are_refused(tmp_path: Path) -> None:
    servers = {"amqp_uri": "amqp://localhost/", "mongo_uri": "mongodb://localhost/?replicaSet=rs0"}
    assert GatewaySettings.model_validate({**servers, "access_log_days": 184}).access_log_days == 184
    with pytest.raises(ValidationError, match="access_log_days"):
        GatewaySettings.model_validate({**servers, "access_log_days": 183})
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        check_folder(tmp_path / "file" / "access")
    check_folder(None)
