"""The settings of the worker: those of the service, and the way on which notices leave."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.notices.policy import NoticePolicy
from services.volunteering.worker.mail_settings import THIS_MACHINE, MailSettings
from shared.runtime.development import refuse_outside
from shared.runtime.settings import PemFile, ServiceSettings
from shared.runtime.webhook_signatures import LEAST_BYTES, PREFIX, is_secret


def _gateway(address: str) -> str:
    parts = urlsplit(address)
    if address and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError("must be like https://messages.example/notices")
    # It carries telephones, or tokens that answer for a volunteer.
    if parts.scheme == "http" and parts.hostname not in THIS_MACHINE:
        raise ValueError("must begin with https://; http is for addresses of this machine alone")
    return address


def _secret(text: str) -> str:
    if text and not is_secret(text):
        raise ValueError(f"must be {PREFIX} and {LEAST_BYTES} random bytes or more in base64")
    return text


class WorkerSettings(ServiceSettings, DispatchPolicy, MatchingPolicy, NoticePolicy, MailSettings):
    """The settings of the process that sends notices to volunteers."""

    notice_adapter: Literal["none", "file", "webhook"] = "none"
    """The way on which notices leave for telephones; with `none`, and without a mail server, no notice is made."""
    notice_file: Path | None = None
    """The file that the adapter `file` appends messages to; for development."""
    notice_url: Annotated[str, AfterValidator(_gateway)] = ""
    """The address of the city's message gateway, for the adapter `webhook`."""
    notice_secret: Annotated[str, AfterValidator(_secret)] = Field(default="", repr=False)
    """The secret that requests to it are signed with: `whsec_` and random bytes in base64."""
    public_url: Annotated[str, AfterValidator(_gateway)] = ""
    """The address of the gateway as volunteers reach it; offers lead to its page of answers, none without it."""
    notice_ca_file: PemFile = None
    """Authorities for the certificates of message gateway and mail server, as PEM, besides the system's."""

    @model_validator(mode="after")
    def _check_adapter(self) -> Self:
        if self.notice_adapter == "file" and self.notice_file is None:
            raise ValueError("LIANSHAN_NOTICE_FILE: is missing; name the file for the messages")
        listeners = {"health_host": self.health_host}
        if self.notice_adapter == "file" and refuse_outside(self.amqp_uri, self.mongo_uri, listeners) is not None:
            # It takes telephones in clear, and nobody hears of the offers.
            raise ValueError(
                "LIANSHAN_NOTICE_ADAPTER: must be file in development only, where everything is on this machine's "
                "loopback (127.0.0.1); name the message gateway with webhook, or send nothing with none"
            )
        if self.notice_adapter == "webhook" and not (self.notice_url and self.notice_secret):
            raise ValueError(
                "LIANSHAN_NOTICE_URL, LIANSHAN_NOTICE_SECRET: one is missing; give the address of the message gateway "
                "and the secret that it checks signatures with"
            )
        return self
