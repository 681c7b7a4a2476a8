"""A household (家庭) through its life: formed, moved into and out of, related again, transferred, dissolved. Pure."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar, Final

from services.stations.network.domain import Station, require_open
from services.stations.residents.domain import Resident, require_active
from shared.contracts.legal_days import LEGAL_ZONE
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.households import (
    MOST_MEMBERS,
    FormHousehold,
    HouseholdShape,
    Member,
    MoveIn,
    MoveOut,
    RelateMembers,
)
from shared.engine.plain import Aggregate

HEAD: Final = "head"


class Household(HouseholdShape, Aggregate):
    """A household as it stands."""

    collection: ClassVar[str] = "households"


def formed(asked: FormHousehold, head: Resident, household_id: str, now: datetime) -> Household:
    """Return a new household of the head alone.

    Raises Refused("invalid") for a day after `now`, and Refused("wrong_state") as `require_free` does.
    """
    require_free(head, "head_id")
    require_day_past(asked.since, now, "since")
    member = Member(resident_id=head.id, relation=HEAD, since=asked.since)
    return Household(
        id=household_id, version=0, area=head.area, station_id=head.station_id, members=(member,), state="standing"
    )


def moved_in(asked: MoveIn, before: Household, resident: Resident, now: datetime) -> Household:
    """Return the household with the resident.

    Raises Refused("invalid") for a second head, a day after `now` and a resident of another station, and
    Refused("wrong_state") for a full or dissolved household and as `require_free` does.
    """
    require_standing(before)
    if asked.relation == HEAD:
        raise Refused("invalid", "household_has_head", field="relation", id=before.members[0].resident_id)
    require_free(resident, "resident_id")
    if resident.station_id != before.station_id:
        raise Refused("invalid", "resident_of_other_station", field="resident_id", station=resident.station_id)
    require_day_past(asked.since, now, "since")
    if len(before.members) >= MOST_MEMBERS:
        raise Refused("wrong_state", "household_full", field="id", most=MOST_MEMBERS)
    member = Member(resident_id=resident.id, relation=asked.relation, since=asked.since)
    return before.model_copy(update={"members": in_order((*before.members, member))})


def moved_out(asked: MoveOut, before: Household, now: datetime) -> Household:
    """Return the household without the member, dissolved where nobody is left.

    Raises Refused("invalid") for a day after `now` or before the moving in, and Refused("wrong_state") for somebody
    who does not live there, and for the head as long as others do.
    """
    require_standing(before)
    member = find_member(before, asked.resident_id, "resident_id")
    require_day_past(asked.on, now, "on")
    if asked.on < member.since:
        raise Refused("invalid", "moved_out_before_in", field="on", since=member.since.isoformat())
    if member.relation == HEAD and len(before.members) > 1:
        raise Refused("wrong_state", "head_lives_with_others", field="resident_id", others=len(before.members) - 1)
    return left_by(before, asked.resident_id, asked.on)


def left_by(before: Household, resident_id: str, on: date) -> Household:
    """Return the household without the resident, dissolved where nobody is left.

    Where the head has gone otherwise than by moving out, the next member is the head, and the relations of the others
    are unstated.
    """
    rest = tuple(one for one in before.members if one.resident_id != resident_id)
    if not rest:
        return before.model_copy(update={"members": (), "state": "dissolved", "dissolved_on": on})
    if all(one.relation != HEAD for one in rest):
        first, *others = rest
        unstated = (one.model_copy(update={"relation": "unstated"}) for one in others)
        rest = (first.model_copy(update={"relation": HEAD}), *unstated)
    return before.model_copy(update={"members": rest})


def related(asked: RelateMembers, before: Household) -> Household:
    """Return the household with the relations as stated.

    Raises Refused("invalid") unless every member is named once and one is the head.
    """
    require_standing(before)
    stated = {one.resident_id: one.relation for one in asked.members}
    living = {one.resident_id for one in before.members}
    if len(stated) != len(asked.members) or stated.keys() != living:
        raise Refused("invalid", "members_not_named_once", field="members", count=len(living))
    if list(stated.values()).count(HEAD) != 1:
        raise Refused("invalid", "one_head", field="members")
    members = (one.model_copy(update={"relation": stated[one.resident_id]}) for one in before.members)
    return before.model_copy(update={"members": in_order(tuple(members))})


def transferred(before: Household, station: Station) -> Household:
    """Return the household in the care of the other station; itself where it cares already. Raises Refused."""
    require_standing(before)
    require_open(station, "station_id")
    if before.station_id == station.id:
        return before
    return before.model_copy(update={"station_id": station.id, "area": station.area})


def with_member(before: Household, old_id: str, new_id: str) -> Household:
    """Return the household in which one resident stands in the place of another, with the same relation and day."""
    members = (
        one.model_copy(update={"resident_id": new_id}) if one.resident_id == old_id else one for one in before.members
    )
    return before.model_copy(update={"members": tuple(members)})


def find_member(household: Household, resident_id: str, field: str) -> Member:
    """Return the member. Raises Refused("wrong_state") for somebody who does not live there."""
    found = next((one for one in household.members if one.resident_id == resident_id), None)
    if found is None:
        raise Refused("wrong_state", "no_member", field=field, id=resident_id)
    return found


def require_free(resident: Resident, field: str) -> None:
    """Raise Refused("wrong_state") for a resident who lives in a household already, and as `require_active` does."""
    require_active(resident, field)
    if resident.household_id is not None:
        raise Refused("wrong_state", "in_household", field=field, id=resident.id, household=resident.household_id)


def require_standing(household: Household) -> None:
    """Raise Refused("wrong_state") for a household that was dissolved."""
    if household.state != "standing":
        raise Refused("wrong_state", "household_dissolved", field="id", id=household.id)


def require_day_past(day: date, now: datetime, field: str) -> None:
    """Raise Refused("invalid") for a day after that of `now` by China's time."""
    if day > now.astimezone(LEGAL_ZONE).date():
        raise Refused("invalid", "day_in_future", field=field)


def find_next_step(_: Household) -> NextStep | None:
    """Return None: a household waits for nothing."""
    return None


def in_order(members: Sequence[Member]) -> tuple[Member, ...]:
    """Return the members in order: the head first, then by the day of moving in."""
    return tuple(sorted(members, key=lambda one: (one.relation != HEAD, one.since, one.resident_id)))
