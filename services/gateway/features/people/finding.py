"""The paths by which people are found: look-up, and likely duplicates. Each owner of people is asked at once."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.people.answer import (
    DuplicatesAnswer,
    FoundPerson,
    PeopleFoundAnswer,
    duplicate_from_owner,
)
from services.gateway.features.people.request import DuplicatesIn, LookUpIn
from services.gateway.http.authentication import needs
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from shared.contracts import Query, Refused
from shared.contracts.access import Actor
from shared.contracts.charity.donors import FindDuplicateDonors, LookUpDonors
from shared.contracts.finding import FIND, MOST_FOUND, DuplicatesFound, LookUp, PeopleFound
from shared.contracts.volunteering.people import FindDuplicateVolunteers, LookUpVolunteers

router = APIRouter(tags=["people"])
Finder = Annotated[Actor, Depends(needs(FIND))]
_SILENT: Final = frozenset({"unavailable", "deadline", "failed"})
"""Refusals by which an owner does not answer; any other is about the question."""
A = TypeVar("A")


@router.post("/v1/people/look-up", **describe(PeopleFoundAnswer, body=LookUpIn))
async def look_up_people(
    caller: Finder, backend: TheBackend, wanted: Annotated[LookUpIn, Depends(json_body(LookUpIn))]
) -> Response:
    """Find volunteers and donors by telephone, identity number, or name and year of birth. Every look-up is recorded.

    Within the key's area; answered by reference alone, at most 20.
    """
    asked = wanted.model_dump(include=set(LookUp.model_fields))
    questions: list[Query[Any]] = [LookUpVolunteers(**asked), LookUpDonors(**asked)]
    answers, unanswered = await _ask_owners(backend, questions, caller, wanted.why)
    found: list[PeopleFound] = [answer for answer in answers if answer is not None]
    people = [FoundPerson(kind=one.kind, id=one.id, area=one.area) for answer in found for one in answer.items]
    more = len(people) > MOST_FOUND or any(answer.more for answer in found)
    return reply(PeopleFoundAnswer(items=people[:MOST_FOUND], more=more, unanswered=unanswered))


@router.post("/v1/people/likely-duplicates", **describe(DuplicatesAnswer, body=DuplicatesIn))
@may_answer(404)
async def find_likely_duplicates(
    caller: Finder, backend: TheBackend, wanted: Annotated[DuplicatesIn, Depends(json_body(DuplicatesIn))]
) -> Response:
    """Find people who are likely one person: a registered one among those of the same kind, or one described.

    At most 200 people of a kind are compared, and recorded as read; 20 are answered, by reference, with the reasons.
    """
    asked = wanted.question.model_dump()
    kinds: dict[str, Query[Any]] = {
        "volunteer": FindDuplicateVolunteers(**asked),
        "donor": FindDuplicateDonors(**asked),
    }
    questions = list(kinds.values()) if wanted.person is None else [kinds[wanted.person.kind]]
    answers, unanswered = await _ask_owners(backend, questions, caller, wanted.why)
    if wanted.person is not None and answers == [None]:
        raise not_found(wanted.person.kind, wanted.person.id)
    found: list[DuplicatesFound] = [answer for answer in answers if answer is not None]
    items = sorted((duplicate_from_owner(one) for answer in found for one in answer.items), key=lambda one: -one.score)
    crowded = dict.fromkeys(block for answer in found for block in answer.crowded)
    compared = sum(answer.compared for answer in found)
    return reply(
        DuplicatesAnswer(items=items[:MOST_FOUND], compared=compared, crowded=list(crowded), unanswered=unanswered)
    )


async def _ask_owners(
    backend: Backend, questions: Sequence[Query[A]], caller: Actor, why: str
) -> tuple[list[A], list[str]]:  # fmt: skip
    """Return the answers, and the services that gave none within their time. Raises Refused where none answers."""
    replies = await asyncio.gather(*(_ask(backend, question, caller, why) for question in questions))
    refusals = {
        question.to: answer for question, answer in zip(questions, replies, strict=True) if isinstance(answer, Refused)
    }
    answers = [answer for answer in replies if not isinstance(answer, Refused)]
    if not answers:
        raise next(iter(refusals.values()))
    return answers, list(refusals)


async def _ask(backend: Backend, question: Query[A], caller: Actor, why: str) -> A | Refused:
    try:
        return await backend.queries.ask(question, actor=caller, why=why)
    except Refused as refusal:
        if refusal.code not in _SILENT:
            raise
        return refusal
