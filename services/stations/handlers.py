"""What stations does on each message: load, decide with `domain`, store, say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Protocol

from services.stations.domain import needs, stations
from services.stations.domain.areas import Area, check_place, common_area, imported, named_areas
from services.stations.domain.needs import Need
from services.stations.domain.registering import registered
from services.stations.domain.speaking import announcement, as_read
from services.stations.domain.stations import Station
from services.stations.domain.texts import NeedText, sealed_text
from shared.contracts import Refused, Timer
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesLinked, ResourcesReleased
from shared.contracts.stations.areas import AreasImported, ImportAreas
from shared.contracts.stations.needs import (
    CancelNeed,
    ConfirmNeed,
    EvaluateNeed,
    PublishNeed,
    RegisterNeed,
    RegisterNeeds,
)
from shared.contracts.stations.network import OpenStation, StationOpened
from shared.contracts.volunteering.dispatch import (
    StaffingChanged,
    VolunteersAwaited,
    VolunteersConfirmed,
    VolunteersOffered,
    VolunteersReleased,
)
from shared.engine import TURN, Get, Handlers, Handling, Incoming, UnitOfWork

Link = ResourcesLinked | ResourcesReleased | ResourcesDelivered
Staffing = VolunteersOffered | VolunteersConfirmed | StaffingChanged | VolunteersAwaited | VolunteersReleased
Action = PublishNeed | CancelNeed | ConfirmNeed | EvaluateNeed


class Sealing(Protocol):
    """What seals words about people before they are stored."""

    def seal(self, text: str) -> str:
        """The text, readable only with the data key."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a city may decide otherwise.

    `reopened_grace`: how long a need that falls back after its due time is given before it counts as unmet.
    """

    reopened_grace: timedelta = timedelta(minutes=30)


class NeedDue(Timer):
    """The due time of a published need has come."""

    type: ClassVar[str] = "stations.need_due"
    need_id: str


def build(vault: Sealing, policy: Policy | None = None) -> Handlers:
    """Everything that stations answers to."""
    handlers = Handlers("stations")
    _on_areas_and_stations(handlers)
    _on_new_needs(handlers, vault)
    _on_actions(handlers, vault)
    _on_progress(handlers, policy or Policy())
    return handlers


# ---- areas and stations --------------------------------------------------------------------------------


def _on_areas_and_stations(handlers: Handlers) -> None:
    @handlers.on(ImportAreas)
    def import_areas(message: Incoming[ImportAreas]) -> Handling:
        rows = message.data.rows
        named = named_areas(rows)
        yield [Get(Area, code) for code in named]
        work = yield TURN
        written = {row.code for row in rows}
        changed = 0
        # Two replicas may both make the street around their rows known: the ids collide, and the later one decides
        # anew. All else here goes by id too, so no decision can miss what another replica inserts meanwhile.
        for code, name in named.items():
            area = imported(code, name, work.get(Area, code))
            if area is not None:
                work.put(area)
                changed += code in written
        if changed:
            data = AreasImported(count=len(rows), changed=changed)
            work.emit_about(data, subject=work.new_id("import"), version=1, area=common_area(written))
        return {"count": len(rows), "changed": changed}

    @handlers.on(OpenStation)
    def open_station(message: Incoming[OpenStation]) -> Handling:
        asked = message.data
        yield [Get(Area, asked.area)]
        work = yield TURN
        check_place(asked.level, asked.area, work.get(Area, asked.area))
        station = work.put(
            Station(
                id=work.new_id("station"),
                area=asked.area,
                name=asked.name,
                level=asked.level,
                opened_at=work.now,
            )
        )
        opened = StationOpened(station_id=station.id, area=station.area, name=station.name, level=station.level)
        work.emit(opened, about=station, area=station.area)
        return stations.as_read(station)


# ---- needs come in -------------------------------------------------------------------------------------


def _on_new_needs(handlers: Handlers, vault: Sealing) -> None:
    @handlers.on(RegisterNeed)
    def register_need(message: Incoming[RegisterNeed]) -> Handling:
        yield [Get(Station, message.data.station_id)]
        work = yield TURN
        return _take_in(work, message.data, vault)

    @handlers.on(RegisterNeeds)
    def register_needs(message: Incoming[RegisterNeeds]) -> Handling:
        yield [Get(Station, asked.station_id) for asked in message.data.needs]
        work = yield TURN
        return {"items": [_take_in_or_refuse(work, asked, vault) for asked in message.data.needs]}


def _take_in_or_refuse(work: UnitOfWork, asked: RegisterNeed, vault: Sealing) -> dict[str, Any]:
    try:
        return {"ok": _take_in(work, asked, vault)}
    except Refused as refusal:
        return {"error": refusal.to_json()}


def _take_in(work: UnitOfWork, asked: RegisterNeed, vault: Sealing) -> dict[str, Any]:
    # Everything that can refuse comes before the first put: a refused item of a bulk leaves nothing behind.
    station = work.require(Station, asked.station_id, "station_id")
    need = registered(asked, need_id=work.new_id("need"), area=station.area, now=work.now)
    if asked.publish:
        need = needs.published(need, work.now)
    work.put(sealed_text(need.id, asked, vault.seal))
    return as_read(_announce(work, need, None))


def _announce(work: UnitOfWork, after: Need, before: Need | None) -> Need:
    stored = work.put(after)
    work.emit(announcement(stored, None if before is None else before.state), about=stored, area=stored.area)
    if stored.state == "published" and (before is None or before.published_at is None):
        work.remind(_due_key(stored), stored.due, NeedDue(need_id=stored.id))
    elif stored.state in ("cancelled", "confirmed"):
        work.forget(_due_key(stored))
    return stored


def _due_key(need: Need) -> str:
    return f"due:{need.id}"


# ---- what people do with a need ------------------------------------------------------------------------


def _on_actions(handlers: Handlers, vault: Sealing) -> None:
    @handlers.on(PublishNeed)
    def publish_need(message: Incoming[PublishNeed]) -> Handling:
        yield _wanted(message.data, "")
        work = yield TURN
        before = _current(work, message.data)
        return as_read(_announce(work, needs.published(before, work.now), before))

    @handlers.on(CancelNeed)
    def cancel_need(message: Incoming[CancelNeed]) -> Handling:
        reason = message.data.reason
        yield _wanted(message.data, reason)
        work = yield TURN
        before = _current(work, message.data)
        after = _announce(work, needs.cancelled(before, work.now), before)
        _keep_words(work, vault, after, "cancel_reason", reason)
        return as_read(after)

    @handlers.on(ConfirmNeed)
    def confirm_need(message: Incoming[ConfirmNeed]) -> Handling:
        note = message.data.note
        yield _wanted(message.data, note)
        work = yield TURN
        before = _current(work, message.data)
        after = _announce(work, needs.confirmed(before, work.now), before)
        _keep_words(work, vault, after, "confirm_note", note)
        return as_read(after)

    @handlers.on(EvaluateNeed)
    def evaluate_need(message: Incoming[EvaluateNeed]) -> Handling:
        comment = message.data.comment
        yield _wanted(message.data, comment)
        work = yield TURN
        before = _current(work, message.data)
        after = _announce(work, needs.evaluated(before, work.now, message.data.rating), before)
        _keep_words(work, vault, after, "evaluation_comment", comment)
        return as_read(after)


def _wanted(action: Action, words: str) -> Sequence[Get[Any]]:
    wanted: list[Get[Any]] = [Get(Need, action.need_id)]
    return [*wanted, Get(NeedText, action.need_id)] if words else wanted


def _current(work: UnitOfWork, action: Action) -> Need:
    need = work.require(Need, action.need_id, "need_id")
    needs.check_version(need, action.expected_version)
    return need


def _keep_words(work: UnitOfWork, vault: Sealing, need: Need, field: str, words: str) -> None:
    if words:
        text = work.require(NeedText, need.id, "need_id")
        work.put(text.model_copy(update={field: vault.seal(words)}))


# ---- what the others answer, and time ------------------------------------------------------------------


def _on_progress(handlers: Handlers, policy: Policy) -> None:
    @handlers.on(ResourcesLinked, ResourcesReleased, ResourcesDelivered)
    def follow_link(message: Incoming[Link]) -> Handling:
        yield [Get(Need, message.data.need_id)]
        work = yield TURN
        need = work.get(Need, message.data.need_id)
        if need is not None:
            _settle(work, needs.linked(need, message.data, work.now), need, policy)

    @handlers.on(VolunteersOffered, VolunteersConfirmed, StaffingChanged, VolunteersAwaited, VolunteersReleased)
    def follow_staffing(message: Incoming[Staffing]) -> Handling:
        yield [Get(Need, message.data.need_id)]
        work = yield TURN
        need = work.get(Need, message.data.need_id)
        if need is not None:
            _settle(work, needs.staffed(need, message.data, work.now), need, policy)

    @handlers.on(NeedDue)
    def end_unmet(message: Incoming[NeedDue]) -> Handling:
        yield [Get(Need, message.data.need_id)]
        work = yield TURN
        need = work.get(Need, message.data.need_id)
        if need is not None:
            _settle(work, needs.unmet(need, work.now), need, policy)


def _settle(work: UnitOfWork, after: Need, before: Need, policy: Policy) -> None:
    if after is before:
        return
    if after.state == before.state:
        work.put(after)
        return
    stored = _announce(work, after, before)
    if stored.state == "published" and stored.due <= work.now:
        # Its reminder has gone by while it was ready: it gets a last chance, then it ends as unmet.
        work.remind(_due_key(stored), work.now + policy.reopened_grace, NeedDue(need_id=stored.id))
