"""The gateway's back end: all that the paths need while the application runs."""

from dataclasses import dataclass
from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Request
from pymongo.asynchronous.database import AsyncDatabase

from services.gateway.access.accounts import AccountStore
from services.gateway.access.keys import KeyStore
from services.gateway.access.login_delays import LoginDelays
from services.gateway.access.passwords import Passwords
from services.gateway.http.documented import may_answer
from services.gateway.messaging.broker import Broker
from services.gateway.messaging.commands import Commands
from services.gateway.messaging.queries import Queries
from services.gateway.reading.areas import KnownAreas
from services.gateway.reading.catalogue import CityCatalogue
from services.gateway.reading.external_ids import ExternalIds
from services.gateway.reading.new_things import NewThings
from services.gateway.reading.read_your_writes import Awaited, ReadYourWrites
from services.gateway.reading.views import Views
from shared.contracts.access import Actor
from shared.engine import Entity
from shared.engine.decide.schema import Document
from shared.runtime.clock import Clock

V = TypeVar("V", bound=Entity)


class Numbered(Protocol):
    """An owner's answer about a thing: its id, and its version after the command."""

    @property
    def id(self) -> str: ...

    @property
    def version(self) -> int: ...


@dataclass(slots=True)
class Backend:
    """One for the whole application, opened and closed with it."""

    database: AsyncDatabase[Document]
    keys: KeyStore
    accounts: AccountStore
    passwords: Passwords
    delays: LoginDelays
    broker: Broker
    commands: Commands
    queries: Queries
    known_areas: KnownAreas
    clock: Clock
    own_writes: ReadYourWrites
    new_things: NewThings
    views: Views
    external_ids: ExternalIds
    catalogue: CityCatalogue
    need_duplicate_days: int
    """Days after its registration in which a need is warned of as a likely duplicate."""

    async def wait_for_view(self, model: type[V], answer: Numbered) -> V | None:
        """Return the view once it shows the version that the owner answered; None where that takes too long."""
        awaited = Awaited(model, answer.id, answer.version)
        return (await self.own_writes.wait_for([awaited])).get(answer.id)

    async def wait_unless(self, minimal: bool, caller: Actor, model: type[V], answer: Numbered) -> V | None:
        """Return as `wait_for_view`; None at once where the answer is minimal: the caller's next read of it waits."""
        if minimal:
            self.new_things.note(caller, answer.id, answer.version)
            return None
        return await self.wait_for_view(model, answer)


# A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
@may_answer(504)
async def _backend(request: Request) -> Backend:
    backend: Backend = request.app.state.backend
    return backend


TheBackend = Annotated[Backend, Depends(_backend)]
