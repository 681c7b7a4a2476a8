"""What the application holds while it runs, for the routes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from pydantic_core import to_json
from pymongo.asynchronous.database import AsyncDatabase
from starlette.responses import Response

from services.gateway.auth import KeyStore
from services.gateway.broker import Broker
from services.gateway.commands import Commands, Origin, generated_key
from services.gateway.feed import Feed
from services.gateway.problems import Problem
from services.gateway.queries import Queries
from services.gateway.settings import GatewaySettings
from services.gateway.settling import Settling, Sight
from services.gateway.views import Views

KNOWN_AREA_SECONDS = 60.0
MOST_KNOWN_AREAS = 20_000


@dataclass(slots=True)
class KnownAreas:
    """Codes that the register is known to hold; a code that was unknown a moment ago is asked for again."""

    queries: Queries
    clock: Callable[[], float] = monotonic
    _until: dict[str, float] = field(default_factory=dict)

    async def check(self, code: str, field_name: str) -> None:
        """Raises Problem where the register does not hold the code."""
        if self._until.get(code, 0.0) > self.clock():
            return
        if code not in await self.queries.call("stations", "known_areas", [code]):
            raise Problem.about(
                field_name, "known area", f"{code} is not in the register of areas: check the code, or import it."
            )
        if len(self._until) >= MOST_KNOWN_AREAS:
            self._until.clear()
        self._until[code] = self.clock() + KNOWN_AREA_SECONDS


@dataclass(slots=True)
class House:
    """One for the whole application."""

    settings: GatewaySettings
    database: AsyncDatabase[dict[str, Any]]
    keys: KeyStore
    broker: Broker
    commands: Commands
    queries: Queries
    known_areas: KnownAreas
    settling: Settling
    views: Views
    feed: Feed

    async def shown(self, collection: str, answer: dict[str, Any]) -> dict[str, Any] | None:
        """The view of what a command answered about, once it shows that; None where it takes too long."""
        thing_id, version = str(answer.get("id", "")), int(answer.get("version") or 1)
        found = await self.settling.seen([Sight(collection, thing_id, version)])
        return self.views.today(collection, found)[0] if found else None


# Coroutines although they wait for nothing: FastAPI would run plain functions in threads.
async def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


async def _origin(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            description="Names this request: sent again with the same body it is answered as the first time.",
        ),
    ] = None,
) -> Origin:
    state = request.scope["state"]
    # The answer names it too, whatever it is: who has sent none can still retry safely.
    state["idempotency_key"] = idempotency_key = idempotency_key or generated_key()
    return Origin(
        key_id=state["caller"].key_id,
        method=request.method,
        path=request.url.path,
        idempotency_key=idempotency_key,
        correlation=state["correlation"],
    )


async def _expected_version(
    if_match: Annotated[
        str | None, Header(max_length=64, description="The ETag that was read: refuse if it is not current.")
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Problem.about("If-Match", "an ETag", 'Give the ETag as it was read, like "3".')
    return int(text)


In = Annotated[House, Depends(_house)]
Asked = Annotated[Origin, Depends(_origin)]
ExpectedVersion = Annotated[int | None, Depends(_expected_version)]


def reply(body: Any, status: int = 200, *, location: str | None = None) -> Response:
    """JSON, with the thing's version as its ETag."""
    headers = {}
    if isinstance(body, dict) and isinstance(body.get("version"), int):
        headers["ETag"] = f'"{body["version"]}"'
    if location is not None:
        headers["Location"] = location
    return Response(to_json(body), status_code=status, headers=headers, media_type="application/json")
