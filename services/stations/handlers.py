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
from shared.contracts.charity import ResourcesDelivered, ResourcesLinked, ResourcesReleased
from shared.contracts.stations import (
    AreasImported,
    CancelNeed,
    ConfirmNeed,
    EvaluateNeed,
    ImportAreas,
    OpenStation,
    PublishNeed,
    RegisterNeed,
    RegisterNeeds,
    StationOpened,
)
from shared.contracts.volunteering import (
    StaffingChanged,
    VolunteersAwaited,
    VolunteersConfirmed,
    VolunteersOffered,
    VolunteersReleased,
)
from shared.engine import TURN, Desk, Get, Handlers, Handling, Incoming

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
        desk = yield TURN
        written = {row.code for row in rows}
        changed = 0
        # Two replicas may both make the street around their rows known: the ids collide, and the later one decides
        # anew. All else here goes by id too, so no decision can miss what another replica inserts meanwhile.
        for code, name in named.items():
            area = imported(code, name, desk.get(Area, code))
            if area is not None:
                desk.put(area)
                changed += code in written
        if changed:
            data = AreasImported(count=len(rows), changed=changed)
            desk.emit_about(data, subject=desk.new_id("import"), version=1, area=common_area(written))
        return {"count": len(rows), "changed": changed}

    @handlers.on(OpenStation)
    def open_station(message: Incoming[OpenStation]) -> Handling:
        asked = message.data
        yield [Get(Area, asked.area)]
        desk = yield TURN
        check_place(asked.level, asked.area, desk.get(Area, asked.area))
        station = desk.put(
            Station(
                id=desk.new_id("station"),
                area=asked.area,
                name=asked.name,
                level=asked.level,
                opened_at=desk.now,
            )
        )
        opened = StationOpened(station_id=station.id, area=station.area, name=station.name, level=station.level)
        desk.emit(opened, about=station, area=station.area)
        return stations.as_read(station)


# ---- needs come in -------------------------------------------------------------------------------------


def _on_new_needs(handlers: Handlers, vault: Sealing) -> None:
    @handlers.on(RegisterNeed)
    def register_need(message: Incoming[RegisterNeed]) -> Handling:
        yield [Get(Station, message.data.station_id)]
        desk = yield TURN
        return _take_in(desk, message.data, vault)

    @handlers.on(RegisterNeeds)
    def register_needs(message: Incoming[RegisterNeeds]) -> Handling:
        yield [Get(Station, asked.station_id) for asked in message.data.needs]
        desk = yield TURN
        return {"items": [_take_in_or_refuse(desk, asked, vault) for asked in message.data.needs]}


def _take_in_or_refuse(desk: Desk, asked: RegisterNeed, vault: Sealing) -> dict[str, Any]:
    try:
        return {"ok": _take_in(desk, asked, vault)}
    except Refused as refusal:
        return {"error": refusal.to_json()}


def _take_in(desk: Desk, asked: RegisterNeed, vault: Sealing) -> dict[str, Any]:
    # Everything that can refuse comes before the first put: a refused item of a bulk leaves nothing behind.
    station = desk.require(Station, asked.station_id, "station_id")
    need = registered(asked, need_id=desk.new_id("need"), area=station.area, now=desk.now)
    if asked.publish:
        need = needs.published(need, desk.now)
    desk.put(sealed_text(need.id, asked, vault.seal))
    return as_read(_announce(desk, need, None))


def _announce(desk: Desk, after: Need, before: Need | None) -> Need:
    stored = desk.put(after)
    desk.emit(announcement(stored, None if before is None else before.state), about=stored, area=stored.area)
    if stored.state == "published" and (before is None or before.published_at is None):
        desk.remind(_due_key(stored), stored.due, NeedDue(need_id=stored.id))
    elif stored.state in ("cancelled", "confirmed"):
        desk.forget(_due_key(stored))
    return stored


def _due_key(need: Need) -> str:
    return f"due:{need.id}"


# ---- what people do with a need ------------------------------------------------------------------------


