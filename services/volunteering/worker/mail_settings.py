"""The settings of the mail server by which notices leave."""

from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from services.volunteering.worker.adapters.mail import MailServer, MailTls
from shared.contracts.email_addresses import normalize_email, with_ascii_host
from shared.engine import Policy

THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
PORTS: Final[dict[MailTls, int]] = {"implicit": 465, "starttls": 587, "none": 25}
"""RFC 8314 (submissions), RFC 6409 (submission), RFC 5321."""


def _sender(address: str) -> str:
    try:
        sender = with_ascii_host(normalize_email(address)) if address else ""
    except PydanticCustomError:
        sender = "…"
    if not sender.isascii():
        raise ValueError("must be an address like notices@example.org, in ASCII before the @")
    return sender


class MailSettings(Policy):
    """The mail server. Without a host no notice leaves by mail."""

    notice_smtp_host: str = Field(default="", pattern=r"^[A-Za-z0-9.:_-]{0,253}$")
    """The name of the mail server, which its certificate holds."""
    notice_smtp_port: int = Field(default=0, ge=0, le=65535)
    """0: by the way of encryption, 465 or 587."""
    notice_smtp_tls: MailTls = "implicit"
    """TLS from the first byte, or by STARTTLS, without which nothing is sent; `none` on this machine alone."""
    notice_smtp_user: str = ""
    """The name of the account, where the server asks for one."""
    notice_smtp_password: str = Field(default="", repr=False)
    """Its password; unused without a name."""
    notice_smtp_sender: Annotated[str, AfterValidator(_sender)] = ""
    """The address that the messages come from."""

    @property
    def mail_server(self) -> MailServer | None:
        """The mail server; None where the city has none."""
        if not self.notice_smtp_host:
            return None
        return MailServer(
            self.notice_smtp_host,
            self.notice_smtp_port or PORTS[self.notice_smtp_tls],
            self.notice_smtp_tls,
            self.notice_smtp_sender,
            self.notice_smtp_user,
            self.notice_smtp_password,
        )

    @model_validator(mode="after")
    def _check_mail(self) -> Self:
        if self.notice_smtp_host and not self.notice_smtp_sender:
            raise ValueError("LIANSHAN_NOTICE_SMTP_SENDER: is missing; give the address that notices come from")
        # It carries addresses, or tokens that answer for a volunteer.
        if self.notice_smtp_tls == "none" and self.notice_smtp_host not in {"", *THIS_MACHINE}:
            raise ValueError("LIANSHAN_NOTICE_SMTP_TLS: must be implicit or starttls; none is for this machine alone")
        # A password without a user is one that nobody asks for: a stack has its file also without a mail server.
        if self.notice_smtp_user and not self.notice_smtp_password:
            raise ValueError("LIANSHAN_NOTICE_SMTP_PASSWORD: is missing; give the password of the account")
        return self
