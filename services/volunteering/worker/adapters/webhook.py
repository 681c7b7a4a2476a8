"""The city's message gateway: a request for each message, signed as Standard Webhooks has it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import json
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Final

import httpx

from services.volunteering.notices.domain.sending import Accepted, NotAccepted
from services.volunteering.worker.adapters.message import Message
from shared.contracts.reasons import reason
from shared.runtime.version import VERSION
from shared.runtime.webhook_signatures import signed_headers

CONNECT_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 4.0
CONNECTIONS: Final = 16
FINAL: Final = frozenset({400, 410, 413, 422})
"""Answers that the same message would get again: a number that is none, a text that is not permitted."""
_HEADERS: Final = {"content-type": "application/json", "user-agent": f"Lianshan-Notices/{VERSION}"}


class WebhookAdapter:
    """Posts messages to one address. The status counts, the body of the answer does not."""

    def __init__(self, url: str, secret: str, tls: ssl.SSLContext, now: Callable[[], datetime]) -> None:
        self._url, self._secret, self._now = url, secret, now
        # Neither redirects nor the proxies of the environment: a telephone goes to this address alone.
        self._client = httpx.Client(
            verify=tls, follow_redirects=False, trust_env=False, headers=_HEADERS,
            limits=httpx.Limits(max_connections=CONNECTIONS),
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        )  # fmt: skip

    def send(self, message: Message) -> Accepted | NotAccepted:
        """Post the message; the id of the notice is that of the request, so that a repetition is sent once."""
        body = json.dumps({"type": "volunteering.notice", "data": message.as_json()}, ensure_ascii=False).encode()
        signed = signed_headers([self._secret], message.id, int(self._now().timestamp()), body)
        try:
            with self._client.stream("POST", self._url, content=body, headers=signed) as answer:
                status = answer.status_code
        except (httpx.HTTPError, ssl.SSLError, OSError):
            return NotAccepted(reason("notice_gateway_silent"))
        if httpx.codes.is_success(status):
            return Accepted()
        return NotAccepted(reason("notice_refused", status=status), final=status in FINAL)
