"""The ways on which notices leave: a file for development, and the city's message gateway by signed requests."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pydantic import ValidationError
from stacks import NO_TLS
from standardwebhooks import Webhook

from services.volunteering.notices.domain.sending import Accepted, NotAccepted
from services.volunteering.worker.adapters.file import FileAdapter
from services.volunteering.worker.adapters.message import Message
from services.volunteering.worker.adapters.webhook import WebhookAdapter
from services.volunteering.worker.settings import WorkerSettings
from shared.contracts.reasons import reason
from shared.runtime.webhook_signatures import new_secret

SECRET = new_secret(bytes(range(32)))
FILE = {"notice_adapter": "file", "notice_file": "notices.jsonl"}
MESSAGE = Message("ntc_dsp_need_1.0.offer", "offer", "zh", "+8613800000001", "【联善】您能否参加志愿服务？")


class Gateway(BaseHTTPRequestHandler):
    """A message gateway that answers with the status that the server was given."""

    def do_POST(self) -> None:
        server: Any = self.server
        server.taken.append((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(server.status)
        self.send_header("location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def gateway() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    server.status, server.taken = 202, []
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def adapter_of(server: Any) -> WebhookAdapter:
    url = f"http://127.0.0.1:{server.server_address[1]}/notices"
    return WebhookAdapter(url, SECRET, NO_TLS, lambda: datetime.now(UTC))


def test_the_gateway_gets_a_request_that_the_standards_own_library_verifies(gateway: Any) -> None:
    assert adapter_of(gateway).send(MESSAGE) == Accepted()
    ((headers, body),) = gateway.taken
    verified = Webhook(SECRET).verify(body, {name.lower(): value for name, value in headers.items()})
    assert verified["data"] == {
        "id": MESSAGE.id, "template": "offer", "language": "zh", "to": "+8613800000001", "text": MESSAGE.text,
    }  # fmt: skip


def test_a_gateway_whose_answer_drips_holds_nobody_beyond_the_seconds_of_a_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
                while True:
                    connection.sendall(b"y")
                    time.sleep(0.01)

        Thread(target=drip, daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/notices"
        adapter = WebhookAdapter(url, SECRET, NO_TLS, lambda: datetime.now(UTC), seconds=0.3)
        began = time.monotonic()
        assert adapter.send(MESSAGE) == NotAccepted(reason("notice_gateway_silent"))
        assert time.monotonic() - began < 3


def test_a_repetition_has_the_same_id_so_that_the_gateway_sends_once(gateway: Any) -> None:
    adapter = adapter_of(gateway)
    adapter.send(MESSAGE)
    adapter.send(MESSAGE)
    assert {headers["webhook-id"] for headers, _ in gateway.taken} == {MESSAGE.id}


@pytest.mark.parametrize(("status", "final"), [(422, True), (400, True), (401, False), (429, False), (503, False)])
def test_a_refusal_is_final_where_the_same_message_would_be_refused_again(
    gateway: Any, status: int, final: bool
) -> None:
    gateway.status = status
    result = adapter_of(gateway).send(MESSAGE)
    assert isinstance(result, NotAccepted)
    assert (result.why.code, result.why.args, result.final) == ("notice_refused", {"status": status}, final)


def test_a_redirect_is_not_followed_with_the_telephone(gateway: Any) -> None:
    gateway.status = 307
    assert isinstance(adapter_of(gateway).send(MESSAGE), NotAccepted)
    assert len(gateway.taken) == 1


def test_a_gateway_that_is_away_accepts_nothing_and_raises_nothing(gateway: Any) -> None:
    adapter = adapter_of(gateway)
    gateway.shutdown()
    gateway.server_close()
    result = adapter.send(MESSAGE)
    assert isinstance(result, NotAccepted)
    assert (result.why.code, result.final) == ("notice_gateway_silent", False)


def test_a_message_is_a_line_of_a_file_that_its_owner_alone_reads(tmp_path: Path) -> None:
    file = tmp_path / "notices.jsonl"
    adapter = FileAdapter(file)
    adapter.send(MESSAGE)
    adapter.send(MESSAGE)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [json.loads(line)["to"] for line in file.read_text("utf-8").splitlines()] == ["+8613800000001"] * 2


def test_a_file_that_others_may_read_gets_no_telephone(tmp_path: Path) -> None:
    file, way = tmp_path / "notices.jsonl", tmp_path / "way"
    file.touch(mode=0o644)
    file.chmod(0o644)
    way.symlink_to(file)
    assert isinstance(FileAdapter(file).send(MESSAGE), NotAccepted)
    file.chmod(0o600)
    assert isinstance(FileAdapter(way).send(MESSAGE), NotAccepted)
    assert file.read_bytes() == b""


def test_a_file_that_cannot_be_written_accepts_nothing(tmp_path: Path) -> None:
    assert isinstance(FileAdapter(tmp_path / "missing" / "notices.jsonl").send(MESSAGE), NotAccepted)


def test_a_message_shows_neither_telephone_nor_text_where_it_is_printed() -> None:
    assert "138" not in repr(MESSAGE)
    assert "联善" not in repr(MESSAGE)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"notice_adapter": "file"}, "LIANSHAN_NOTICE_FILE"),
        ({"notice_adapter": "webhook", "notice_url": "https://messages.example"}, "LIANSHAN_NOTICE_SECRET"),
        ({"notice_url": "messages.example"}, "notice_url"),
        ({**FILE, "mongo_uri": "mongodb://127.0.0.1,10.1.2.3/?replicaSet=rs0"}, "LIANSHAN_NOTICE_ADAPTER.*webhook"),
        ({**FILE, "amqp_uri": "amqps://rabbitmq.example"}, "LIANSHAN_NOTICE_ADAPTER.*development only"),
        ({**FILE, "health_host": "0.0.0.0"}, "LIANSHAN_NOTICE_ADAPTER.*loopback"),  # noqa: S104 - as a container has it
        ({"notice_url": "http://messages.example/notices"}, "notice_url.*http is for addresses of this machine alone"),
        ({"public_url": "http://10.1.2.3"}, "public_url.*http is for addresses of this machine alone"),
        ({"notice_secret": "whsec_c2hvcnQ="}, "notice_secret"),
        ({"notice_secret": "secret"}, "notice_secret"),
    ],
)
def test_a_worker_without_a_usable_way_out_does_not_start(given: dict[str, str], named: str) -> None:
    servers = {"amqp_uri": "amqp://127.0.0.1", "mongo_uri": "mongodb://127.0.0.1", "data_key": bytes(32)}
    with pytest.raises(ValidationError, match=f"(?s){named}"):
        WorkerSettings.model_validate({**servers, **given})
