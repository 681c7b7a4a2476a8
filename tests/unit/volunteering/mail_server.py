"""A mail server for the tests, of aiosmtpd: it keeps the messages that it takes."""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Mailbox:
    """The messages taken, each with sender and recipients as the server was told them, and its answers."""

    answers: Mapping[str, str] = field(default_factory=dict)
    """The answers to RCPT by recipient, and to DATA; 250 by default."""
    taken: list[tuple[str | None, list[str], EmailMessage]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:  # noqa: N802
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.get("DATA", "250 OK")
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.raw.append(envelope.content)
            mail: Any = message_from_bytes(envelope.content, policy=default)
            self.taken.append((envelope.mail_from, envelope.rcpt_tos, mail))
        return answer


def allow(_: SMTP, __: Session, ___: Envelope, ____: str, given: LoginPassword) -> AuthResult:
    """Let the one account in."""
    known = given == LoginPassword(b"notices", b"secret words")
    return AuthResult(success=known, handled=False)


@contextmanager
def mail_server(implicit: ssl.SSLContext | None = None, **options: Any) -> Iterator[Mailbox]:
    """Run a mail server on a port of its own; `options` go to aiosmtpd."""
    mailbox, loop, talks = Mailbox(), asyncio.new_event_loop(), list[SMTP]()

    def protocol() -> SMTP:
        made = SMTP(mailbox, loop=loop, hostname="localhost", **{"enable_SMTPUTF8": True, **options})
        talks.append(made)
        return made

    server = loop.run_until_complete(loop.create_server(protocol, "127.0.0.1", 0, ssl=implicit))
    mailbox.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield mailbox
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        server.close()
        for talk in talks:
            if talk.transport is not None:
                talk.transport.close()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()
