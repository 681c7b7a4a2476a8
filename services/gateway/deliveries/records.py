"""Webhooks and their deliveries as they are stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict
from pymongo import ASCENDING, IndexModel

from services.gateway.projection.feed import feed_id
from shared.contracts.access import Actor, may_see
from shared.engine.decide.schema import Document

WEBHOOKS: Final = "webhooks"
DELIVERIES: Final = "webhook_deliveries"
WORKERS: Final = "webhook_workers"
DELIVERED_KEPT: Final = timedelta(days=7)
UNDELIVERED_KEPT: Final = timedelta(days=30)
MOST_LOGGED: Final = 10_000
"""Delivered messages of one webhook that the log keeps."""
MOST_SECRETS: Final = 3
"""The new secret and those in use before it: where an answer with a secret was lost, the receiver has an older one."""
OVERLAP: Final = timedelta(days=1)
"""How long a former secret signs beside the new one."""
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    WEBHOOKS: [
        IndexModel([("principal", ASCENDING), ("_id", ASCENDING)], name="principal"),
        IndexModel([("state", ASCENDING), ("until", ASCENDING)], name="leases"),
    ],
    DELIVERIES: [
        IndexModel([("webhook", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)], name="states"),
        IndexModel(
            [("webhook", ASCENDING), ("subject", ASCENDING), ("_id", ASCENDING)],
            name="subjects",
            partialFilterExpression={"state": "waiting"},
        ),
        IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
    ],
    WORKERS: [],
}

WebhookState = Literal["active", "paused", "stopped", "disabled", "ended"]
"""`stopped`: its key is gone; `disabled`: it failed for days; `ended`: the endpoint answered 410."""
DeliveryState = Literal["waiting", "delivered", "undelivered"]
Form = Literal["full", "thin"]


@dataclass(frozen=True, slots=True)
class WebhookEnding:
    """The way in which a webhook stops: its state, the reason code that its owner reads, and the act in the audit."""

    state: WebhookState
    reason: str
    act: str


PAUSED: Final = WebhookEnding("paused", "webhook_paused", "PauseWebhook")
STOPPED: Final = WebhookEnding("stopped", "webhook_key_gone", "StopWebhook")
ENDED: Final = WebhookEnding("ended", "webhook_ended", "EndWebhook")
DISABLED: Final = WebhookEnding("disabled", "webhook_disabled", "DisableWebhook")


class Stored(BaseModel):
    """A document of the store. Fields of a newer release are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def from_document(cls, document: Document) -> Any:
        """Return the document as its model."""
        return cls.model_validate({**document, "id": document["_id"]})

    def to_document(self) -> Document:
        """Return the model as MongoDB stores it."""
        document = self.model_dump()
        return {"_id": document.pop("id"), **document}


class SealedSecret(BaseModel):
    """A secret of a webhook, sealed; `until` ends the time in which it signs beside its successor."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sealed: str
    until: datetime | None = None


class Failure(BaseModel):
    """The last attempt that failed: a reason code with its values, and its time."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    args: dict[str, str | int] = {}
    at: datetime


class Webhook(Stored):
    """A webhook. It sees the events that its key sees, within its area.

    `version` counts the changes by its owner, `replays` the times at which its place in the feed was set by hand, and
    `requeued` those at which deliveries were put back; the worker that holds it compares them. `position` is the
    place in the feed up to which all is delivered or stands in the deliveries. `holder` and `until` are the lease.
    """

    id: str
    name: str
    url: str
    types: tuple[str, ...] = ()
    area: str = ""
    form: Form = "full"
    handshake: bool = False
    key_id: str
    principal: str
    created_at: datetime
    fingerprint: str | None = None
    version: int = 1
    state: WebhookState = "active"
    reason: str | None = None
    reason_args: dict[str, str | int] = {}
    stopped_at: datetime | None = None
    """When it stopped by itself; None while it is active or paused, and for one that release 0.2.0 has stopped."""
    secrets: tuple[SealedSecret, ...]
    last_requests: dict[str, str] = {}
    """The last request of each kind that must not be done twice, by its id."""

    epoch: str
    position: int
    replays: int = 0
    requeued: int = 0
    greeted: bool = False
    """Whether the endpoint has allowed us to send, where the handshake is asked for."""
    failing_since: datetime | None = None
    held_until: datetime | None = None
    last_success_at: datetime | None = None
    last_failure: Failure | None = None

    holder: str = ""
    until: datetime

    def list_secrets_after(self, new: SealedSecret, now: datetime) -> tuple[SealedSecret, ...]:
        """Return the secrets once `new` signs, newest first: those in use go on for OVERLAP, or until their ends."""
        ends = now + OVERLAP
        used = (kept for kept in self.secrets if kept.until is None or now < kept.until)
        former = [kept.model_copy(update={"until": min(kept.until or ends, ends)}) for kept in used]
        return new, *former[: MOST_SECRETS - 1]

    def wants(self, event_type: str) -> bool:
        """Return whether events of that type are asked for; `stations.need.*` asks for all that begin so."""
        return not self.types or any(fits(pattern, event_type) for pattern in self.types)

    def shows(self, owner: Actor, event_type: str, area: str) -> bool:
        """Return whether the webhook sends an event: asked for, within its area, and shown to the owner's key."""
        within = area.startswith(self.area) and owner.reaches(area)
        return within and self.wants(event_type) and may_see(owner, event_type)


class Delivery(Stored):
    """A message of a webhook: an event, or a test. `due` is the next attempt at a waiting one."""

    id: str
    webhook: str
    position: int
    test: bool = False
    event_id: str
    type: str
    subject: str
    state: DeliveryState
    attempts: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    due: datetime | None = None
    status: int | None = None
    """The status that the endpoint answered last; None where it did not answer."""
    failure: Failure | None = None
    expires_at: datetime | None = None


def attempt_failure(code: str, at: datetime, **args: str | int) -> Failure:
    """Return the failure of an attempt."""
    return Failure(code=code, args=args, at=at)


def fits(pattern: str, event_type: str) -> bool:
    """Return whether the event's type is the pattern, or begins as a pattern that ends with `.*`."""
    return event_type.startswith(pattern[:-1]) if pattern.endswith(".*") else event_type == pattern


def delivery_id(webhook_id: str, position: int) -> str:
    """Return the id of the delivery of the event at that position: ids of one webhook rise with the feed."""
    return f"{webhook_id}.{feed_id(position)}"


def secret_place(webhook_id: str) -> tuple[str, str, str]:
    """Return the place that the secrets of the webhook are sealed for."""
    return WEBHOOKS, webhook_id, "secret"


def expiry(state: DeliveryState, now: datetime) -> datetime | None:
    """Return the time at which a delivery leaves the log; a waiting one stays."""
    kept = {"delivered": DELIVERED_KEPT, "undelivered": UNDELIVERED_KEPT}.get(state)
    return None if kept is None else now + kept
