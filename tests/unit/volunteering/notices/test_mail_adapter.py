"""Notices by mail, taken by a real mail server: in clear on this machine, by TLS, by STARTTLS, and not at all."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
from certificates import Authority
from mail_server import Mailbox, allow, mail_server
from pydantic import ValidationError
from stacks import NO_TLS

from services.volunteering.notices.domain.sending import Accepted, NotAccepted
from services.volunteering.worker.adapters.mail import MailAdapter, MailServer, MailTls
from services.volunteering.worker.adapters.message import Message
from services.volunteering.worker.settings import WorkerSettings

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
MESSAGE = Message(
    "ntc_dsp_need_00k3v9x2a4b5c6d7e8f9.0.cancelled", "cancelled", "zh", "wen@example.org",
    "【联善】您能否参加志愿服务？答复：https://lianshan.example/a/0123456789012345678901234567890123456789012",
    "【联善】您能否参加志愿服务？",
)  # fmt: skip
Contexts = tuple[ssl.SSLContext, ssl.SSLContext]


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    """The server's context and that of a client that trusts it."""
    authority = Authority.found(tmp_path_factory.mktemp("authority"), "Authority of the test")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*map(str, authority.issue("mail")))
    return server, ssl.create_default_context(cafile=str(authority.file))


@pytest.fixture
def plain() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


def adapter_of(port: int, tls: MailTls = "none", client: ssl.SSLContext | None = None, **more: Any) -> MailAdapter:
    server = MailServer("localhost", port, tls, "notices@lianshan.example", more.pop("user", ""), more.pop("word", ""))
    return MailAdapter(server, client or NO_TLS, lambda: NOW, **more)


def result_of(adapter: MailAdapter, message: Message = MESSAGE) -> tuple[str, dict[str, Any], bool]:
    """The reason with its values, and whether it is final."""
    result = adapter.send(message)
    assert isinstance(result, NotAccepted)
    return result.why.code, dict(result.why.args), result.final


