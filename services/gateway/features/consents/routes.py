"""Consents: recorded, listed, renewed and withdrawn; and personal data handed over by separate consent."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.consents.answer import (
    ConsentAnswer,
    SharedAnswer,
    consent_from_owner,
    consent_from_view,
    shared_from_owner,
)
from services.gateway.features.consents.request import (
    GIVE,
    READ,
    RENEW,
    WITHDRAW,
    ConsentIn,
    RenewalIn,
    SharedIn,
    find_kind,
)
from services.gateway.features.consents.view import KEPT, NOUN, is_visible, visible_to
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader, allows, needs
from services.gateway.http.bodies import EmptyBody, build_command, json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.parameters import After, ExpectedVersion, IdOf, InArea, Limit, RequestOrigin
from services.gateway.http.preference import PrefersMinimal
from services.gateway.http.problems import Problem, not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.messaging.commands import Origin
from services.gateway.plain.answer import HistoryAnswer, describe_changes
from services.gateway.projection.plain import PlainView
from services.gateway.reading.areas import area_rule
from services.gateway.reading.history import read_history
from services.gateway.reading.views import filters
from shared.contracts.access import Actor
from shared.contracts.consents import ConsentShape, ConsentState, GiveConsent, RenewConsent, WithdrawConsent
from shared.contracts.messages import Command
from shared.contracts.persons import PersonKind
from shared.contracts.plain import Action

router = APIRouter(tags=["consents"])
Agency = Annotated[Actor, Depends(needs("shared:read"))]
Recorder = Annotated[Actor, Depends(allows(GiveConsent))]
ListedConsents: Final[Any] = Listed[ConsentAnswer]  # type: ignore[valid-type]


@router.post("/v1/consents", **describe(ConsentAnswer, body=ConsentIn, new=True, minimal=True))
async def give_consent(
    caller: Recorder,
    backend: TheBackend,
    origin: RequestOrigin,
    minimal: PrefersMinimal,
    asked: Annotated[ConsentIn, Depends(json_body(ConsentIn))],
) -> Response:
    """Record a consent that a person has given. With a recipient it is separate consent to that agency alone."""
    terms = {name: value for name, value in asked if name != "person"}
    command = build_command(GIVE[asked.person.kind], person_id=asked.person.id, **terms)
    shape = await backend.commands.send(command, ConsentShape, origin)
    await backend.wait_unless(minimal, caller, KEPT.view, shape)
    return reply_created(consent_from_owner(shape), f"/v1/consents/{shape.id}", minimal=minimal)


@router.get("/v1/consents", **describe(ListedConsents))
async def list_consents(
    caller: Reader, backend: TheBackend, limit: Limit = 50, after: After = None, area: InArea = None,
    person_id: IdOf = None, recipient: IdOf = None, state: ConsentState | None = None,
) -> Response:  # fmt: skip
    """List consents, those of one kind of person after the other, newest first.

    Those of residents are listed with `residents:read`, and to the agency that is the recipient.
    """
    wanted = {"shape.person_id": person_id, "shape.recipient": recipient, "shape.state": state}
    rule = {**area_rule(caller, area), **filters(**wanted), **visible_to(caller)}
    page = await backend.views.page(KEPT.view, rule, limit=limit, after=after)
    return reply(ListedConsents(items=[consent_from_view(view) for view in page.views], next=page.next))


@router.get("/v1/consents/{consent_id}", **describe(ConsentAnswer))
async def read_consent(consent_id: str, caller: Reader, backend: TheBackend) -> Response:
    """Show one consent."""
    return reply(consent_from_view(await _find(backend, caller, consent_id)))


@router.get("/v1/consents/{consent_id}/history", **describe(HistoryAnswer))
async def read_consent_history(
    consent_id: str, caller: Reader, backend: TheBackend, limit: Limit = 50, after: After = None
) -> Response:
    """Show the changes of one consent, oldest first."""
    await _find(backend, caller, consent_id)
    before, entries, following = await read_history(backend.views, KEPT.history, consent_id, limit, after)
    return reply(HistoryAnswer(items=describe_changes(before, entries), next=following))


@router.post("/v1/consents/{consent_id}/renew", **describe(ConsentAnswer, body=RenewalIn))
async def renew_consent(
    consent_id: str, _: Annotated[Actor, Depends(allows(RenewConsent))], backend: TheBackend, origin: RequestOrigin,
    expected: ExpectedVersion, asked: Annotated[Any, Depends(json_body(RenewalIn))],
) -> Response:  # fmt: skip
    """Record that a consent was given once more, also after it has run out."""
    command = _command(RENEW, consent_id, expected, **dict(asked))
    return reply(consent_from_owner(await _send(backend, origin, command)))


@router.post("/v1/consents/{consent_id}/withdraw", **describe(ConsentAnswer, body=EmptyBody, optional=True))
async def withdraw_consent(
    consent_id: str, _: Annotated[Actor, Depends(allows(WithdrawConsent))], backend: TheBackend, origin: RequestOrigin,
    expected: ExpectedVersion, _body: Annotated[EmptyBody, Depends(json_body(EmptyBody, optional=True))],
) -> Response:  # fmt: skip
    """Withdraw a consent at once; handling before stays lawful. Repeated, it changes nothing."""
    command = _command(WITHDRAW, consent_id, expected)
    return reply(consent_from_owner(await _send(backend, origin, command)))


@router.post("/v1/people/shared", **describe(SharedAnswer, body=SharedIn))
@may_answer(404)
async def read_shared(
    caller: Agency, backend: TheBackend, asked: Annotated[SharedIn, Depends(json_body(SharedIn))]
) -> Response:
    """Read a person's data as an agency, by the scopes and the purpose of separate consent. It is recorded.

    404 without that consent, as for an id that nobody has: an agency does not learn which.
    """
    query = READ[asked.person.kind](person_id=asked.person.id, scopes=asked.scopes, purpose=asked.purpose)
    opened = await backend.queries.ask(query, actor=caller, why=asked.purpose)
    if opened is None:
        raise Problem(404, "not_found", "nothing_shared", field="person", kind=asked.person.kind, id=asked.person.id)
    return reply(shared_from_owner(asked.person, opened))


def _command(
    kinds: Mapping[PersonKind, type[Action]], consent_id: str, expected: int | None, **fields: object
) -> Action:
    """Return the command to the owner of the consent. Raises Problem (404) for an id that none can have."""
    kind = find_kind(consent_id)
    if kind is None:
        raise not_found(NOUN, consent_id)
    return build_command(kinds[kind], id=consent_id, expected_version=expected, **fields)


async def _find(backend: Backend, caller: Actor, consent_id: str) -> PlainView:
    view = await backend.views.one(KEPT.view, consent_id, caller)
    if view is None or not is_visible(view, caller):
        raise not_found(NOUN, consent_id)
    return view


async def _send(backend: Backend, origin: Origin, command: Command) -> ConsentShape:
    """Send the command; return its answer once the view shows it, or after the setting's wait."""
    answer = await backend.commands.send(command, ConsentShape, origin)
    await backend.wait_for_view(KEPT.view, answer)
    return answer
