"""The observations of the day: the state of each need of the script as its events have it, in any order."""

from dataclasses import dataclass, field
from typing import Final

from deploy.lianshan.demo.listener import Received
from deploy.lianshan.demo.script import ScriptedNeed
from shared.contracts import EventData
from shared.contracts.charity.linking import LinkSnapshot, Source
from shared.contracts.need_parts import Waiting
from shared.contracts.stations.needs import NeedPublished, NeedSnapshot
from shared.contracts.volunteering.dispatch import DispatchView, StaffingSnapshot
from shared.contracts.volunteering.timebank import HoursAdjusted, HoursCredited

RINGS: Final = ("station", "community", "street", "district", "city", "campaign")
"""From near to far."""


@dataclass
class ObservedNeed:
    """One need of the script as its events have it; of each part the highest version counts."""

    scripted: ScriptedNeed
    need_id: str
    state: str = ""
    version: int = 0
    published: float | None = None
    """The arrival of its publication, in seconds since 1970."""
    link: LinkSnapshot | None = None
    staffing: StaffingSnapshot | None = None
    sources: dict[str, Source] = field(default_factory=dict)
    dispatches: dict[str, DispatchView] = field(default_factory=dict)
    waited_for: list[Waiting] = field(default_factory=list)
    credits: dict[str, int] = field(default_factory=dict)
    """Minutes credited, by dispatch."""
    first_link: float | None = None
    first_offer: float | None = None
    """The arrival of charity's and of volunteering's first answer, in seconds since 1970."""

    def take(self, data: EventData, received: Received) -> None:
        """Take over the data of an event about this need."""
        if isinstance(data, NeedSnapshot):
            self._take_need(data, received)
        elif isinstance(data, LinkSnapshot):
            self.first_link = self.first_link or received.arrived
            if self.link is None or data.version > self.link.version:
                self.link = data
            self.sources.update((source.transfer_id, source) for source in data.sources)
            self.waited_for += data.waiting
        elif isinstance(data, StaffingSnapshot):
            self.first_offer = self.first_offer or received.arrived
            self._take_staffing(data)
        elif isinstance(data, HoursCredited):
            self.credits[data.dispatch_id] = data.minutes
        elif isinstance(data, HoursAdjusted):
            self.credits[data.dispatch_id] = data.service_minutes

    def _take_need(self, data: NeedSnapshot, received: Received) -> None:
        if isinstance(data, NeedPublished):
            self.published = received.arrived
        if data.version > self.version:
            self.version, self.state = data.version, data.state

    def _take_staffing(self, data: StaffingSnapshot) -> None:
        if self.staffing is None or data.version > self.staffing.version:
            self.staffing = data
        # Dispatches have versions of their own: an older event may still bring a part that is news.
        for part in data.changed:
            known = self.dispatches.get(part.dispatch_id)
            if known is None or part.version > known.version:
                self.dispatches[part.dispatch_id] = part
        self.waited_for += data.waiting

    @property
    def linked(self) -> bool:
        """Return whether charity has answered, where it has to."""
        return self.link is not None or not (self.scripted.goods or self.scripted.services or self.scripted.money_fen)

    @property
    def staffed(self) -> bool:
        """Return whether volunteering has answered, where it has to."""
        return self.staffing is not None or self.scripted.volunteers is None

    @property
    def rings(self) -> tuple[str, ...]:
        """Return the rings that hold something reserved for it or have delivered it, nearest first."""
        now = {source.ring for source in (self.link.sources if self.link else ())}
        return tuple(ring for ring in RINGS if ring in now)

    @property
    def link_ms(self) -> float | None:
        """Return the milliseconds from its publication to charity's first answer, both as they arrived."""
        return self._since_publication(self.first_link)

    @property
    def offer_ms(self) -> float | None:
        """Return the milliseconds from its publication to volunteering's first answer, both as they arrived."""
        return self._since_publication(self.first_offer)

    def _since_publication(self, arrived: float | None) -> float | None:
        return None if arrived is None or self.published is None else (arrived - self.published) * 1000

    def in_state(self, *states: str) -> list[DispatchView]:
        """Return its dispatches that are in one of the states."""
        return [part for part in self.dispatches.values() if part.state in states]

    def waited(self, word: str) -> bool:
        """Return whether it stood in a waiting list for that, with a reason and a next step."""
        return any(word in f"{part.for_what.code} {part.for_what.args}" for part in self.waited_for)


class Day:
    """All needs of the script, and the key of every event that was received."""

    def __init__(self) -> None:
        self.needs: dict[str, ObservedNeed] = {}
        self._by_id: dict[str, ObservedNeed] = {}
        self.keys: set[str] = set()

    def register(self, scripted: ScriptedNeed, need_id: str) -> ObservedNeed:
        """Note that a need of the script was registered as `need_id`."""
        observed = self.needs[scripted.key] = self._by_id[need_id] = ObservedNeed(scripted, need_id)
        return observed

    def of(self, scripted: ScriptedNeed) -> ObservedNeed:
        """Return the observations of a need of the script. Raises KeyError before it was registered."""
        return self.needs[scripted.key]

    def about(self, data: object) -> ObservedNeed | None:
        """Return the need that the data of an event are about; None for all others."""
        return self._by_id.get(str(getattr(data, "need_id", "")))

    def take(self, received: Received) -> bool:
        """Take over an event; return False where it was received before."""
        if received.event.key in self.keys:
            return False
        self.keys.add(received.event.key)
        observed = self.about(received.event.data)
        if observed is not None and isinstance(received.event.data, EventData):
            observed.take(received.event.data, received)
        return True

    @property
    def count(self) -> int:
        """Return the number of different events."""
        return len(self.keys)
