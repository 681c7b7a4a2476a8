"""The commands of households: each changes the household together with the residents who move."""

from typing import Final

from services.stations.households.domain import (
    Household,
    find_next_step,
    formed,
    moved_in,
    moved_out,
    related,
)
from services.stations.residents.domain import Resident
from services.stations.residents.handlers import store_change
from shared.contracts.plain import Action, Shape
from shared.contracts.stations.households import (
    FormHousehold,
    HouseholdChanged,
    HouseholdDissolved,
    HouseholdFormed,
    HouseholdShape,
    MoveIn,
    MoveOut,
    RelateMembers,
)
from shared.contracts.stations.residents import ResidentChanged
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.plain import Plain, check_version
from shared.people.identities import identity_load

HOUSEHOLDS: Final = Plain(Household, "household", HouseholdShape, find_next_step)
HouseholdAction = MoveIn | MoveOut | RelateMembers


def form_household(message: Incoming[FormHousehold], vault: Namer) -> Handling:
    """Record a household with its head. Answers HouseholdShape. Raises Refused as `formed` does."""
    asked, actor = message.data, message.actor
    named = name_load(vault, actor.principal, HOUSEHOLDS.kind, asked.external_id)
    yield [Get(Resident, asked.head_id, actor.area), identity_load(asked.head_id), *named]
    work = yield TURN
    head = work.reach(Resident, asked.head_id, "head_id")
    household = formed(asked, head, work.new_id(HOUSEHOLDS.kind), work.now)
    keep_name(work, vault, HOUSEHOLDS.kind, household.id, asked.external_id)
    _house(work, head, household.id)
    return HOUSEHOLDS.store(work, None, household, HouseholdFormed)


def move_in(message: Incoming[MoveIn]) -> Handling:
    """Record that a resident has moved in. Answers HouseholdShape. Raises Refused as `moved_in` does."""
    asked, area = message.data, message.actor.area
    resident_load = Get(Resident, asked.resident_id, area)
    yield [Get(Household, asked.id, area), resident_load, identity_load(asked.resident_id)]
    work = yield TURN
    before = reach_household(work, asked)
    resident = work.reach(Resident, asked.resident_id, "resident_id")
    after = moved_in(asked, before, resident, work.now)
    _house(work, resident, after.id)
    return HOUSEHOLDS.store(work, before, after, HouseholdChanged)


def move_out(message: Incoming[MoveOut]) -> Handling:
    """Record that a member has moved out. Answers HouseholdShape. Raises Refused as `moved_out` does."""
    asked, area = message.data, message.actor.area
    yield [Get(Household, asked.id, area), Get(Resident, asked.resident_id), identity_load(asked.resident_id)]
    work = yield TURN
    before = reach_household(work, asked)
    after = moved_out(asked, before, work.now)
    if (resident := work.get(Resident, asked.resident_id)) is not None:
        _house(work, resident, None)
    return store_left(work, before, after)


def relate_members(message: Incoming[RelateMembers]) -> Handling:
    """State the relations of all members again. Answers HouseholdShape. Raises Refused as `related` does."""
    yield [Get(Household, message.data.id, message.actor.area)]
    work = yield TURN
    before = reach_household(work, message.data)
    return HOUSEHOLDS.store(work, before, related(message.data, before), HouseholdChanged)


def reach_household(work: UnitOfWork, asked: Action) -> Household:
    """Return the household. Raises Refused("not_found") and Refused("version_mismatch")."""
    before = work.reach(Household, asked.id, "id")
    check_version(before, HOUSEHOLDS.kind, asked.expected_version)
    return before


def store_left(work: UnitOfWork, before: Household, after: Household) -> Shape:
    """Store and announce a household that somebody has left; the last one dissolves it."""
    return HOUSEHOLDS.store(work, before, after, HouseholdChanged if after.members else HouseholdDissolved)


def _house(work: UnitOfWork, resident: Resident, household_id: str | None) -> None:
    """Store the household in which the resident lives from now on: both change in one decision, guarded by versions."""
    if resident.household_id != household_id:
        store_change(work, resident, resident.model_copy(update={"household_id": household_id}), ResidentChanged)


HANDLERS: Final[HandlerTable] = {
    FormHousehold: form_household,
    MoveIn: move_in,
    MoveOut: move_out,
    RelateMembers: relate_members,
}
