"""The paths of merges (合并), the same for every kind of person that may be registered twice."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.donors.view import DonorView
from services.gateway.features.merges.answer import MergeAnswer, MergesAnswer, merge_from_view, person_from_known
from services.gateway.features.merges.identities import find_person
from services.gateway.features.merges.request import MergeIn, UnmergeIn
from services.gateway.features.merges.view import MergeView
from services.gateway.features.people.view import VolunteerView
from services.gateway.features.residents.view import ResidentView
from services.gateway.http.authentication import allows, needs
from services.gateway.http.bodies import build_command, json_body
from services.gateway.http.documented import describe, name_path
from services.gateway.http.parameters import After, ExpectedVersion, Limit, RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from services.gateway.messaging.commands import Origin
from services.gateway.projection.view import View
from shared.contracts.access import Actor, Permission
from shared.contracts.charity.merges import DonorMergeAnswer, MergeDonors, UnmergeDonors
from shared.contracts.merging import MergeAnswer as OwnersAnswer
from shared.contracts.merging import MergePersons, UnmergePersons
from shared.contracts.persons import PersonKind
from shared.contracts.stations.merges import MergeResidents, ResidentMergeAnswer, UnmergeResidents
from shared.contracts.stations.residents import READ
from shared.contracts.volunteering.merges import MergeVolunteers, UnmergeVolunteers, VolunteerMergeAnswer

TheMerge = Annotated[MergeIn, Depends(json_body(MergeIn))]
TheUndoing = Annotated[UnmergeIn, Depends(json_body(UnmergeIn))]


@dataclass(frozen=True)
class MergePaths:
    """The paths of one kind of person: where its view is, the commands of its owner, and their sentences.

    `seen_with` is the permission that shows the history.
    """

    kind: PersonKind
    view: type[View]
    merge: type[MergePersons]
    unmerge: type[UnmergePersons]
    answer: type[OwnersAnswer]
    merge_words: str
    unmerge_words: str
    seen_with: Permission = "read"

    def add_to(self, router: APIRouter) -> None:
        """Add the three paths below `/v1/<kind>s/{<kind>_id}`."""
        path, of_path = f"/v1/{self.kind}s/{{{self.kind}_id}}", Path(alias=f"{self.kind}_id")
        may_merge, may_part = Depends(allows(self.merge)), Depends(allows(self.unmerge))
        may_see = Depends(needs(self.seen_with))

        async def merge(
            person_id: Annotated[str, of_path], _caller: Annotated[Actor, may_merge], backend: TheBackend,
            origin: RequestOrigin, expected: ExpectedVersion, asked: TheMerge,
        ) -> Response:  # fmt: skip
            return await self._send(backend, origin, self.merge, person_id, expected, asked)

        async def unmerge(
            person_id: Annotated[str, of_path], _caller: Annotated[Actor, may_part], backend: TheBackend,
            origin: RequestOrigin, expected: ExpectedVersion, asked: TheUndoing,
        ) -> Response:  # fmt: skip
            return await self._send(backend, origin, self.unmerge, person_id, expected, asked)

        async def history(
            person_id: Annotated[str, of_path], caller: Annotated[Actor, may_see], backend: TheBackend,
            limit: Limit = 50, after: After = None,
        ) -> Response:  # fmt: skip
            return await self._list(backend, caller, person_id, limit, after)

        name_path(merge, f"merge_{self.kind}s", self.merge_words)
        name_path(unmerge, f"unmerge_{self.kind}s", self.unmerge_words)
        shown = f"Show the ids of a {self.kind}, and every merge and undoing that led to them, newest first."
        name_path(history, f"list_{self.kind}_merges", shown)
        router.post(f"{path}/merge", **describe(MergeAnswer, body=MergeIn))(merge)
        router.post(f"{path}/unmerge", **describe(MergeAnswer, body=UnmergeIn))(unmerge)
        router.get(f"{path}/merges", **describe(MergesAnswer))(history)

    async def _send(
        self, backend: Backend, origin: Origin, kind: type[MergePersons | UnmergePersons], person_id: str,
        expected: int | None, asked: MergeIn | UnmergeIn,
    ) -> Response:  # fmt: skip
        named = {f"{self.kind}_id": person_id, "expected_version": expected}
        answer = await backend.commands.send(build_command(kind, **named, **dict(asked)), self.answer, origin)
        view = await backend.wait_for_view(MergeView, answer)
        return reply(answer if view is None else merge_from_view(view))

    async def _list(self, backend: Backend, caller: Actor, person_id: str, limit: int, after: str | None) -> Response:
        person = await find_person(backend.views, person_id)
        if await backend.views.one(self.view, person.id, caller) is None:
            raise not_found(self.kind, person_id)
        # Under every id that is the person's now, and under the one asked for, whose merges may all be undone.
        ids = sorted({*person.ids, person_id})
        rule = {"$or": [{"merged_id": {"$in": ids}}, {"survivor_id": {"$in": ids}}]}
        page = await backend.views.page(MergeView, rule, limit=limit, after=after)
        items = [merge_from_view(view) for view in page.views]
        return reply(MergesAnswer(person=person_from_known(person), items=items, next=page.next))


PEOPLE: Final = (
    MergePaths(
        "volunteer", VolunteerView, MergeVolunteers, UnmergeVolunteers, VolunteerMergeAnswer,
        "Have a volunteer's id stand for another's: both are one person. Promises and record of service go over.",
        "Undo the merge of this id: each has its own records again; later ones stay with the other.",
    ),
    MergePaths(
        "donor", DonorView, MergeDonors, UnmergeDonors, DonorMergeAnswer,
        "Have a donor's id stand for another's: both are one giver. Gifts and receipts stay under the id of their day.",
        "Undo the merge of this id; gifts since then stay with the other.",
    ),
    MergePaths(
        "resident", ResidentView, MergeResidents, UnmergeResidents, ResidentMergeAnswer,
        "Have a resident's id stand for another's: both are one person. Needs and consents count under either id.",
        "Undo the merge of this id: each has their own needs, consents and place in the household again.", READ,
    ),
)  # fmt: skip


def _build_router() -> APIRouter:
    router = APIRouter(tags=["merges"])
    for person in PEOPLE:
        person.add_to(router)
    return router


router: Final = _build_router()
