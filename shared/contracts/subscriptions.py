"""Who listens to which events: the bindings of each service's event queue on `lianshan.events`."""

from collections.abc import Mapping
from typing import Final

EVENTS_EXCHANGE: Final = "lianshan.events"
COMMANDS_EXCHANGE: Final = "lianshan.commands"
ANSWERS_EXCHANGE: Final = "lianshan.answers"
ANSWER_THERE: Final = "x-lianshan-answers"
"""Header of a command whose answer goes through `lianshan.answers`, where the queue of `reply_to` is bound by its name;
without it through the default exchange, which a service of least privilege may not use.
"""
ARCHIVE_STREAM: Final = "lianshan.archive"

SUBSCRIPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "stations": ("charity.link.#", "volunteering.staffing.#"),
    "charity": (
        "stations.need.published.#",
        "stations.need.served.#",
        "stations.need.confirmed.#",
        "stations.need.cancelled.#",
        "stations.need.unmet.#",
    ),
    "volunteering": (
        "stations.need.published.#",
        "stations.need.confirmed.#",
        "stations.need.cancelled.#",
        "stations.need.unmet.#",
    ),
    "gateway": ("#",),
}

COMMANDED: Final = ("stations", "charity", "volunteering")
"""The services that take commands."""


def binding_covers(binding: str, event_type: str) -> bool:
    """Whether a queue bound with `binding` hears events of that type in every area."""
    return binding == "#" or binding.removesuffix(".#") == event_type or (
        binding.endswith(".#") and event_type.startswith(binding[:-1])
    )  # fmt: skip
