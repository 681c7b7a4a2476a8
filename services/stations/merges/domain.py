"""The place of a merged resident in a household: taken over by the survivor, given back by the undoing. Pure."""

from datetime import date
from typing import Annotated

from services.stations.households.domain import HEAD, Household, in_order, with_member
from services.stations.residents.domain import Resident
from shared.contracts.messages import OPEN
from shared.contracts.refusals import Refused
from shared.contracts.stations.households import MOST_MEMBERS, HeadRelation, Member
from shared.contracts.stations.residents import ResidentState
from shared.people.merges import Merge


class ResidentMerge(Merge):
    """A merge of residents, with the state and the place in a household that the merged one had before.

    `taken_over` is set where the surviving one has taken the place; `into_relation` is the survivor's own relation,
    where the merged one was the head of the household of both. `since` is the day of moving in, ISO 8601.
    """

    state_before: Annotated[ResidentState, OPEN] = "active"
    household_id: str | None = None
    relation: Annotated[HeadRelation, OPEN] = "unstated"
    since: str = ""
    taken_over: bool = False
    into_relation: Annotated[HeadRelation, OPEN] | None = None


def require_one_household(merged: Resident, into: Resident) -> None:
    """Raise Refused("wrong_state") for two residents who live in two households: one of them moves out first."""
    if merged.household_id is not None and into.household_id not in {None, merged.household_id}:
        raise Refused(
            "wrong_state", "in_two_households", field="into_id", household=merged.household_id, other=into.household_id
        )


def keep_place(merge: ResidentMerge, merged: Resident, into: Resident, household: Household | None) -> ResidentMerge:
    """Return the merge with state and place of the merged resident."""
    merge = merge.model_copy(update={"state_before": merged.state})
    if household is None:
        return merge
    place = next(one for one in household.members if one.resident_id == merged.id)
    update: dict[str, object] = {
        "household_id": household.id,
        "relation": place.relation,
        "since": place.since.isoformat(),
    }
    if into.household_id is None:
        update["taken_over"] = True
    elif place.relation == HEAD:
        update["into_relation"] = next(one.relation for one in household.members if one.resident_id == into.id)
    return merge.model_copy(update=update)


def joined(household: Household, merged: Resident, into: Resident) -> Household:
    """Return the household in which the survivor stands for both: in the place of the merged one, or as the head."""
    if into.household_id is None:
        return with_member(household, merged.id, into.id)
    place = next(one for one in household.members if one.resident_id == merged.id)
    rest = (one for one in household.members if one.resident_id != merged.id)
    if place.relation != HEAD:
        return household.model_copy(update={"members": tuple(rest)})
    members = (one.model_copy(update={"relation": HEAD}) if one.resident_id == into.id else one for one in rest)
    return household.model_copy(update={"members": in_order(tuple(members))})


def given_back(merge: ResidentMerge, household: Household, survivor: Resident) -> Household | None:
    """Return the household in which the parted resident has the place of before again.

    None where that is not possible any more: the survivor has left it since, or it is full.
    """
    if household.state != "standing" or survivor.household_id != household.id:
        return None
    if merge.taken_over:
        return with_member(household, survivor.id, merge.merged_id)
    if len(household.members) >= MOST_MEMBERS or not merge.since:
        return None
    own = next(one for one in household.members if one.resident_id == survivor.id)
    heads_again = merge.into_relation is not None and own.relation == HEAD
    members = [
        one.model_copy(update={"relation": merge.into_relation}) if heads_again and one is own else one
        for one in household.members
    ]
    relation = merge.relation if heads_again or merge.relation != HEAD else "unstated"
    back = Member(resident_id=merge.merged_id, relation=relation, since=date.fromisoformat(merge.since))
    return household.model_copy(update={"members": in_order((*members, back))})
