"""The town that all peers serve: the same needs, stations, stock and volunteers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.contracts.envelope import CloudEvent, to_cloud_event
from shared.contracts.need_parts import Line, Place, VolunteerRequest
from shared.contracts.stations import NeedPublished

STREET = "110102009"
COMMUNITIES = tuple(f"{STREET}{n:03}" for n in range(1, 25))
ITEM, UNIT, SKILL = "rice", "bag", "companionship"
COMMODITY = f"goods:{ITEM}:{UNIT}"
VOLUNTEERS_PER_COMMUNITY = 200
SLOTS = 200
"""Each need falls into one of so many hours, so that a volunteer serves many needs and none twice at once."""
QUANTITY = 2
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass(frozen=True)
class Town:
    """Where the stations stand. Instants are relative to `now`, so that every slot lies ahead."""

    now: datetime

    @classmethod
    def today(cls) -> "Town":
        return cls(datetime.now(UTC).replace(microsecond=0))

    def slot(self, nth: int) -> tuple[datetime, datetime]:
        """The hour of the nth need, within working days from the day after tomorrow on."""
        day, hour = divmod((nth // len(COMMUNITIES)) % SLOTS, 8)
        start = (self.now + timedelta(days=2 + day)).replace(hour=hour, minute=0, second=0)
        return start, start + timedelta(hours=1)

    def need(self, run: str, nth: int) -> NeedPublished:
        """The nth need of a run, as stations says it: two bags of rice and somebody who brings them."""
        area = COMMUNITIES[nth % len(COMMUNITIES)]
        start, end = self.slot(nth)
        return NeedPublished(
            need_id=need_id(run, nth),
            version=1,
            state="published",
            station_id=station_id(area),
            area=area,
            theme="elder_care",
            urgency="normal",
            score=40 + nth % 40,
            due=end + timedelta(days=7),
            place=Place(lon=116.33 + (nth % 24) / 1000, lat=39.93),
            beneficiaries=1,
            beneficiary_groups=("elder_80",),
            lines=(Line(id="line-1", kind="goods", item=ITEM, unit=UNIT, requested=QUANTITY),),
            volunteers=VolunteerRequest(headcount=1, skills=(SKILL,), starts_at=start, ends_at=end),
            published_at=self.now,
        )

    def published(self, need: NeedPublished) -> CloudEvent:
        """The event that all peers are given."""
        return to_cloud_event(
            need, subject=need.need_id, version=need.version, nth=0, time=self.now, area=need.area,
            correlation=f"bench-{need.need_id}", causation=f"bench-{need.need_id}", traceparent=TRACEPARENT,
        )  # fmt: skip


def need_id(run: str, nth: int) -> str:
    """Rises with `nth`, and later runs lie behind earlier ones, as with ids made by the clock."""
    return f"need_{run}_{nth:08}"


def station_id(area: str) -> str:
    return f"station_{area}"
