"""One attempt: the message is signed, sent, and the answer read as an outcome."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from services.gateway.deliveries.condition import Condition
from services.gateway.deliveries.feed_event import FeedEvent
from services.gateway.deliveries.figures import AGE, ATTEMPTS
from services.gateway.deliveries.outcome import Outcome
from services.gateway.deliveries.queue import Pending
from services.gateway.deliveries.records import Webhook, attempt_failure, secret_place
from services.gateway.deliveries.schedule import read_retry_after
from services.gateway.deliveries.sending import Endpoint, Reply, SendingFailedError
from services.gateway.endpoint_addresses import AddressRefusedError, Target, read_target
from shared.contracts.access import Actor
from shared.runtime.logging import describe, get_logger, where
from shared.runtime.vault import Vault, VaultError
from shared.runtime.webhook_signatures import signed_headers

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
TEST_SOURCE: Final = "/lianshan/gateway/webhooks"
_GONE, _TOO_MANY, _UNAVAILABLE = 410, 429, 503
_REDIRECTS: Final = range(300, 400)


class Attempt:
    """Makes the attempts of one webhook."""

    def __init__(
        self, webhook: Webhook, connect: Callable[[Target], Endpoint], vault: Vault, origin: str,
        now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._connect, self._vault, self._origin, self._now = connect, vault, origin, now
        self._endpoint: Endpoint | None = None
        self._secrets: list[tuple[str, datetime | None]] = []
        self._use(webhook)

    def _use(self, webhook: Webhook) -> None:
        try:
            self._endpoint = self._connect(read_target(webhook.url))
            place = secret_place(webhook.id)
            self._secrets = [(self._vault.open(kept.sealed, *place), kept.until) for kept in webhook.secrets]
        except (AddressRefusedError, VaultError) as error:
            # A value of another release, or sealed with a key that is gone: each attempt says so.
            get_logger().error("webhook_unusable", webhook=webhook.id, error=type(error).__name__)
            self._secrets = []

    async def renew(self, webhook: Webhook) -> None:
        """Go on with the URL and the secrets that the webhook has now."""
        await self.close()
        self._use(webhook)

    async def close(self) -> None:
        """Close the connections."""
        if self._endpoint is not None:
            await self._endpoint.close()
            self._endpoint = None

    async def make(self, webhook: Webhook, owner: Actor | None, pending: Pending, condition: Condition) -> Outcome:
        """Send one message; return the outcome."""
        event = _test(pending, self._now()) if pending.test else pending.event
        if event is None:
            return Outcome(taken=False, failure=attempt_failure("webhook_event_gone", self._now()), final=True, sent=0)
        if not pending.test and owner is None:
            # The webhook stops; the message waits for another key.
            return Outcome(taken=False, failure=attempt_failure("webhook_not_shown", self._now()), sent=0)
        if not pending.test and owner is not None and not webhook.shows(owner, event.type, event.area):
            return Outcome(taken=False, failure=attempt_failure("webhook_not_shown", self._now()), final=True, sent=0)
        try:
            outcome = await self._try(webhook, event, condition)
        except Exception as error:  # noqa: BLE001 - else it would come again at once, and for ever
            get_logger().error("webhook_attempt_failed", webhook=webhook.id, error=describe(error), at=where(error))
            outcome = Outcome(taken=False, failure=attempt_failure("webhook_not_reached", self._now()))
        ATTEMPTS.labels("taken" if outcome.taken else outcome.failure.code if outcome.failure else "failed").inc()
        if outcome.taken and not pending.attempts and not pending.test:
            AGE.observe(max(0.0, (self._now() - _instant(event.time)).total_seconds()))
        return outcome

    async def _try(self, webhook: Webhook, event: FeedEvent, condition: Condition) -> Outcome:
        if self._endpoint is None or not self._secrets:
            return Outcome(taken=False, failure=attempt_failure("webhook_secret_unreadable", self._now()), sent=0)
        try:
            if webhook.handshake and not condition.greeted:
                greeting = await self._endpoint.send("OPTIONS", {"webhook-request-origin": self._origin})
                if not (greeting.taken and greeting.headers.get("webhook-allowed-origin") in {"*", self._origin}):
                    return Outcome(
                        taken=False, status=greeting.status, failure=attempt_failure("webhook_not_allowed", self._now())
                    )
                condition.greeted = True
            return self._read(await self._endpoint.send("POST", *self._write(webhook, event)))
        except SendingFailedError as error:
            return Outcome(taken=False, failure=attempt_failure(error.code, self._now(), **error.values))

    def _write(self, webhook: Webhook, event: FeedEvent) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body of a message, signed now by each secret in use."""
        body, now = event.thin if webhook.form == "thin" else event.text.encode(), self._now()
        in_use = [secret for secret, until in self._secrets if until is None or now < until]
        signed = signed_headers(in_use, event.message_id, int(now.timestamp()), body)
        return {"content-type": CONTENT_TYPE, **signed}, body

    def _read(self, reply: Reply) -> Outcome:
        status, now = reply.status, self._now()
        if reply.taken:
            return Outcome(taken=True, status=status)
        held = None
        if status in {_TOO_MANY, _UNAVAILABLE}:
            held = read_retry_after(reply.headers.get("retry-after"), now)
        failure = attempt_failure("webhook_refused", now, status=status)
        if status == _GONE:
            failure = attempt_failure("webhook_ended", now)
        elif held is not None:
            failure = attempt_failure("webhook_asked_to_wait", now, status=status)
        elif status in _REDIRECTS:
            failure = attempt_failure("webhook_redirects", now, status=status)
        return Outcome(taken=False, status=status, failure=failure, held_until=held)


def _test(pending: Pending, now: datetime) -> FeedEvent:
    time = now.astimezone(UTC).isoformat()
    event = {
        "specversion": "1.0", "id": pending.event_id, "type": pending.type, "source": TEST_SOURCE,
        "subject": pending.subject, "time": time, "datacontenttype": "application/json", "data": {},
    }  # fmt: skip
    text = json.dumps(event, separators=(",", ":"))
    return FeedEvent(pending.position, pending.event_id, pending.type, TEST_SOURCE, pending.subject, time, "", text)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
