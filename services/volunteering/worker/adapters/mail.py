"""The city's mail server: each notice is one message by SMTP.

RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 6531 (Chinese mailbox names), RFC 3834 (no answers by machines to a machine).
"""

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from threading import Lock, Timer
from typing import Final, Literal, Self

from services.volunteering.notices.domain.sending import Accepted, NotAccepted
from services.volunteering.worker.adapters.message import Message
from shared.contracts.email_addresses import with_ascii_host
from shared.contracts.reasons import reason
from shared.runtime.logging import describe, get_logger

CONNECT_SECONDS: Final = 2.0
"""For each address that the name of the server has."""
ATTEMPT_SECONDS: Final = 5.0
"""For the whole of a conversation after the connection, also where the server's answers drip."""
FINAL: Final = range(500, 600)
"""Answers to recipient and message that would come again (RFC 5321, 4.2.1): no such mailbox, a text refused."""
MailTls = Literal["implicit", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """The mail server and the account by which it takes messages. `sender` has its host name in ASCII."""

    host: str
    port: int
    tls: MailTls
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


class MailAdapter:
    """Sends a message for each notice, by a connection of its own: threads share nothing."""

    def __init__(
        self,
        server: MailServer,
        tls: ssl.SSLContext,
        now: Callable[[], datetime],
        seconds: float = ATTEMPT_SECONDS,
    ) -> None:
        self._server, self._tls, self._now, self._seconds = server, tls, now, seconds

    def send(self, message: Message) -> Accepted | NotAccepted:
        """Send the message. A refusal of the recipient or the text is final; one of the sender or the account is not.

        Its Message-ID is the notice's, so that a message sent twice is shown once where the reader's program does that.
        """
        recipient = with_ascii_host(message.to)
        try:
            with _Bound(self._seconds) as bound:
                return self._hand_over(self._write(message, recipient), recipient, bound)
        except smtplib.SMTPRecipientsRefused as refused:
            ((status, _),) = refused.recipients.values()
            return _refused(status, final=status in FINAL)
        except smtplib.SMTPDataError as refused:
            return _refused(refused.smtp_code, final=refused.smtp_code in FINAL)
        except smtplib.SMTPResponseException as refused:
            return _refused(refused.smtp_code, final=False)
        except (smtplib.SMTPException, OSError) as error:  # TimeoutError and ssl.SSLError among them; no address in it
            get_logger().warning("mail_server_unreachable", error=describe(error))
            return NotAccepted(reason("notice_mail_unreachable"))

    def _hand_over(self, mail: EmailMessage, recipient: str, bound: "_Bound") -> Accepted | NotAccepted:
        session = _Session(self._server, self._tls, bound)
        try:
            if self._server.tls == "starttls":
                session.starttls(context=self._tls)  # raises where the server does not offer it
            if self._server.user:
                session.login(self._server.user, self._server.password)
            session.ehlo_or_helo_if_needed()
            if not recipient.isascii() and not session.has_extn("smtputf8"):
                return NotAccepted(reason("notice_mail_ascii_only"), final=True)
            session.send_message(mail, self._server.sender, [recipient])
            # The message is the server's from here on, also where the farewell fails.
            with suppress(smtplib.SMTPException, OSError):
                session.quit()
            return Accepted()
        finally:
            session.close()

    def _write(self, message: Message, recipient: str) -> EmailMessage:
        mail = EmailMessage(policy=SMTP if recipient.isascii() else SMTPUTF8)
        mail["From"] = self._server.sender
        mail["To"] = recipient
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(self._now())
        mail["Message-ID"] = f"<{message.id}@{_host_of(self._server.sender)}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        mail["Content-Language"] = message.language  # after the content, which takes the place of all such headers
        return mail


class _Session(smtplib.SMTP):
    """A conversation that the bound cuts off. Raises OSError or SMTPException where there is no connection."""

    def __init__(self, server: MailServer, tls: ssl.SSLContext, bound: "_Bound") -> None:
        self._bound, self._implicit = bound, tls if server.tls == "implicit" else None
        # Else smtplib asks the DNS for the name of this host, without a limit in time.
        name = _host_of(server.sender)
        super().__init__(server.host, server.port, local_hostname=name, timeout=CONNECT_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Return the connection, as `smtplib.SMTP_SSL` overrides it."""
        connection = socket.create_connection((host, port), timeout)
        self._bound.hold(connection)
        # Between two reads; the bound counts for them all.
        connection.settimeout(self._bound.seconds)
        return connection if self._implicit is None else self._implicit.wrap_socket(connection, server_hostname=host)


class _Bound:
    """Ends a connection after its seconds. The time limits of smtplib begin again with each piece that arrives."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._held: socket.socket | None = None
        self._turn, self._timer = Lock(), Timer(seconds, self._cut)

    def hold(self, connection: socket.socket) -> None:
        """Count the seconds for this connection from now on."""
        # A copy: TLS takes the socket over, also in the middle of the conversation.
        self._held = connection.dup()
        self._timer.start()

    def _cut(self) -> None:
        with self._turn, suppress(OSError):
            if self._held is not None:
                self._held.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._turn:
            if self._held is not None:
                self._held.close()


def _host_of(address: str) -> str:
    return address.rpartition("@")[2]


def _refused(status: int, *, final: bool) -> NotAccepted:
    return NotAccepted(reason("notice_mail_refused", status=status), final=final)
