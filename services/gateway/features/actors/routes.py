"""The principal behind a reference in an event."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.http.answers import Answer
from services.gateway.http.authentication import needs
from services.gateway.http.documented import describe
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from shared.contracts.access import Actor, Reference
from shared.contracts.access.owners import ReadActor, ReadCharityActor, ReadStationsActor, ReadVolunteeringActor

router = APIRouter(tags=["audit"])
QUERIES: Final[dict[str, type[ReadActor]]] = {
    query.to: query for query in (ReadStationsActor, ReadCharityActor, ReadVolunteeringActor)
}
_REFERENCE: Final[TypeAdapter[Any]] = TypeAdapter(Reference)


class ActorOfReference(Answer):
    """The principal behind a reference."""

    reference: str
    principal: str
    kind: str


@router.get("/v1/actors/{reference}", **describe(ActorOfReference))
async def read_actor(
    request: Request,
    reference: Annotated[str, Path(description="As an event names it: `actor.stations.…`.")],
    caller: Annotated[Actor, Depends(needs("audit:read"))],
    backend: TheBackend,
) -> Response:
    """Show the principal behind a reference in an event. The read is recorded."""
    try:
        service = _REFERENCE.validate_python(reference).split(".")[1]
    except ValidationError:
        raise not_found("actor", reference) from None
    query = QUERIES.get(service)
    if query is None:
        raise not_found("actor", reference)
    found = await backend.queries.ask(query(reference=reference), actor=caller, why=f"GET {request.url.path}")
    if found is None:
        raise not_found("actor", reference)
    return reply(ActorOfReference(reference=found.reference, principal=found.principal, kind=found.kind))
