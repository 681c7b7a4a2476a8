"""Events as the three services emit them, and the projector over a dictionary, for the unit tests."""

from collections.abc import Iterable
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from services.gateway.declaration import DECLARATION, FEATURES
from services.gateway.features.needs.view import NeedView
from services.gateway.following.memory import ViewsInMemory
from services.gateway.projection.feed import FeedHead, FeedItem
from shared.contracts import CloudEvent, EventData, to_cloud_event
from shared.contracts.charity.donations import DonationReceived, GoodsTaken
from shared.contracts.charity.linking import ResourcesLinked, Source
from shared.contracts.charity.stock import StockView
from shared.contracts.need_parts import Amount, Line, Overdue, Place, Tried, VolunteerRequest, Waiting
from shared.contracts.reasons import reason
from shared.contracts.stations.needs import NeedCancelled, NeedConfirmed, NeedOverdue, NeedPublished, NeedReady
from shared.contracts.volunteering.dispatch import DispatchView, StaffingChanged, VolunteersOffered
from shared.contracts.volunteering.timebank import HoursCredited
from shared.engine import Entity, Fence
from shared.engine.decide.handlers import Handlers
from shared.engine.decide.memory import START, MemoryEngine

AREA = "110102009017"
NEED = "need_1"


@cache
def _handlers() -> Handlers:
    """The handlers of the sequencer, bound once for the thousands of projectors of the tests."""
    return DECLARATION.handlers(fence=Fence(1))


@cache
def _views() -> ViewsInMemory:
    """Views that hold nothing yet, with the lanes of all features lined up once."""
    views = ViewsInMemory(FEATURES, START)
    views.apply([])
    return views


