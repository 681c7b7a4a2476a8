"""Importing a register: the rows sent to the gateway, those kept back, and a busy gateway."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest

from deploy.lianshan.areas import upload
from deploy.lianshan.areas.upload import ImportFailedError, estimate_rows, import_areas

Answer = Callable[[int, list[dict[str, str]]], tuple[int, dict[str, Any]]]


class Gateway:
    """A gateway that keeps the requests and answers as told."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _, rows: (200, {"count": len(rows), "changed": len(rows)})
        self.posts: list[tuple[str, list[dict[str, str]]]] = []
        self.lock = Lock()
        self.url = ""

    def rows(self) -> list[dict[str, str]]:
        return [row for _, rows in self.posts for row in rows]


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    state = Gateway()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["rows"]
            with state.lock:
                state.posts.append((self.headers["Idempotency-Key"], rows))
                status, body = state.answer(len(state.posts), rows)
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()
    thread.join(5)


def register(tmp_path: Path, rows: int, *extra: bytes) -> Path:
    path = tmp_path / "villages.csv"
    lines = [b"code,name", *(f"1101{n:08},Quarter {n}".encode() for n in range(rows)), *extra]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def test_every_row_arrives_once_in_chunks_with_a_key_each(gateway: Gateway, tmp_path: Path) -> None:
    done: list[int] = []
    report = import_areas(register(tmp_path, 2500), gateway.url, "token", done.append)
    assert sorted(row["code"] for row in gateway.rows()) == [f"1101{n:08}" for n in range(2500)]
    assert sorted(len(rows) for _, rows in gateway.posts) == [500, 1000, 1000]
    assert len({key for key, _ in gateway.posts}) == 3
    assert (report.accepted, report.changed, report.refused) == (2500, 2500, 0)
    assert done == sorted(done)
    assert done[-1] == 2500


def test_bad_rows_are_named_by_number_and_reason_and_the_good_ones_kept(gateway: Gateway, tmp_path: Path) -> None:
    path = register(tmp_path, 3, b"11x,Nowhere", b"1101,", b"110199,\xff\xfe")
    report = import_areas(path, gateway.url, "token")
    assert report.accepted == 3
    assert [bad.row for bad in report.bad] == [5, 6, 7]
    assert "digits only" in report.bad[0].reason
    assert "name" in report.bad[1].reason
    assert "UTF-8" in report.bad[2].reason


def test_a_busy_gateway_is_asked_again_with_the_same_key(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload.time, "sleep", lambda _: None)
    gateway.answer = lambda n, rows: (503, {}) if n < 3 else (200, {"count": len(rows), "changed": 0})
    report = import_areas(register(tmp_path, 10), gateway.url, "token")
    assert report.accepted == 10
    assert [key for key, _ in gateway.posts] == [gateway.posts[0][0]] * 3


def test_a_gateway_that_stays_busy_ends_the_import_with_the_rows_named(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload.time, "sleep", lambda _: None)
    gateway.answer = lambda *_: (503, {})
    with pytest.raises(ImportFailedError, match="rows 2–11"):
        import_areas(register(tmp_path, 10), gateway.url, "token")
    assert len(gateway.posts) == upload.TRIES


def test_a_refusal_ends_the_import_with_the_gateways_words(gateway: Gateway, tmp_path: Path) -> None:
    gateway.answer = lambda *_: (403, {"title": "Forbidden", "detail": "This key may not import areas."})
    with pytest.raises(ImportFailedError, match="403: This key may not import areas"):
        import_areas(register(tmp_path, 10), gateway.url, "token")
    assert len(gateway.posts) == 1


def test_the_number_of_rows_is_about_right_for_csv_and_json(tmp_path: Path) -> None:
    assert estimate_rows(register(tmp_path, 100)) == 101
    path = tmp_path / "villages.json"
    path.write_text(json.dumps([{"code": f"1101{n:08}", "name": "x"} for n in range(100)]))
    assert estimate_rows(path) == 100
