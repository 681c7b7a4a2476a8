"""The exchanges of the platform, and the bindings of each service's event queue on `lianshan.events`."""

from collections.abc import Mapping
from typing import Final

EVENTS_EXCHANGE: Final = "lianshan.events"
COMMANDS_EXCHANGE: Final = "lianshan.commands"
BODY_DIGEST: Final = "body_digest"
"""Header of a command: the digest of the body that its caller sent to the gateway. It is never stored as it is."""
ACTOR: Final = "actor"
"""Header of a command: its actor as JSON. A header and not a part of the body, so that the body stays the command."""
ANSWERS_EXCHANGE: Final = "lianshan.answers"
ANSWER_THERE: Final = "x-lianshan-answers"
"""Header of a command whose answer goes through `lianshan.answers`, where the queue of `reply_to` is bound by its name.
Without the header the answer goes through the default exchange, which a service of least privilege may not use.
"""
ARCHIVE_STREAM: Final = "lianshan.archive"
"""The stream of all published events: the log from which a reader fetches the events that it missed."""

SUBSCRIPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "stations": (
        "charity.link.#",
        "charity.erasure.#",
        "volunteering.staffing.#",
        "volunteering.erasure.#",
    ),
    "charity": (
        "stations.catalogue.#",
        "stations.station.moved.#",
        "stations.station.merged.#",
        "stations.station.closed.#",
        "stations.need.published.#",
        "stations.need.extended.#",
        "stations.need.confirmed.#",
        "stations.need.confirmation_undone.#",
        "stations.need.cancelled.#",
        "stations.need.unmet.#",
        "stations.need.end_undone.#",
        "stations.need.amended.#",
        "stations.erasure.requested.#",
        "stations.private_erasure.requested.#",
    ),
    "volunteering": (
        "stations.catalogue.#",
        "stations.need.published.#",
        "stations.need.confirmed.#",
        "stations.need.confirmation_undone.#",
        "stations.need.cancelled.#",
        "stations.need.unmet.#",
        "stations.need.end_undone.#",
        "stations.need.amended.#",
        "stations.erasure.requested.#",
        "stations.private_erasure.requested.#",
    ),
    "gateway": ("#",),
}

COMMANDED: Final = ("stations", "charity", "volunteering")
"""The services that take commands."""


def binding_covers(binding: str, event_type: str) -> bool:
    """Return whether a queue bound with `binding` receives the events of that type from every area.

    Of the patterns of a topic exchange only `#` at the end is understood: no binding of the platform has others.
    """
    return binding == "#" or binding.removesuffix(".#") == event_type or (
        binding.endswith(".#") and event_type.startswith(binding[:-1])
    )  # fmt: skip
