"""The HTTP application: what it holds while it runs, its routes, its description."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from pymongo import AsyncMongoClient

from services.gateway import problems, reference
from services.gateway.auth import KeyStore, ensure_admin_key
from services.gateway.bodies import schemas
from services.gateway.broker import Broker
from services.gateway.commands import Commands
from services.gateway.domain.buckets import RateLimit
from services.gateway.edge import Edge
from services.gateway.feed import Feed
from services.gateway.house import House, KnownAreas
from services.gateway.models.requests import NeedIn
from services.gateway.pauses import Pauses
from services.gateway.queries import Queries
from services.gateway.routes import charity, events, keys, needs, operating, stations, volunteering
from services.gateway.settings import GatewaySettings
from services.gateway.settling import Settling
from services.gateway.storage import KEY_INDEXES
from services.gateway.tracing import open_tracer
from services.gateway.views import Views

_ROUTERS: Final = (  # in the order of use: the first that matches answers
    needs.router,
    stations.router,
    charity.router,
    volunteering.router,
    events.router,
    keys.router,
    operating.router,
)
_DESCRIPTION: Final = """
A community social-work station publishes a resident's need; resources are linked to it and volunteers dispatched.

* **Keys**: `Authorization: Bearer KEY`. A key has permissions (`read`, `write`, `personal`, `admin`) and may be
  bound to an area.
* **Writing**: send an `Idempotency-Key` with every POST; sent again it is answered as the first time. What was answered
  2xx is durable, and lists show it.
* **Versions**: a single thing has its version as `ETag`; send it as `If-Match` with an action, and it is refused (412)
  when somebody else was first.
* **Lists**: `{"items": […], "next": cursor | null}`; go on with `?after=cursor`.
* **Errors**: RFC 9457, with the field and the rule in `errors`.
* **Events**: `GET /v1/events?after=` or the stream; cursors have no gaps, and no event carries personal data.
"""


def create_app(settings: GatewaySettings) -> FastAPI:
    """The application; it connects when it starts."""
    app = FastAPI(
        title="Lianshan", version="0.1.0", description=_DESCRIPTION, lifespan=_lifespan, docs_url=None,
        redoc_url=None, separate_input_output_schemas=False,
    )  # fmt: skip
    app.state.settings = settings
    app.state.rates = RateLimit(settings.rate_per_second, settings.rate_burst)
    for router in _ROUTERS:
        app.include_router(router)
    problems.install(app)
    reference.install(app)
    app.state.tracer = open_tracer(settings)
    app.add_middleware(Edge, tracer=app.state.tracer)
    app.openapi = lambda: _describe(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: GatewaySettings = app.state.settings
    tracer = app.state.tracer
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.to_thread, tracer.stop)
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            settings.mongo_uri,
            tz_aware=True,
            appname="lianshan-gateway",
            serverSelectionTimeoutMS=5000,
            connectTimeoutMS=5000,
            socketTimeoutMS=20_000,
        )
        stack.push_async_callback(client.close)
        database = client[settings.database_name("gateway")]
        await database["keys"].create_indexes(KEY_INDEXES)
        await ensure_admin_key(database["keys"], settings.admin_key_file)
        broker = await stack.enter_async_context(Broker(settings.amqp_uri, settings.max_in_flight))
        settling = await stack.enter_async_context(Settling(database, settings.settle_milliseconds))
        feed = await stack.enter_async_context(Feed(database, settings.max_streams))
        queries = Queries(broker, settings.query_seconds, tracer)
        app.state.keys = KeyStore(database["keys"], settings.key_cache_seconds)
        app.state.house = House(
            settings=settings,
            database=database,
            keys=app.state.keys,
            broker=broker,
            commands=Commands(broker, settings.command_seconds, Pauses(database), tracer),
            queries=queries,
            known_areas=KnownAreas(queries),
            settling=settling,
            views=Views(database),
            feed=feed,
        )
        yield


def _describe(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        described = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            openapi_version="3.1.0",
        )
        models = [(model, "validation") for model in (*schemas(), NeedIn)]
        _, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
        described.setdefault("components", {}).setdefault("schemas", {}).update(definitions.get("$defs", {}))
        app.openapi_schema = described
    return app.openapi_schema