def _on_actions(handlers: Handlers, vault: Sealing) -> None:
    @handlers.on(PublishNeed)
    def publish_need(message: Incoming[PublishNeed]) -> Handling:
        yield _wanted(message.data, "")
        desk = yield TURN
        before = _current(desk, message.data)
        return as_read(_announce(desk, needs.published(before, desk.now), before))

    @handlers.on(CancelNeed)
    def cancel_need(message: Incoming[CancelNeed]) -> Handling:
        reason = message.data.reason
        yield _wanted(message.data, reason)
        desk = yield TURN
        before = _current(desk, message.data)
        after = _announce(desk, needs.cancelled(before, desk.now), before)
        _keep_words(desk, vault, after, "cancel_reason", reason)
        return as_read(after)

    @handlers.on(ConfirmNeed)
    def confirm_need(message: Incoming[ConfirmNeed]) -> Handling:
        note = message.data.note
        yield _wanted(message.data, note)
        desk = yield TURN
        before = _current(desk, message.data)
        after = _announce(desk, needs.confirmed(before, desk.now), before)
        _keep_words(desk, vault, after, "confirm_note", note)
        return as_read(after)

    @handlers.on(EvaluateNeed)
    def evaluate_need(message: Incoming[EvaluateNeed]) -> Handling:
        comment = message.data.comment
        yield _wanted(message.data, comment)
        desk = yield TURN
        before = _current(desk, message.data)
        after = _announce(desk, needs.evaluated(before, desk.now, message.data.rating), before)
        _keep_words(desk, vault, after, "evaluation_comment", comment)
        return as_read(after)


def _wanted(action: Action, words: str) -> Sequence[Get[Any]]:
    wanted: list[Get[Any]] = [Get(Need, action.need_id)]
    return [*wanted, Get(NeedText, action.need_id)] if words else wanted


def _current(desk: Desk, action: Action) -> Need:
    need = desk.require(Need, action.need_id, "need_id")
    needs.check_version(need, action.expected_version)
    return need


def _keep_words(desk: Desk, vault: Sealing, need: Need, field: str, words: str) -> None:
    if words:
        text = desk.require(NeedText, need.id, "need_id")
        desk.put(text.model_copy(update={field: vault.seal(words)}))


# ---- what the others answer, and time ------------------------------------------------------------------


def _on_progress(handlers: Handlers, policy: Policy) -> None:
    @handlers.on(ResourcesLinked, ResourcesReleased, ResourcesDelivered)
    def follow_link(message: Incoming[Link]) -> Handling:
        yield [Get(Need, message.data.need_id)]
        desk = yield TURN
        need = desk.get(Need, message.data.need_id)
        if need is not None:
            _settle(desk, needs.linked(need, message.data, desk.now), need, policy)

    @handlers.on(VolunteersOffered, VolunteersConfirmed, StaffingChanged, VolunteersAwaited, VolunteersReleased)
    def follow_staffing(message: Incoming[Staffing]) -> Handling:
        yield [Get(Need, message.data.need_id)]
        desk = yield TURN
        need = desk.get(Need, message.data.need_id)
        if need is not None:
            _settle(desk, needs.staffed(need, message.data, desk.now), need, policy)

    @handlers.on(NeedDue)
    def end_unmet(message: Incoming[NeedDue]) -> Handling:
        yield [Get(Need, message.data.need_id)]
        desk = yield TURN
        need = desk.get(Need, message.data.need_id)
        if need is not None:
            _settle(desk, needs.unmet(need, desk.now), need, policy)


def _settle(desk: Desk, after: Need, before: Need, policy: Policy) -> None:
    if after is before:
        return
    if after.state == before.state:
        desk.put(after)
        return
    stored = _announce(desk, after, before)
    if stored.state == "published" and stored.due <= desk.now:
        # Its reminder has gone by while it was ready: it gets a last chance, then it ends as unmet.
        desk.remind(_due_key(stored), desk.now + policy.reopened_grace, NeedDue(need_id=stored.id))
