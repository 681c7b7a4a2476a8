"""Answers of webhooks: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import ReasonAnswer

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class DeliveryAnswer(TypedDict):
    """One message of a webhook: an event or a test, and the attempts to deliver it."""

    id: str
    event_id: str
    type: str
    subject: str
    test: bool
    state: DeliveryState | str
    attempts: int
    first_at: str | None
    last_at: str | None
    due: str | None
    status: int | None
    failure: FailureAnswer | None


class DeliveryPage(TypedDict):
    """A page of a list, newest first."""

    items: list[DeliveryAnswer]
    next: str | None


class FailureAnswer(TypedDict):
    """An attempt that failed: the reason, and its time."""

    code: str
    args: NotRequired[dict[str, str | int]]
    at: str
    text: str


class RedeliveryAnswer(TypedDict):
    """The number of messages that are delivered again."""

    count: int


class WebhookAnswer(TypedDict):
    """A webhook, with a new secret where it has just been given one."""

    id: str
    version: int
    name: str
    url: str
    types: list[str]
    area: str | None
    form: WebhookForm | str
    handshake: bool
    key_id: str
    created_at: str
    state: WebhookState | str
    reason: ReasonAnswer | None
    failing_since: str | None
    held_until: str | None
    last_success_at: str | None
    last_failure: FailureAnswer | None
    secret: str | None


class WebhookListed(TypedDict):
    """A webhook, without its secret."""

    id: str
    version: int
    name: str
    url: str
    types: list[str]
    area: str | None
    form: WebhookForm | str
    handshake: bool
    key_id: str
    created_at: str
    state: WebhookState | str
    reason: ReasonAnswer | None
    failing_since: str | None
    held_until: str | None
    last_success_at: str | None
    last_failure: FailureAnswer | None


class WebhookPage(TypedDict):
    """A page of a list, newest first."""

    items: list[WebhookListed]
    next: str | None


DeliveryState = Literal["waiting", "delivered", "undelivered"] | str


WebhookForm = Literal["full", "thin"] | str


WebhookState = Literal["active", "paused", "stopped", "disabled", "ended"] | str
