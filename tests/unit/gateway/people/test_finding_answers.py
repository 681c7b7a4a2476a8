"""A question about people is asked of both owners at once, and one that does not answer is named."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from actors import ANYBODY
from pydantic import ValidationError

from services.gateway.features.people.finding import find_likely_duplicates, look_up_people
from services.gateway.features.people.request import DuplicatesIn, LookUpIn
from services.gateway.http.problems import Problem
from shared.contracts import Query, Refused
from shared.contracts.charity.donors import DonorsFound, DuplicateDonors
from shared.contracts.finding import MOST_FOUND, LikelyDuplicate, PersonFound
from shared.contracts.reasons import reason
from shared.contracts.volunteering.people import DuplicateVolunteers, VolunteersFound

WANTED = LookUpIn(phone="13800138000", why="a call")
DESCRIBED = DuplicatesIn.model_validate({"details": {"name": "Lin Example"}, "why": "a call"})
AWAY = Refused("unavailable", "no_answer_now", service="charity")


@pytest.mark.parametrize("why", ["a call about LIN  EXAMPLE", "lin.example's shift", "whether LinExample is known"])
def test_the_reason_stands_in_the_audit_and_does_not_hold_the_name_that_is_asked_for(why: str) -> None:
    with pytest.raises(ValidationError, match="name_in_reason"):
        LookUpIn(name="Lin Example", birth_year=1980, why=why)
    with pytest.raises(ValidationError, match="name_in_reason"):
        DuplicatesIn.model_validate({"details": {"name": "Lin Example"}, "why": why})
    assert LookUpIn(name="Lin Example", birth_year=1980, why="a link to an example").why == "a link to an example"


class Owners:
    """Each owner answers or refuses once both have been asked."""

    def __init__(self, **answers: object) -> None:
        self.answers = answers
        self.asked: list[tuple[Query[Any], str]] = []
        self._all = asyncio.Event()

    async def ask(self, query: Query[Any], *, actor: object, why: str) -> object:
        assert actor is ANYBODY
        self.asked.append((query, why))
        if len(self.asked) == len(self.answers):
            self._all.set()
        await asyncio.wait_for(self._all.wait(), 10)
        if isinstance(answer := self.answers[query.to], Refused):
            raise answer
        return answer


def call(path: Any, wanted: Any, **answers: object) -> tuple[dict[str, Any], Owners]:
    async def run() -> tuple[dict[str, Any], Owners]:
        owners = Owners(**answers)
        backend: Any = SimpleNamespace(queries=owners)
        return json.loads((await path(ANYBODY, backend, wanted)).body), owners

    return asyncio.run(run())


def volunteers(number: int, *, more: bool = False) -> VolunteersFound:
    people = tuple(PersonFound(kind="volunteer", id=f"vol_{n}", area="110102009017") for n in range(number))
    return VolunteersFound(items=people, more=more)


DONOR = DonorsFound(items=(PersonFound(kind="donor", id="donor_1", area=""),))


def test_both_owners_are_asked_at_once_with_the_reason_and_their_answers_are_one_list() -> None:
    found, owners = call(look_up_people, WANTED, volunteering=volunteers(1), charity=DONOR)
    assert [(one["kind"], one["id"]) for one in found["items"]] == [("volunteer", "vol_0"), ("donor", "donor_1")]
    assert (found["more"], found["unanswered"]) == (False, [])
    assert {(query.to, query.phone, why) for query, why in owners.asked} == {  # type: ignore[attr-defined]
        ("volunteering", "+8613800138000", "a call"), ("charity", "+8613800138000", "a call"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "refusal", [AWAY, Refused("deadline", "no_answer_in_time"), Refused("failed", "answer_failed")]
)
def test_an_owner_that_does_not_answer_is_named_and_the_other_is_shown(refusal: Refused) -> None:
    found, _ = call(look_up_people, WANTED, volunteering=volunteers(2), charity=refusal)
    assert (len(found["items"]), found["unanswered"]) == (2, ["charity"])


def test_where_no_owner_answers_the_question_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        call(look_up_people, WANTED, volunteering=AWAY, charity=AWAY)
    assert refused.value.code == "unavailable"


def test_a_refusal_of_the_question_itself_is_the_answer() -> None:
    with pytest.raises(Refused) as refused:
        call(look_up_people, WANTED, volunteering=volunteers(1), charity=Refused("not_allowed", "permission_missing"))
    assert refused.value.rule == "permission_missing"


@pytest.mark.parametrize(("number", "more", "shown"), [(MOST_FOUND, False, True), (3, True, True), (3, False, False)])
def test_more_than_are_shown_is_said(number: int, more: bool, shown: bool) -> None:
    found, _ = call(look_up_people, WANTED, volunteering=volunteers(number, more=more), charity=DONOR)
    assert (len(found["items"]), found["more"]) == (min(number + 1, MOST_FOUND), shown)


def likely(kind: Any, *scores: int) -> tuple[LikelyDuplicate, ...]:
    why = (reason("same_name"), reason("lives_near", metres=80))
    return tuple(LikelyDuplicate(kind=kind, id=f"{kind}_{n}", area="", score=n, reasons=why) for n in scores)


def test_likely_duplicates_of_both_owners_stand_in_one_order_with_worded_reasons() -> None:
    found, _ = call(
        find_likely_duplicates, DESCRIBED,
        volunteering=DuplicateVolunteers(items=likely("volunteer", 90, 55), compared=200, crowded=("sound",)),
        charity=DuplicateDonors(items=likely("donor", 70), compared=1, crowded=("sound", "phone")),
    )  # fmt: skip
    assert [one["score"] for one in found["items"]] == [90, 70, 55]
    assert [part["text"] for part in found["items"][0]["reasons"]] == ["the same name", "a home 80 m away"]
    assert (found["compared"], found["crowded"], found["unanswered"]) == (201, ["sound", "phone"], [])


def test_a_registered_person_is_asked_of_their_owner_alone_and_an_unknown_one_is_not_found() -> None:
    wanted = DuplicatesIn.model_validate({"person": {"kind": "donor", "id": "donor_1"}, "why": "two letters"})
    found, owners = call(find_likely_duplicates, wanted, charity=DuplicateDonors(items=(), compared=0))
    assert (found["items"], [query.to for query, _ in owners.asked]) == ([], ["charity"])
    with pytest.raises(Problem) as problem:
        call(find_likely_duplicates, wanted, charity=None)
    assert problem.value.status == 404