class ProjectorInMemory:
    """The sequencer and the views over dictionaries."""

    def __init__(self) -> None:
        self.engine = MemoryEngine(_handlers())
        self.followed = copy(_views())
        self.followed.entities = {}

    def copied(self) -> "ProjectorInMemory":
        """Another one that has projected the same."""
        made = copy(self)
        made.engine, made.followed = copy(self.engine), copy(self.followed)
        for name in ("entities", "timers", "events", "seen", "failed"):
            setattr(made.engine, name, copy(getattr(self.engine, name)))
        made.followed.entities = dict(self.followed.entities)
        return made

    def project(self, *events: CloudEvent) -> "ProjectorInMemory":
        for event in events:
            self.engine.event(event)
            self._follow()
        return self

    def project_together(self, events: Iterable[CloudEvent]) -> "ProjectorInMemory":
        """All in one batch."""
        batch = [self.engine.incoming("event", e.data, e.type, e.key, e) for e in events]
        assert all(outcome.failure is None for outcome in self.engine.batch(batch))
        self._follow()
        return self

    def _follow(self) -> None:
        self.followed.apply([item for item in self.feed() if item.cursor > self.followed.cursor])

    def views(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Everything but the feed and its cursors, which go by arrival; without the engine's own count of writes."""
        left_out: Any = {"version": True, "timeline": {"__all__": {"cursor"}}}
        return {
            (model.collection, thing_id): entity.model_dump(exclude=left_out if model is NeedView else {"version"})
            for (model, thing_id), entity in self.followed.entities.items()
        }

    def view(self, model: type[Entity], thing_id: str) -> Any:
        return (self.engine if model in (FeedHead, FeedItem) else self.followed).one(model, thing_id)

    def feed(self) -> list[FeedItem]:
        return self.engine.all(FeedItem)


def event_of(data: EventData, *, version: int, subject: str = NEED, minutes: int = 0) -> CloudEvent:
    return to_cloud_event(
        data,
        subject=subject,
        version=version,
        nth=0,
        time=START + timedelta(minutes=minutes),
        area=AREA,
        correlation="c",
        causation="c",
        traceparent="",
    )


def _snapshot(version: int, state: str) -> dict[str, Any]:
    return {
        "need_id": NEED,
        "version": version,
        "state": state,
        "station_id": "station_1",
        "area": AREA,
        "theme": "elderly_care",
        "urgency": "high",
        "score": 50,
        "due": datetime(2026, 3, 5, 8, 0, tzinfo=UTC),
        "place": Place(lon=116.35, lat=39.93),
        "beneficiaries": 30,
        "lines": (
            Line(id="l1", kind="goods", item="quilt", unit="piece", quantity=30, base_unit="piece", requested=30),
        ),
        "volunteers": VolunteerRequest(
            headcount=2, starts_at=START + timedelta(hours=1), ends_at=START + timedelta(hours=2)
        ),
        "published_at": START,
    }


def published(version: int = 1) -> CloudEvent:
    return event_of(NeedPublished(**_snapshot(version, "published")), version=version)


def ready(version: int = 2) -> CloudEvent:
    data = NeedReady(**_snapshot(version, "ready"), committed=(30,), fulfilled=(0,), volunteers_confirmed=2)
    return event_of(data, version=version, minutes=3)


def overdue(level: str, version: int) -> CloudEvent:
    """The need as served, with the confirmation overdue on that level."""
    area = {"station": AREA, "street": AREA[:9], "district": AREA[:6]}[level]
    late = Overdue(
        level=level, area=area, step=reason("confirm_need"), was_due=START, next_at=START + timedelta(days=version)
    )
    return event_of(NeedOverdue(**_snapshot(version, "served"), overdue=late), version=version)


def cancelled(version: int = 3) -> CloudEvent:
    return event_of(NeedCancelled(**_snapshot(version, "cancelled")), version=version, minutes=4)


def confirmed(version: int = 3) -> CloudEvent:
    return event_of(NeedConfirmed(**_snapshot(version, "confirmed")), version=version, minutes=5)


def linked(version: int, committed: int) -> CloudEvent:
    whole = committed == 30
    waits = Waiting(for_what=reason("rice"), reason=reason("no_ring_has_more"), next_step=reason("a_donation"))
    waiting = () if whole else (waits,)
    data = ResourcesLinked(
        need_id=NEED,
        version=version,
        state="committed" if whole else "partial",
        area=AREA,
        amounts=(Amount(line_id="l1", committed=committed, fulfilled=0),),
        sources=(Source(line_id="l1", account_id="acc", transfer_id="t1", ring="station", amount=committed),),
        tried=(Tried(ring="station", gave=committed, reasons=(reason("had_so_much"),), line_id="l1"),),
        waiting=waiting,
        stock=(account(version + 1, reserved=committed),),
    )
    return event_of(data, version=version, minutes=version)


def account(version: int, *, balance: int = 40, reserved: int = 0) -> StockView:
    return StockView(
        account_id="acc",
        version=version,
        holder_id="station_1",
        area=AREA,
        commodity="goods:quilt",
        balance=balance,
        reserved=reserved,
    )


def donated() -> CloudEvent:
    data = DonationReceived(
        donation_id="donation_1",
        station_id="station_1",
        area=AREA,
        goods=(GoodsTaken(item="quilt", quantity=40, unit="piece", base_unit="piece", base_quantity=40),),
        stock=(account(1),),
    )
    return event_of(data, version=1, subject="donation_1")


def _part(version: int, state: Any) -> DispatchView:
    return DispatchView(
        dispatch_id="dispatch_1",
        version=version,
        volunteer_id="volunteer_1",
        state=state,
        ring="community",
        wave=1,
        starts_at=START + timedelta(hours=1),
        ends_at=START + timedelta(hours=2),
        why=reason("nearest"),
    )


def offered() -> CloudEvent:
    data = VolunteersOffered(
        need_id=NEED, version=1, state="offered", area=AREA, headcount=2, confirmed=0, offered=1,
        changed=(_part(1, "offered"),),
    )  # fmt: skip
    return event_of(data, version=1, minutes=1)


def accepted() -> CloudEvent:
    data = StaffingChanged(
        need_id=NEED, version=2, state="offered", area=AREA, headcount=2, confirmed=1, offered=0,
        changed=(_part(2, "accepted"),),
    )  # fmt: skip
    return event_of(data, version=2, minutes=2)


def credited_part(**fields: Any) -> CloudEvent:
    part = _part(3, "credited").model_copy(update=fields)
    data = StaffingChanged(
        need_id=NEED, version=3, state="credited", area=AREA, headcount=1, confirmed=1, offered=0, changed=(part,)
    )
    return event_of(data, version=3, minutes=3)


def credited(version: int, balance: int) -> CloudEvent:
    data = HoursCredited(
        need_id=NEED, dispatch_id="dispatch_1", volunteer_id="volunteer_1", area=AREA, minutes=60,
        transfer_id=f"t{version}", balance_minutes=balance, account_version=version,
    )  # fmt: skip
    return event_of(data, version=version, subject="dispatch_1", minutes=10 + version)


def whole_story() -> list[CloudEvent]:
    return [
        donated(), published(), linked(1, 10), linked(2, 30), offered(), accepted(), ready(), cancelled(),
        credited(1, 60), credited(2, 120),
    ]  # fmt: skip
