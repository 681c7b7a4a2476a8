"""What the events have told so far about the needs of the script."""

from dataclasses import dataclass, field
from datetime import datetime

from deploy.lianshan.demo.listening import Heard
from deploy.lianshan.demo.script import Role
from shared.contracts import EventData
from shared.contracts.charity.linking import LinkSnapshot, Source
from shared.contracts.need_parts import Waiting
from shared.contracts.stations.needs import NeedPublished, NeedSnapshot
from shared.contracts.volunteering.dispatch import DispatchView, StaffingSnapshot
from shared.contracts.volunteering.timebank import HoursCredited

RINGS = ("station", "community", "street", "district", "city", "campaign")


@dataclass
class NeedStory:
    """One need of the script: what its id became, and all that was heard of it, by highest version."""

    role: Role
    need_id: str
    state: str = ""
    version: int = 0
    published_at: datetime | None = None
    link: LinkSnapshot | None = None
    staffing: StaffingSnapshot | None = None
    sources: dict[str, Source] = field(default_factory=dict)
    dispatches: dict[str, DispatchView] = field(default_factory=dict)
    waited_for: list[Waiting] = field(default_factory=list)
    credits: dict[str, int] = field(default_factory=dict)
    first_link: float | None = None
    first_offer: float | None = None

    def hear(self, data: EventData, heard: Heard) -> None:
        """Take over what an event says."""
        if isinstance(data, NeedSnapshot):
            self._need(data, heard)
        elif isinstance(data, LinkSnapshot):
            self.first_link = self.first_link or heard.arrived
            if self.link is None or data.version > self.link.version:
                self.link = data
            self.sources.update((source.transfer_id, source) for source in data.sources)
            self.waited_for += data.waiting
        elif isinstance(data, StaffingSnapshot):
            self.first_offer = self.first_offer or heard.arrived
            self._staffing(data)
        elif isinstance(data, HoursCredited):
            self.credits[data.dispatch_id] = data.minutes

    def _need(self, data: NeedSnapshot, heard: Heard) -> None:
        if isinstance(data, NeedPublished):
            self.published_at = heard.event.time
        if data.version > self.version:
            self.version, self.state = data.version, data.state

    def _staffing(self, data: StaffingSnapshot) -> None:
        if self.staffing is None or data.version > self.staffing.version:
            self.staffing = data
        for part in data.changed:
            known = self.dispatches.get(part.dispatch_id)
            if known is None or part.version > known.version:
                self.dispatches[part.dispatch_id] = part
        self.waited_for += data.waiting

    @property
    def linked(self) -> bool:
        """Whether charity has answered."""
        return self.link is not None or not (self.role.goods or self.role.services or self.role.money_fen)

    @property
    def staffed(self) -> bool:
        """Whether volunteering has answered."""
        return self.staffing is not None or self.role.volunteers is None

    @property
    def rings(self) -> tuple[str, ...]:
        """The rings that hold something ready for it or have delivered it, nearest first."""
        now = {source.ring for source in (self.link.sources if self.link else ())}
        return tuple(ring for ring in RINGS if ring in now)

    @property
    def link_ms(self) -> float | None:
        """From its publication to charity's first answer, as it arrived at an outside listener."""
        return self._after_publication(self.first_link)

    @property
    def offer_ms(self) -> float | None:
        """From its publication to volunteering's first answer, likewise."""
        return self._after_publication(self.first_offer)

    def _after_publication(self, arrived: float | None) -> float | None:
        if arrived is None or self.published_at is None:
            return None
        return (arrived - self.published_at.timestamp()) * 1000

    def in_state(self, *states: str) -> list[DispatchView]:
        """Its dispatches that are in one of the states."""
        return [part for part in self.dispatches.values() if part.state in states]

    def waited(self, word: str) -> bool:
        """Whether it stood in a waiting list for that, with a reason and a next step."""
        return any(
            word in f"{part.for_what} {part.reason}" and part.reason and part.next_step for part in self.waited_for
        )


class Day:
    """All needs of the script, and every event that was heard, each once."""

    def __init__(self) -> None:
        self.needs: dict[str, NeedStory] = {}
        self._by_id: dict[str, NeedStory] = {}
        self.keys: set[str] = set()

    def begin(self, role: Role, need_id: str) -> NeedStory:
        """A need of the script has been registered as `need_id`."""
        story = self.needs[role.key] = self._by_id[need_id] = NeedStory(role, need_id)
        return story

    def of(self, role: Role) -> NeedStory:
        """What was heard of the role's need. Raises KeyError before it was registered."""
        return self.needs[role.key]

    def about(self, data: object) -> NeedStory | None:
        """The need that an event speaks of."""
        return self._by_id.get(str(getattr(data, "need_id", "")))

    def hear(self, heard: Heard) -> bool:
        """Take over an event; False where it was heard before."""
        if heard.event.key in self.keys:
            return False
        self.keys.add(heard.event.key)
        story = self.about(heard.event.data)
        if story is not None and isinstance(heard.event.data, EventData):
            story.hear(heard.event.data, heard)
        return True

    @property
    def count(self) -> int:
        """Different events heard."""
        return len(self.keys)
