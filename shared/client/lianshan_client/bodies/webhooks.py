"""Bodies of webhooks: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.webhooks import WebhookForm

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ReplayIn(TypedDict):
    """The place in the feed from which the events are sent once more: one of the two."""

    after: NotRequired[int | str | None]
    since: NotRequired[str | None]


class WebhookChange(TypedDict):
    """Fields of a webhook that are to be others. It acts by the key of this request from then on."""

    name: NotRequired[str | None]
    url: NotRequired[str | None]
    types: NotRequired[list[str] | None]
    area: NotRequired[str | None]
    form: NotRequired[WebhookForm | None]
    handshake: NotRequired[bool | None]


class WebhookIn(TypedDict):
    """An endpoint that events are to be sent to."""

    name: str
    url: str
    types: NotRequired[list[str]]
    area: NotRequired[str | None]
    form: NotRequired[WebhookForm]
    handshake: NotRequired[bool]
