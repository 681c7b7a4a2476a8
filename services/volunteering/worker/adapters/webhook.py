"""The city's message gateway: a request for each message, signed as Standard Webhooks has it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import httpx

from services.volunteering.notices.domain.sending import Accepted, NotAccepted
from services.volunteering.worker.adapters.message import Message
from shared.contracts.reasons import reason
from shared.runtime.version import VERSION
from shared.runtime.webhook_signatures import signed_headers

CONNECT_SECONDS: Final = 2.0
ATTEMPT_SECONDS: Final = 5.0
"""For the whole of a request, also where its answer drips. Only the look-up of a name may hold a thread longer, as long
as the system's resolver does.
"""
FINAL: Final = frozenset({400, 410, 413, 422})
"""Answers that the same message would get again: a number that is none, a text that is not permitted."""
_HEADERS: Final = {"content-type": "application/json", "user-agent": f"Lianshan-Notices/{VERSION}"}


class WebhookAdapter:
    """Posts messages to one address. The status counts, the body of the answer does not."""

    def __init__(
        self, url: str, secret: str, tls: ssl.SSLContext, now: Callable[[], datetime], seconds: float = ATTEMPT_SECONDS
    ) -> None:
        self._url, self._secret, self._tls, self._now, self._seconds = url, secret, tls, now, seconds

    def send(self, message: Message) -> Accepted | NotAccepted:
        """Post the message; the id of the notice is that of the request, so that a repetition is sent once."""
        body = json.dumps({"type": "volunteering.notice", "data": message.as_json()}, ensure_ascii=False).encode()
        signed = signed_headers([self._secret], message.id, int(self._now().timestamp()), body)
        try:
            status = asyncio.run(self._post(body, signed))
        except (httpx.HTTPError, OSError):  # TimeoutError and ssl.SSLError among them
            return NotAccepted(reason("notice_gateway_silent"))
        if httpx.codes.is_success(status):
            return Accepted()
        return NotAccepted(reason("notice_refused", status=status), final=status in FINAL)

    async def _post(self, body: bytes, signed: Mapping[str, str]) -> int:
        """Return the status of the answer. Raises TimeoutError after the seconds, which httpx bounds read by read."""
        # Neither redirects nor the proxies of the environment: a telephone goes to this address alone.
        async with (
            asyncio.timeout(self._seconds),
            httpx.AsyncClient(
                verify=self._tls, follow_redirects=False, trust_env=False, headers=_HEADERS,
                timeout=httpx.Timeout(self._seconds, connect=CONNECT_SECONDS),
            ) as client,
            client.stream("POST", self._url, content=body, headers=signed) as answer,
        ):  # fmt: skip
            return answer.status_code
