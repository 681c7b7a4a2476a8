"""Merges (合并) of volunteers and of donors."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.donors.view import DonorView
from services.gateway.features.merges.answer import MergeAnswer, MergesAnswer, merge_from_view, person_from_known
from services.gateway.features.merges.identities import find_person
from services.gateway.features.merges.request import MergeIn, UnmergeIn
from services.gateway.features.merges.view import MergeView
from services.gateway.features.people.view import VolunteerView
from services.gateway.http.authentication import Reader, allows
from services.gateway.http.bodies import build_command, json_body
from services.gateway.http.documented import PROBLEMS, describe
from services.gateway.http.parameters import After, ExpectedVersion, Limit, RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from services.gateway.messaging.commands import Origin
from services.gateway.projection.view import View
from shared.contracts.access import Actor
from shared.contracts.charity.merges import DonorMergeAnswer, MergeDonors, UnmergeDonors
from shared.contracts.merging import MergeAnswer as OwnersAnswer
from shared.contracts.messages import Command
from shared.contracts.volunteering.merges import MergeVolunteers, UnmergeVolunteers, VolunteerMergeAnswer

router = APIRouter(tags=["merges"], responses=PROBLEMS)
A = TypeVar("A", bound=OwnersAnswer)
TheMerge = Annotated[MergeIn, Depends(json_body(MergeIn))]
TheUndoing = Annotated[UnmergeIn, Depends(json_body(UnmergeIn))]


@router.post("/v1/volunteers/{volunteer_id}/merge", **describe(MergeAnswer, body=MergeIn))
async def merge_volunteers(
    volunteer_id: str,
    _caller: Annotated[Actor, Depends(allows(MergeVolunteers))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    asked: TheMerge,
) -> Response:
    """Have a volunteer's id stand for another's: both are one person. Promises and record of service go over."""
    command = build_command(MergeVolunteers, volunteer_id=volunteer_id, expected_version=expected, **dict(asked))
    return await _send(backend, origin, command, VolunteerMergeAnswer)


@router.post("/v1/volunteers/{volunteer_id}/unmerge", **describe(MergeAnswer, body=UnmergeIn))
async def unmerge_volunteers(
    volunteer_id: str,
    _caller: Annotated[Actor, Depends(allows(UnmergeVolunteers))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    asked: TheUndoing,
) -> Response:
    """Undo the merge of this id: each has its own again; what happened since stays with the other."""
    command = build_command(UnmergeVolunteers, volunteer_id=volunteer_id, expected_version=expected, **dict(asked))
    return await _send(backend, origin, command, VolunteerMergeAnswer)


@router.get("/v1/volunteers/{volunteer_id}/merges", **describe(MergesAnswer))
async def list_volunteer_merges(
    volunteer_id: str, caller: Reader, backend: TheBackend, limit: Limit = 50, after: After = None
) -> Response:
    """Show the ids of a volunteer, and every merge and undoing that led to them, newest first."""
    return await _history(backend, caller, VolunteerView, "volunteer", volunteer_id, limit, after)


@router.post("/v1/donors/{donor_id}/merge", **describe(MergeAnswer, body=MergeIn))
async def merge_donors(
    donor_id: str,
    _caller: Annotated[Actor, Depends(allows(MergeDonors))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    asked: TheMerge,
) -> Response:
    """Have a donor's id stand for another's: both are one giver. Gifts and receipts stay under the id of their day."""
    command = build_command(MergeDonors, donor_id=donor_id, expected_version=expected, **dict(asked))
    return await _send(backend, origin, command, DonorMergeAnswer)


@router.post("/v1/donors/{donor_id}/unmerge", **describe(MergeAnswer, body=UnmergeIn))
async def unmerge_donors(
    donor_id: str,
    _caller: Annotated[Actor, Depends(allows(UnmergeDonors))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    asked: TheUndoing,
) -> Response:
    """Undo the merge of this id; gifts since then stay with the other."""
    command = build_command(UnmergeDonors, donor_id=donor_id, expected_version=expected, **dict(asked))
    return await _send(backend, origin, command, DonorMergeAnswer)


@router.get("/v1/donors/{donor_id}/merges", **describe(MergesAnswer))
async def list_donor_merges(
    donor_id: str, caller: Reader, backend: TheBackend, limit: Limit = 50, after: After = None
) -> Response:
    """Show the ids of a donor, and every merge and undoing that led to them, newest first."""
    return await _history(backend, caller, DonorView, "donor", donor_id, limit, after)


async def _send(backend: Backend, origin: Origin, command: Command, answers: type[A]) -> Response:
    answer = await backend.commands.send(command, answers, origin)
    view = await backend.wait_for_view(MergeView, answer)
    body: BaseModel = answer if view is None else merge_from_view(view)
    return reply(body)


async def _history(
    backend: Backend, caller: Actor, model: type[View], kind: str, person_id: str, limit: int, after: str | None
) -> Response:
    person = await find_person(backend.views, person_id)
    if await backend.views.one(model, person.id, caller) is None:
        raise not_found(kind, person_id)
    # Under every id that is the person's now, and under the one asked for, whose merges may all be undone.
    ids = sorted({*person.ids, person_id})
    rule = {"$or": [{"merged_id": {"$in": ids}}, {"survivor_id": {"$in": ids}}]}
    page = await backend.views.page(MergeView, rule, limit=limit, after=after)
    items = [merge_from_view(view) for view in page.views]
    return reply(MergesAnswer(person=person_from_known(person), items=items, next=page.next))