def test_a_notice_is_a_message_from_the_city_that_no_machine_answers(plain: Mailbox) -> None:
    assert adapter_of(plain.port).send(MESSAGE) == Accepted()
    ((sender, recipients, mail),) = plain.taken
    assert (sender, recipients) == ("notices@lianshan.example", ["wen@example.org"])
    assert (mail["From"], mail["To"], mail["Subject"]) == (sender, recipients[0], MESSAGE.subject)
    assert mail["Message-ID"] == f"<{MESSAGE.id}@lianshan.example>"
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "zh")
    assert mail["Date"].datetime == NOW
    assert mail.get_content().strip() == MESSAGE.text, "the link is in one piece"


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("wen@例子.中国", "wen@xn--fsqu00a.xn--fiqs8s"),
        ("文丽@例子.中国", "文丽@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_chinese_names_of_mailbox_and_host_arrive(plain: Mailbox, stored: str, told: str) -> None:
    assert adapter_of(plain.port).send(replace(MESSAGE, to=stored)) == Accepted()
    assert [recipients for _, recipients, _ in plain.taken] == [[told]]
    assert f"To: {told}\r\n".encode() in plain.raw[0]


def test_a_server_that_takes_no_chinese_mailbox_names_ends_the_notice(plain: Mailbox) -> None:
    with mail_server(enable_SMTPUTF8=False) as former:
        found = result_of(adapter_of(former.port), replace(MESSAGE, to="文丽@例子.中国"))
        assert found == ("notice_mail_ascii_only", {}, True)
        assert adapter_of(former.port).send(replace(MESSAGE, to="wen@例子.中国")) == Accepted()


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_notice_leaves_by_both_ways_of_encryption(contexts: Contexts, tls: MailTls) -> None:
    server, client = contexts
    options: Any = {"implicit": server} if tls == "implicit" else {"tls_context": server, "require_starttls": True}
    with mail_server(**options) as mailbox:
        assert adapter_of(mailbox.port, tls, client).send(MESSAGE) == Accepted()
        assert len(mailbox.taken) == 1


def test_the_account_signs_in_and_a_wrong_password_is_for_the_operator_to_mend(contexts: Contexts) -> None:
    server, client = contexts
    with mail_server(tls_context=server, require_starttls=True, auth_required=True, authenticator=allow) as mailbox:
        found = result_of(adapter_of(mailbox.port, "starttls", client, user="notices", word="another"))
        assert found == ("notice_mail_refused", {"status": 535}, False)
        adapter = adapter_of(mailbox.port, "starttls", client, user="notices", word="secret words")
        assert adapter.send(MESSAGE) == Accepted()
        assert len(mailbox.taken) == 1


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_server_without_tls_or_with_an_unknown_certificate_gets_nothing(contexts: Contexts, tls: MailTls) -> None:
    server, client = contexts
    options: Any = {"implicit": server} if tls == "implicit" else {"tls_context": server}
    with mail_server() as plain, mail_server(**options) as unknown:
        assert result_of(adapter_of(plain.port, tls, client, seconds=0.5))[0] == "notice_mail_unreachable"
        assert result_of(adapter_of(unknown.port, tls)) == ("notice_mail_unreachable", {}, False)
        assert plain.taken == unknown.taken == []


@pytest.mark.parametrize(("status", "final"), [(550, True), (553, True), (450, False), (421, False)])
def test_a_refused_mailbox_is_final_and_a_busy_one_is_tried_again(plain: Mailbox, status: int, final: bool) -> None:
    plain.answers = {"wen@example.org": f"{status} 5.1.1 wen@example.org"}
    assert result_of(adapter_of(plain.port)) == ("notice_mail_refused", {"status": status}, final)
    assert adapter_of(plain.port).send(replace(MESSAGE, to="li@example.org")) == Accepted()
    assert [recipients for _, recipients, _ in plain.taken] == [["li@example.org"]]


@pytest.mark.parametrize(("status", "final"), [(554, True), (451, False)])
def test_a_refused_text_is_final_and_greylisting_is_not(plain: Mailbox, status: int, final: bool) -> None:
    plain.answers = {"DATA": f"{status} no"}
    assert result_of(adapter_of(plain.port)) == ("notice_mail_refused", {"status": status}, final)


def listen(answer: Callable[[socket.socket], None]) -> tuple[socket.socket, int]:
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                answer(connection)

    Thread(target=serve, daemon=True).start()
    return listening, listening.getsockname()[1]


def hang(connection: socket.socket) -> None:
    connection.recv(1)
    time.sleep(2)


def drip(connection: socket.socket) -> None:
    connection.sendall(b"220 ")
    while True:
        connection.sendall(b"y")
        time.sleep(0.02)


def leave(connection: socket.socket) -> None:
    connection.sendall(b"220 mail\r\n")


@pytest.mark.parametrize("tls", ["none", "implicit"])
@pytest.mark.parametrize("answer", [hang, drip, leave])
def test_a_server_that_hangs_drips_or_leaves_holds_nobody_and_is_tried_again(
    answer: Callable[[socket.socket], None], tls: MailTls
) -> None:
    listening, port = listen(answer)
    with listening:
        began = time.monotonic()
        assert result_of(adapter_of(port, tls, seconds=0.3)) == ("notice_mail_unreachable", {}, False)
        assert time.monotonic() - began < 1.5


def test_a_message_that_was_taken_is_sent_although_the_farewell_fails(plain: Mailbox) -> None:
    script = iter([b"220 a\r\n", b"250 a\r\n", b"250 a\r\n", b"250 a\r\n", b"354 a\r\n", b"250 a\r\n"])

    def answer(connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        for step in script:
            connection.sendall(step)
            line = lines.readline()
            while step.startswith(b"354") and line != b".\r\n":
                line = lines.readline()

    listening, port = listen(answer)
    with listening:
        assert adapter_of(port, seconds=2).send(MESSAGE) == Accepted()


def test_a_server_that_is_away_is_tried_again(plain: Mailbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert result_of(adapter_of(port)) == ("notice_mail_unreachable", {}, False)


MAIL = {"notice_smtp_host": "mail.example", "notice_smtp_sender": "notices@lianshan.example"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"notice_smtp_sender": ""}, "LIANSHAN_NOTICE_SMTP_SENDER"),
        ({"notice_smtp_sender": "notices"}, "notice_smtp_sender"),
        ({"notice_smtp_sender": "a@b.cn\r\nBcc: c@d.cn"}, "notice_smtp_sender"),
        ({"notice_smtp_sender": "通知@例子.中国"}, "notice_smtp_sender.*in ASCII"),
        ({"notice_smtp_tls": "none"}, "LIANSHAN_NOTICE_SMTP_TLS.*this machine alone"),
        ({"notice_smtp_user": "notices"}, "LIANSHAN_NOTICE_SMTP_PASSWORD"),
        ({"notice_smtp_host": "mail example"}, "notice_smtp_host"),
    ],
)
def test_a_worker_without_a_usable_mail_server_does_not_start(given: dict[str, str], named: str) -> None:
    with pytest.raises(ValidationError, match=f"(?s){named}"):
        settings(**{**MAIL, **given})


def settings(**given: str) -> WorkerSettings:
    servers = {"amqp_uri": "amqp://127.0.0.1", "mongo_uri": "mongodb://127.0.0.1", "data_key": bytes(32)}
    return WorkerSettings.model_validate({**servers, **given})


def test_the_port_follows_from_the_way_of_encryption_and_the_password_is_never_printed() -> None:
    account = {"notice_smtp_user": "notices", "notice_smtp_password": "secret words"}
    implicit, starttls = settings(**MAIL, **account), settings(**MAIL, notice_smtp_tls="starttls")
    assert [one.mail_server.port for one in (implicit, starttls) if one.mail_server] == [465, 587]
    assert "secret words" not in f"{implicit!r} {implicit.mail_server!r}"
    assert settings().mail_server is None
