"""The bodies about webhooks."""

from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from services.gateway.deliveries.records import Form
from services.gateway.endpoint_addresses import MOST_URL, URL_PATTERN
from services.gateway.features.feed.cursors import CURSOR_PATTERN, MOST_CHARACTERS
from shared.contracts.areas import AreaCode
from shared.contracts.messages import Instant, Message, PublicName
from shared.contracts.refusals import broken_rule

TYPES_PATTERN: Final = r"^[a-z_]{1,40}(\.[a-z_]{1,40}){0,3}(\.\*)?$"
MOST_TYPES: Final = 50
FeedPlace = (
    Annotated[int, Field(ge=0, lt=10**15)]
    | Annotated[str, StringConstraints(max_length=MOST_CHARACTERS, pattern=CURSOR_PATTERN)]
)
"""A cursor of the feed, see `features.feed.cursors`."""
WebhookUrl = Annotated[str, StringConstraints(max_length=MOST_URL, pattern=URL_PATTERN)]
EventTypes = Annotated[
    tuple[Annotated[str, StringConstraints(max_length=128, pattern=TYPES_PATTERN)], ...],
    Field(max_length=MOST_TYPES),
]
_TYPES: Final = Field(
    description="Types of events, or the beginning of several, `stations.need.*`; none: all that the key may see."
)
_URL: Final = Field(
    description="The endpoint: https, or http within a network that the operator allows. Without user and password."
)
_AREA: Final = Field(description="Events of that area and all within it; none: as far as the key reaches.")
_FORM: Final = Field(description="`full`: the whole CloudEvent. `thin`: its id, type, source, subject and time alone.")
_HANDSHAKE: Final = Field(
    description="Whether the endpoint is asked first, by OPTIONS with `WebHook-Request-Origin`, and must allow it "
    "(CloudEvents, HTTP 1.1 Web Hooks for Event Delivery, section 4)."
)


class WebhookIn(Message):
    """An endpoint that events are to be sent to."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Zhanlan Road platform", "url": "https://platform.example/lianshan",
                    "types": ["stations.need.*"], "area": "110102009",
                }
            ]
        }
    )  # fmt: skip

    name: PublicName
    url: Annotated[WebhookUrl, _URL]
    types: Annotated[EventTypes, _TYPES] = ()
    area: Annotated[AreaCode | None, _AREA] = None
    form: Annotated[Form, _FORM] = "full"
    handshake: Annotated[bool, _HANDSHAKE] = False


class WebhookChange(Message):
    """Fields of a webhook that are to be others. It acts by the key of this request from then on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"types": ["stations.need.*"], "form": "thin"}]})

    name: PublicName | None = None
    url: Annotated[WebhookUrl | None, _URL] = None
    types: Annotated[EventTypes | None, _TYPES] = None
    area: Annotated[AreaCode | None, _AREA] = None
    form: Annotated[Form | None, _FORM] = None
    handshake: Annotated[bool | None, _HANDSHAKE] = None


class ReplayIn(Message):
    """The place in the feed from which the events are sent once more: one of the two."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"since": "2026-03-02T08:00:00Z"}]})

    after: Annotated[FeedPlace | None, Field(description="A cursor of the feed: the events behind it.")] = None
    since: Annotated[
        Instant | None, Field(description="A time: its events and later ones, and perhaps a few from before.")
    ] = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.after is None) == (self.since is None):
            raise broken_rule("one_place_of_feed")
        return self
