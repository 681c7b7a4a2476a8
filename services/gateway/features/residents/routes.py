"""The paths of residents beside those of every plain thing: the search before a registration, and the personal data."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.people.answer import (
    DuplicatesAnswer,
    FoundPerson,
    PeopleFoundAnswer,
    duplicate_from_owner,
)
from services.gateway.features.people.request import LookUpIn
from services.gateway.features.residents import FEATURE
from services.gateway.features.residents.answer import ContactsAnswer, ResidentParticularsAnswer
from services.gateway.features.residents.request import DuplicateResidentsIn
from services.gateway.http.authentication import needs, require
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from shared.contracts.access import Actor
from shared.contracts.finding import LookUp
from shared.contracts.stations.relations import ReadContacts, ReadFamilyContacts
from shared.contracts.stations.resident_queries import FindDuplicateResidents, LookUpResidents, ReadResident
from shared.contracts.stations.residents import MANAGE, READ

router = APIRouter(tags=[FEATURE.path])
Manager = Annotated[Actor, Depends(needs(MANAGE))]
ParticularsReader = Annotated[Actor, Depends(needs(READ))]
NOUN: Final = FEATURE.noun


@router.post("/v1/residents/look-up", **describe(PeopleFoundAnswer, body=LookUpIn))
async def look_up_residents(
    caller: Manager, backend: TheBackend, wanted: Annotated[LookUpIn, Depends(json_body(LookUpIn))]
) -> Response:
    """Find residents by telephone, identity number, or name and year of birth: the search before a registration.

    Within the key's area; answered by reference alone, at most 20. Every look-up is recorded.
    """
    asked = LookUpResidents(**wanted.model_dump(include=set(LookUp.model_fields)))
    found = await backend.queries.ask(asked, actor=caller, why=wanted.why)
    items = [FoundPerson(kind=one.kind, id=one.id, area=one.area) for one in found.items]
    return reply(PeopleFoundAnswer(items=items, more=found.more, unanswered=[]))


@router.post("/v1/residents/likely-duplicates", **describe(DuplicatesAnswer, body=DuplicateResidentsIn))
@may_answer(404)
async def find_likely_duplicates_of_residents(
    caller: Manager,
    backend: TheBackend,
    wanted: Annotated[DuplicateResidentsIn, Depends(json_body(DuplicateResidentsIn))],
) -> Response:
    """Find residents who are likely one person, registered or described, with points and reasons.

    Within the key's area. At most 200 are compared, and recorded as read; 20 are answered, by reference.
    """
    asked = FindDuplicateResidents(person_id=wanted.resident_id, details=wanted.details)
    found = await backend.queries.ask(asked, actor=caller, why=wanted.why)
    if found is None:
        raise not_found(NOUN, wanted.resident_id or "")
    items = [duplicate_from_owner(one) for one in found.items]
    return reply(DuplicatesAnswer(items=items, compared=found.compared, crowded=list(found.crowded), unanswered=[]))


@router.get("/v1/residents/{resident_id}/particulars", **describe(ResidentParticularsAnswer))
async def read_resident_particulars(
    request: Request, resident_id: str, caller: ParticularsReader, backend: TheBackend
) -> Response:
    """Show the personal data of a resident, for keys with `personal:read` as well. The read is recorded.

    An id that was merged is answered with the surviving one.
    """
    require(caller, "personal:read")
    if await backend.views.one(FEATURE.view, resident_id, caller) is None:
        raise not_found(NOUN, resident_id)
    why = f"GET {request.url.path}"
    found = await backend.queries.ask(ReadResident(resident_id=resident_id), actor=caller, why=why)
    if found is None:
        raise not_found(NOUN, resident_id)
    return reply(ResidentParticularsAnswer.model_validate(found.model_dump(mode="json")))


@router.get("/v1/residents/{resident_id}/contacts", **describe(ContactsAnswer))
async def read_resident_contacts(
    request: Request, resident_id: str, caller: ParticularsReader, backend: TheBackend
) -> Response:
    """Show the carers, emergency contacts and guardians of a resident, for keys with `personal:read` as well.

    The read is recorded.
    """
    return await _contacts(request, ReadContacts, resident_id, caller, backend)


@router.get("/v1/residents/{resident_id}/family-contacts", **describe(ContactsAnswer))
@may_answer(409)
async def read_family_contacts(
    request: Request, resident_id: str, caller: ParticularsReader, backend: TheBackend
) -> Response:
    """Show the people to tell about a resident, by the resident's consent (`family_notice`): without it 409.

    For keys with `personal:read` as well. The read is recorded.
    """
    return await _contacts(request, ReadFamilyContacts, resident_id, caller, backend)


async def _contacts(
    request: Request,
    kind: type[ReadContacts | ReadFamilyContacts],
    resident_id: str,
    caller: Actor,
    backend: Backend,
) -> Response:
    require(caller, "personal:read")
    if await backend.views.one(FEATURE.view, resident_id, caller) is None:
        raise not_found(NOUN, resident_id)
    found = await backend.queries.ask(kind(resident_id=resident_id), actor=caller, why=f"GET {request.url.path}")
    if found is None:
        raise not_found(NOUN, resident_id)
    return reply(ContactsAnswer.model_validate(found.model_dump(mode="json")))
