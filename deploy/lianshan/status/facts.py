"""The facts of a status, in the form that `lianshan status --json` prints."""

from dataclasses import asdict, dataclass, field
from typing import Any, TypedDict

from deploy.lianshan.local.state import ProcessState
from shared.contracts.reasons import Reason


class QueueState(TypedDict):
    """A queue of the plan with the failed messages that came from it; messages and consumers None where it is missing.

    A queue that a former release had is listed as long as it holds messages.
    """

    queue: str
    messages: int | None
    consumers: int | None
    retries: int | None
    """Messages that failed and wait for another try; like the dead letters None where MongoDB does not answer."""
    dead_letters: int | None


class AgencyQueue(TypedDict):
    """A queue that another agency has made on the same broker."""

    queue: str
    messages: int
    consumers: int


class ServiceState(TypedDict):
    """A service's outbox, door and log: `oldest_seconds` is the age of its oldest event that is not confirmed."""

    service: str
    events: int
    oldest_seconds: float
    door: str
    """`open`, or the code of the reason for which it is closed."""
    door_since: str
    """The instant from which it has been closed; empty while it is open."""
    catching_up: bool
    """Whether it fetches from the log the events that its queue dropped."""
    lost_at: str
    """The instant at which the log was found to lack events that it missed; else empty."""


PendingMigration = TypedDict(
    "PendingMigration", {"collection": str, "from": int, "version": int, "builds": list[str], "drops": list[str]}
)
"""A collection that `lianshan migrate` still has to bring to the form of this release."""


@dataclass
class Status:
    """The status as it was read; a part that could not be read is empty, with an entry in `unreachable`."""

    processes: list[ProcessState] = field(default_factory=list)
    """Those that `lianshan up` started; none on servers of your own."""
    supervised: bool = True
    """False where such processes run and their supervisor has ended."""
    queues: list[QueueState] = field(default_factory=list)
    agencies: list[AgencyQueue] | None = None
    """None where nothing shows which queues they have."""
    outbox: list[ServiceState] = field(default_factory=list)
    paused: list[dict[str, str]] = field(default_factory=list)
    clock: str = ""
    """The city's clock in words where it was moved; else empty."""
    skewed: list[dict[str, str]] = field(default_factory=list)
    """The processes whose host's clock is more than 5 s from the store's, with the seconds that it is ahead."""
    migrations: list[PendingMigration] = field(default_factory=list)
    views: list[dict[str, object]] = field(default_factory=list)
    """Those that are being built or have skipped events."""
    failing_timers: list[dict[str, str | int]] = field(default_factory=list)
    """Those that fail again and again, by service and type."""
    unreachable: list[str] = field(default_factory=list)
    """The servers that do not answer, each with the setting and the error."""

    @property
    def retries(self) -> int:
        """Return the number of messages that failed and wait for another try, as far as seen."""
        return sum(queue["retries"] or 0 for queue in self.queues)

    @property
    def dead_letters(self) -> int:
        """Return the number of dead letters, as far as seen."""
        return sum(queue["dead_letters"] or 0 for queue in self.queues)

    def to_json(self, wrong: list[Reason], texts: list[str]) -> dict[str, Any]:
        """Return it as `--json` prints it. `wrong` is all that is not well, `texts` the same in words."""
        named = zip(wrong, texts, strict=True)
        return {
            **asdict(self), "retries": self.retries, "dead_letters": self.dead_letters,
            "well": not wrong and not self.paused,
            "wrong": [{"code": one.code, "args": dict(one.args), "text": text} for one, text in named],
        }  # fmt: skip
