"""Answers about webhooks and their deliveries."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from services.gateway.deliveries.records import Delivery, DeliveryState, Failure, Form, Webhook, WebhookState
from services.gateway.http.answers import Answer, Versioned
from services.gateway.http.worded import ReasonAnswer
from shared.contracts.messages import OPEN


class FailureAnswer(ReasonAnswer):
    """An attempt that failed: the reason, and its time."""

    at: AwareDatetime


class WebhookListed(Versioned):
    """A webhook, without its secret."""

    name: str
    url: str = Field(description="The endpoint.")
    types: list[str] = Field(description="Types of events, or the beginnings of several; none: all.")
    area: str | None
    form: Annotated[Form, OPEN]
    handshake: bool = Field(description="Whether the endpoint must allow the sending first.")
    key_id: str = Field(description="The key by which it sees events; without that key it stops.")
    created_at: AwareDatetime
    state: Annotated[WebhookState, OPEN] = Field(
        description="`active`; `paused` by its owner; `stopped`: its key is revoked or has expired; `disabled`: it "
        "failed for days; `ended`: the endpoint answered 410."
    )
    reason: ReasonAnswer | None = Field(description="Why it is not active, and the next step; null while it is.")
    failing_since: AwareDatetime | None = Field(description="The first failure since the last success.")
    held_until: AwareDatetime | None = Field(description="Nothing is sent before; null where nothing holds it back.")
    last_success_at: AwareDatetime | None = Field(description="When a message was last taken.")
    last_failure: FailureAnswer | None = Field(description="The last attempt that failed.")


class WebhookAnswer(WebhookListed):
    """A webhook, with a new secret where it has just been given one."""

    secret: str | None = Field(
        description="The secret that signs, `whsec_…`: shown this once; null when the request was repeated."
    )


class DeliveryAnswer(Answer):
    """One message of a webhook: an event or a test, and the attempts to deliver it."""

    id: str
    event_id: str = Field(description="The id of the event; `webhook-id` is its source and this id.")
    type: str = Field(description="The type of the event.")
    subject: str = Field(description="The id of the thing that the event is about.")
    test: bool = Field(description="Whether it is a test message instead of an event of the feed.")
    state: Annotated[DeliveryState, OPEN] = Field(
        description="`waiting` for its next attempt; `delivered`; `undelivered`: given up after three days."
    )
    attempts: int = Field(description="Attempts so far.")
    first_at: AwareDatetime | None = Field(description="The first attempt.")
    last_at: AwareDatetime | None = Field(description="The last attempt.")
    due: AwareDatetime | None = Field(description="The next attempt; null where there is none.")
    status: int | None = Field(description="The status that the endpoint answered last; null without an answer.")
    failure: FailureAnswer | None = Field(description="The last attempt that failed.")


class RedeliveryAnswer(Answer):
    """The number of messages that are delivered again."""

    count: int = Field(description="Messages that were put back; at most 1,000 at once.")


def webhook_listed(webhook: Webhook) -> WebhookListed:
    """Return the webhook as lists show it."""
    reason = None if webhook.reason is None else ReasonAnswer(code=webhook.reason, args=webhook.reason_args)
    return WebhookListed(
        id=webhook.id,
        version=webhook.version,
        name=webhook.name,
        url=webhook.url,
        types=list(webhook.types),
        area=webhook.area or None,
        form=webhook.form,
        handshake=webhook.handshake,
        key_id=webhook.key_id,
        created_at=webhook.created_at,
        state=webhook.state,
        reason=reason,
        failing_since=webhook.failing_since,
        held_until=_ahead(webhook),
        last_success_at=webhook.last_success_at,
        last_failure=_failure(webhook.last_failure),
    )


def webhook_with_secret(webhook: Webhook, secret: str | None) -> WebhookAnswer:
    """Return the answer to a request for a secret: with the secret itself only the first time."""
    listed = webhook_listed(webhook)
    return WebhookAnswer(**{name: getattr(listed, name) for name in WebhookListed.model_fields}, secret=secret)


def delivery_answer(delivery: Delivery) -> DeliveryAnswer:
    """Return the delivery as the log shows it."""
    own = {name: getattr(delivery, name) for name in DeliveryAnswer.model_fields if name not in ("failure", "due")}
    due = delivery.due if delivery.state == "waiting" else None
    return DeliveryAnswer(**own, due=due, failure=_failure(delivery.failure))


def _ahead(webhook: Webhook) -> datetime | None:
    return webhook.held_until if webhook.state == "active" else None


def _failure(failure: Failure | None) -> FailureAnswer | None:
    return None if failure is None else FailureAnswer(code=failure.code, args=failure.args, at=failure.at)
