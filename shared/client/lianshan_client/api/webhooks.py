"""Calls of webhooks: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.webhooks import (
    DeliveryAnswer,
    DeliveryPage,
    DeliveryState,
    RedeliveryAnswer,
    WebhookAnswer,
    WebhookListed,
    WebhookPage,
)
from ..bodies.common import EmptyBody
from ..bodies.webhooks import ReplayIn, WebhookChange, WebhookIn
from ..calls import Call, Listing, new_key


def add_webhook(body: WebhookIn, *, idempotency_key: str | None = None) -> Call[WebhookAnswer]:
    """Have events sent to an endpoint from now on. Its secret is shown this once; a repeated request answers
    without.
    """
    return Call("POST", "/v1/webhooks", body=body, idempotency_key=idempotency_key or new_key())


def list_webhooks(*, limit: int | None = None, after: str | int | None = None) -> Listing[WebhookPage, WebhookListed]:
    """List your webhooks; the administrator sees those of all."""
    return Listing("GET", "/v1/webhooks", query={"limit": limit, "after": after})


def read_webhook(webhook_id: str) -> Call[WebhookListed]:
    """Show one webhook: its state, and whether its endpoint takes the messages."""
    return Call("GET", f"/v1/webhooks/{quote(webhook_id, safe='')}")


def change_webhook(
    webhook_id: str, body: WebhookChange, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[WebhookListed]:
    """Change a webhook, which acts by the key of this request from then on. An area of `null` is the key's own."""
    return Call(
        "PATCH",
        f"/v1/webhooks/{quote(webhook_id, safe='')}",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def remove_webhook(webhook_id: str, *, idempotency_key: str | None = None) -> Call[None]:
    """Remove a webhook with its log; nothing is sent to its endpoint any more."""
    return Call("DELETE", f"/v1/webhooks/{quote(webhook_id, safe='')}", idempotency_key=idempotency_key or new_key())


def pause_webhook(
    webhook_id: str,
    body: EmptyBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[WebhookListed]:
    """Send nothing until it is resumed; it then goes on where it stood. Repeated, it changes nothing."""
    return Call(
        "POST",
        f"/v1/webhooks/{quote(webhook_id, safe='')}/pause",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def resume_webhook(
    webhook_id: str,
    body: EmptyBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[WebhookListed]:
    """Go on where it stood, by the key of this request, after any stop. Repeated, it changes nothing."""
    return Call(
        "POST",
        f"/v1/webhooks/{quote(webhook_id, safe='')}/resume",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def rotate_secret(
    webhook_id: str,
    body: EmptyBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[WebhookAnswer]:
    """Give the webhook a new secret. For a day each message is signed by the former one as well."""
    return Call(
        "POST",
        f"/v1/webhooks/{quote(webhook_id, safe='')}/rotate-secret",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def send_test(
    webhook_id: str, body: EmptyBody | None = None, *, idempotency_key: str | None = None
) -> Call[DeliveryAnswer]:
    """Send a test message, signed like all others, of the type `lianshan.webhook.tested`."""
    return Call(
        "POST",
        f"/v1/webhooks/{quote(webhook_id, safe='')}/test",
        body={} if body is None else body,
        idempotency_key=idempotency_key or new_key(),
    )


def list_deliveries(
    webhook_id: str,
    *,
    limit: int | None = None,
    after: str | int | None = None,
    state: Sequence[DeliveryState] | None = None,
) -> Listing[DeliveryPage, DeliveryAnswer]:
    """List the deliveries of a webhook, newest first: of delivered ones the last 10,000 of seven days."""
    return Listing(
        "GET",
        f"/v1/webhooks/{quote(webhook_id, safe='')}/deliveries",
        query={"limit": limit, "after": after, "state": state},
    )


def redeliver_one(
    webhook_id: str, delivery_id: str, body: EmptyBody | None = None, *, idempotency_key: str | None = None
) -> Call[DeliveryAnswer]:
    """Deliver one message again, whether it had been taken or not; it may come after later ones of its subject."""
    return Call(
        "POST",
        f"/v1/webhooks/{quote(webhook_id, safe='')}/deliveries/{quote(delivery_id, safe='')}/redeliver",
        body={} if body is None else body,
        idempotency_key=idempotency_key or new_key(),
    )


def redeliver_all(
    webhook_id: str, body: EmptyBody | None = None, *, idempotency_key: str | None = None
) -> Call[RedeliveryAnswer]:
    """Deliver again all that was given up, the oldest 1,000; repeat it while `count` is 1,000."""
    return Call(
        "POST",
        f"/v1/webhooks/{quote(webhook_id, safe='')}/redeliver",
        body={} if body is None else body,
        idempotency_key=idempotency_key or new_key(),
    )


def replay_events(webhook_id: str, body: ReplayIn, *, idempotency_key: str | None = None) -> Call[WebhookListed]:
    """Send the events behind a cursor, or since a time, once more, each with its first `webhook-id`."""
    return Call(
        "POST",
        f"/v1/webhooks/{quote(webhook_id, safe='')}/replay",
        body=body,
        idempotency_key=idempotency_key or new_key(),
    )
