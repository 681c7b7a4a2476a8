"""Which message does what: needs are staffed, ended needs are wound up, volunteers register, time passes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, Protocol

from services.volunteering import dispatching
from services.volunteering.domain.availability import windows_of
from services.volunteering.domain.policy import Policy
from services.volunteering.domain.staffing import Ended, Staffing, Step, staffing_of
from services.volunteering.domain.volunteers import HOME_DECIMALS, Volunteer, VolunteerPerson, tags_of
from services.volunteering.search import NO_POOLS, Pools, find_people, gather, innermost, wish_of
from services.volunteering.settle import (
    PATROL,
    Patrol,
    PatrolDue,
    StaffingDue,
    advance,
    finish,
    keep_patrolling,
    loads_for,
    look_now,
    nudge,
    patrol_again,
)
from services.volunteering.storage import Overdue, Waiting
from shared.contracts.need_parts import Waiting as WaitingView
from shared.contracts.refusals import Refused
from shared.contracts.stations.needs import NeedCancelled, NeedConfirmed, NeedPublished, NeedSnapshot, NeedUnmet
from shared.contracts.volunteering.people import RegisterVolunteer, VolunteerRegistered
from shared.engine import TURN, Get, Handlers, Handling, Incoming
from shared.engine.store.replicas import Share

BUSY_PATROL: Final = timedelta(seconds=5)
"""How soon the patrol comes again when there was more than it could look at."""

PUNCTUAL: Final = timedelta(seconds=10)
"""What is overdue by less may still have a timer of its own about to fire."""


class Sealing(Protocol):
    """What seals personal data before it is stored."""

    def seal(self, text: str) -> str:
        """The text, unreadable without the key."""


def build(vault: Sealing, policy: Policy, share: Share | None = None) -> Handlers:
    """The handlers of the service, as the policy says; `share` tells which of its replicas this is."""
    share = share or Share()
    handlers = Handlers("volunteering")
    handlers.on(NeedPublished)(_staff_need(policy, share))
    handlers.on(NeedCancelled)(_end_need("cancelled", policy))
    handlers.on(NeedUnmet)(_end_need("unmet", policy))
    handlers.on(NeedConfirmed)(_end_need("confirmed", policy))
    handlers.on(RegisterVolunteer)(_register_volunteer(vault, policy))
    handlers.on(StaffingDue)(_look_again(policy, share))
    handlers.on(PatrolDue)(_patrol(policy))
    dispatching.register(handlers, policy)
    return handlers


def _staff_need(policy: Policy, share: Share) -> Callable[[Incoming[NeedPublished]], Handling]:
    def staff_need(message: Incoming[NeedPublished]) -> Handling:
        fresh = staffing_of(message.data)
        if fresh is None:
            return
        wish = wish_of(fresh, policy)
        first = innermost(wish, fresh, policy, share)
        work = yield [Get(Staffing, fresh.id), first]
        pools: Pools = NO_POOLS
        if fresh.can_search(work.now):
            pools = yield from gather(work, wish, fresh, policy, first)
        work = yield TURN
        if work.get(Staffing, fresh.id) is not None:
            return  # staffed already, or ended before its publication arrived
        step = Step(fresh, work.now, policy)
        if fresh.can_search(work.now):
            work = yield from find_people(work, step, wish, pools, policy)
        else:
            step.facts["waiting"] = (_TOO_LATE,)
        finish(work, step)

    return staff_need


def _end_need(ended: Ended, policy: Policy) -> Callable[[Incoming[Any]], Handling]:
    def end_need(message: Incoming[NeedSnapshot]) -> Handling:
        fresh = staffing_of(message.data)
        if fresh is None:
            return
        work = yield [Get(Staffing, fresh.id)]
        known = work.get(Staffing, fresh.id)
        if known is not None:
            work = yield loads_for(known.model_copy(update={"ended": ended}), work.now, policy)
        work = yield TURN
        known = work.get(Staffing, fresh.id)
        if known is None:
            # The end overtook the publication: remember it, so that the publication changes nothing any more.
            state = "credited" if ended == "confirmed" else "released"
            work.put(fresh.model_copy(update={"ended": ended, "state": state}))
        elif not known.ended:
            ending = known.model_copy(update={"ended": ended})
            work = yield loads_for(ending, work.now, policy)  # asks only for what the batch has changed meanwhile
            step = Step(ending, work.now, policy)
            work = yield from advance(work, step, policy)
            finish(work, step)

    return end_need


def _register_volunteer(vault: Sealing, policy: Policy) -> Callable[[Incoming[RegisterVolunteer]], Handling]:
    def register_volunteer(message: Incoming[RegisterVolunteer]) -> Handling:
        asked = message.data
        work = yield [Get(Patrol, PATROL), Waiting(asked.area[:4])]
        work = yield TURN
        _check(asked, work.now.year)
        volunteer_id = work.new_id("vol")
        volunteer = work.put(_volunteer(volunteer_id, asked))
        work.put(
            VolunteerPerson(
                id=volunteer_id,
                name=vault.seal(asked.name),
                phone=vault.seal(asked.phone),
                location=vault.seal(asked.location.model_dump_json()),
                skills=asked.skills,
                languages=asked.languages,
                availability=tuple(window.model_dump(mode="json") for window in asked.availability),
                registered_at=work.now,
            )
        )
        registered = VolunteerRegistered(
            volunteer_id=volunteer_id,
            version=volunteer.version,
            area=asked.area,
            skills=asked.skills,
            languages=asked.languages,
            standing_acceptance=asked.standing_acceptance,
        )
        work.emit(registered, about=volunteer, area=asked.area)
        keep_patrolling(work, policy)
        nudge(work, asked.area, [volunteer_id])
        return {"id": volunteer_id, **registered.model_dump(mode="json", exclude={"volunteer_id"})}

    return register_volunteer


def _look_again(policy: Policy, share: Share) -> Callable[[Incoming[StaffingDue]], Handling]:
    def look_again(message: Incoming[StaffingDue]) -> Handling:
        need_id = message.data.need_id
        work = yield [Get(Staffing, need_id), Get(Patrol, PATROL)]
        known = work.get(Staffing, need_id)
        if known is None:
            return
        loads, pools = loads_for(known, work.now, policy), NO_POOLS
        if known.missing > 0 and known.can_search(work.now):
            wish = wish_of(known, policy)
            first = innermost(wish, known, policy, share)
            work = yield [*loads, first]
            pools = yield from gather(work, wish, known, policy, first)
        else:
            work = yield loads
        work = yield TURN
        known = work.get(Staffing, need_id)
        if known is None:
            return
        work = yield loads_for(known, work.now, policy)  # asks only for what the batch has changed meanwhile
        step = Step(known, work.now, policy)
        work = yield from advance(work, step, policy, pools)
        finish(work, step)
        keep_patrolling(work, policy)

    return look_again


def _patrol(policy: Policy) -> Callable[[Incoming[PatrolDue]], Handling]:
    def patrol(_: Incoming[PatrolDue]) -> Handling:
        work = yield [Get(Patrol, PATROL)]
        overdue = Overdue(work.now - PUNCTUAL)
        work = yield [overdue]
        work = yield TURN
        found = work.find(overdue)
        for nth, staffing in enumerate(found):
            look_now(work, staffing.id, nth)
        patrol_again(work, BUSY_PATROL if len(found) == overdue.limit else policy.recheck)

    return patrol


def _volunteer(volunteer_id: str, asked: RegisterVolunteer) -> Volunteer:
    return Volunteer(
        id=volunteer_id,
        area=asked.area,
        home=(round(asked.location.lon, HOME_DECIMALS), round(asked.location.lat, HOME_DECIMALS)),
        tags=tags_of(asked.skills, asked.languages),
        windows=windows_of(asked.availability),
        birth_year=asked.birth_year,
        standing=asked.standing_acceptance,
    )


def _check(asked: RegisterVolunteer, year: int) -> None:
    if len(asked.area) < 4:
        raise Refused(
            "invalid",
            "A volunteer lives in a community, street, district or city: give the area's code of 4 to 12 digits.",
            field="area",
            rule="at least a city",
        )
    if asked.birth_year is not None and asked.birth_year > year:
        raise Refused("invalid", "birth_year is in the future: correct it.", field="birth_year", rule="born already")


_TOO_LATE = WaitingView(
    for_what="volunteers",
    reason="The time slot is over, or began more than a day ago.",
    next_step="The station cancels the need, or publishes a new one with a later slot.",
)
