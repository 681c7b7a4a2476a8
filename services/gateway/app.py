"""The HTTP application: its back end while it runs, its routes, its description."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import cache
from typing import Any, Final

from fastapi import FastAPI
from pymongo import AsyncMongoClient
from pymongo.read_concern import ReadConcern

from services.gateway.access.accounts import AccountStore
from services.gateway.access.keys import KeyStore, ensure_admin_key
from services.gateway.access.login_delays import LoginDelays
from services.gateway.access.passwords import Passwords
from services.gateway.access.provider_keys import ProviderKeys, open_client
from services.gateway.access.rate_limit import RateLimit
from services.gateway.access.sessions import SessionLimits, SessionStore
from services.gateway.access.tokens import Tokens
from services.gateway.backend import Backend
from services.gateway.declaration import FEATURES
from services.gateway.description.asyncapi import write_events
from services.gateway.description.openapi import describe_api
from services.gateway.features.accounts import routes as accounts
from services.gateway.features.accounts import session_routes as sessions
from services.gateway.features.accounts.view import ACCOUNTS, SESSIONS
from services.gateway.features.actors import routes as actors
from services.gateway.features.answer_links import page_routes as answer_pages
from services.gateway.features.answer_links import routes as answer_links
from services.gateway.features.answer_links.rates import AnswerRates
from services.gateway.features.areas import routes as areas
from services.gateway.features.attachments import routes as attachments
from services.gateway.features.audit import routes as audit
from services.gateway.features.catalogue import routes as catalogue
from services.gateway.features.consents import routes as consents
from services.gateway.features.copies import routes as copies
from services.gateway.features.coverage import routes as coverage
from services.gateway.features.dispatch import routes as dispatch
from services.gateway.features.donations import routes as donations
from services.gateway.features.donors import routes as donors
from services.gateway.features.exports import routes as exports
from services.gateway.features.feed import routes as feed
from services.gateway.features.feed.reader import Feed
from services.gateway.features.feed.streams import Streams
from services.gateway.features.funds import routes as funds
from services.gateway.features.jobs import routes as jobs
from services.gateway.features.keys import routes as keys
from services.gateway.features.keys.view import HASH, KEYS
from services.gateway.features.merges import routes as merges
from services.gateway.features.needs import amending as amended_needs
from services.gateway.features.needs import assessing as assessed_needs
from services.gateway.features.needs import contacts
from services.gateway.features.needs import merging as merged_needs
from services.gateway.features.needs import resident_routes as need_residents
from services.gateway.features.needs import routes as needs
from services.gateway.features.notices import report_routes as notice_reports
from services.gateway.features.notices import routes as notices
from services.gateway.features.operating import routes as operating
from services.gateway.features.own import routes as own
from services.gateway.features.payments import routes as payments
from services.gateway.features.people import finding
from services.gateway.features.people import routes as people
from services.gateway.features.plan_previews import routes as plan_previews
from services.gateway.features.reports import export_routes as report_exports
from services.gateway.features.reports import routes as reports
from services.gateway.features.residents import routes as residents
from services.gateway.features.screening import routes as screening
from services.gateway.features.shortfalls import routes as shortfalls
from services.gateway.features.stock import routes as stock
from services.gateway.features.tasks import routes as tasks
from services.gateway.features.timebank import routes as timebank
from services.gateway.features.webhooks import delivery_routes as webhook_deliveries
from services.gateway.features.webhooks import routes as webhooks
from services.gateway.features.workers import routes as workers
from services.gateway.http import problems
from services.gateway.http.access_log import AccessLog
from services.gateway.http.body_budget import BodyBudget
from services.gateway.http.edge import Edge
from services.gateway.http.route_index import RouteIndex
from services.gateway.messaging.broker import Broker
from services.gateway.messaging.clock import FollowedClock
from services.gateway.messaging.commands import Commands
from services.gateway.messaging.door import Door
from services.gateway.messaging.pauses import Pauses
from services.gateway.messaging.queries import Queries
from services.gateway.pages import routes as pages
from services.gateway.pages.written import WrittenDocuments
from services.gateway.plain.routes import build_router
from services.gateway.projection.plain import PlainFeature
from services.gateway.reading.areas import KnownAreas
from services.gateway.reading.catalogue import CityCatalogue
from services.gateway.reading.external_ids import ExternalIds
from services.gateway.reading.generations import Generations
from services.gateway.reading.new_things import NewThings
from services.gateway.reading.read_your_writes import ReadYourWrites
from services.gateway.reading.views import Views
from services.gateway.settings import GatewaySettings
from services.gateway.tracing import open_tracer
from shared.engine.decide.schema import Document
from shared.runtime.audit import AUDIT
from shared.runtime.audit import INDEXES as AUDIT_INDEXES
from shared.runtime.version import VERSION
from shared.words import LANGUAGES, Wording

STORE_MILLIS: Final = 5000
SOCKET_MILLIS: Final = 20_000
_ROUTERS: Final = (  # in the order of use: the first that matches answers
    needs.router,
    contacts.router,
    need_residents.router,
    attachments.router,
    areas.router,
    jobs.router,
    catalogue.router,
    *(build_router(feature) for feature in FEATURES if isinstance(feature, PlainFeature)),
    donors.router,
    funds.router,
    donations.router,
    stock.router,
    shortfalls.router,
    payments.router,
    people.router,
    finding.router,
    residents.router,
    workers.router,
    consents.router,
    copies.router,
    merges.router,
    dispatch.router,
    answer_links.router,
    notices.router,
    notice_reports.router,
    timebank.router,
    own.router,
    tasks.router,
    coverage.router,
    reports.router,
    report_exports.router,
    exports.router,
    plan_previews.router,
    screening.router,
    feed.router,
    needs.event_router,
    amended_needs.router,
    assessed_needs.router,
    merged_needs.router,
    webhooks.router,
    webhook_deliveries.router,
    keys.router,
    accounts.router,
    sessions.router,
    audit.router,
    actors.router,
    operating.router,
)
_DESCRIPTION: Final = """
A community social-work station publishes a resident's need; resources are linked to it and volunteers dispatched.

* **Keys**: `Authorization: Bearer KEY`. A key has roles, which grant permissions, and may be bound to an area: what
  lies elsewhere does not exist for it (404), and naming another area is refused (403). Where the operator has named a
  provider of identities (OIDC), its access tokens (JWT) count like keys until they end. People may also sign in with
  name and password (`POST /v1/sessions`): the token of the session counts like a key.
* **Writing**: send an `Idempotency-Key` with every POST; sent again it is done no second time. What was answered
  2xx is durable, and lists show it, a moment later where `Prefer` asks for a minimal answer.
* **Versions**: a single thing has its version as `ETag`; send it as `If-Match` with an action, and it is refused (412)
  when somebody else was first.
* **Lists**: `{"items": […], "next": cursor | null}`; go on with `?after=cursor`.
* **Errors**: RFC 9457, with the reason code in `rule`, its values in `args`, and the fields in `errors`. `type`
  is the path of a page about it; a rule has its page at `/rules/<rule>`.
* **Languages**: sentences are worded by `Accept-Language` (`zh`, `en`); codes and values are the same in both. Programs
  go by the codes; `/problems` lists those of errors.
* **Events**: `GET /v1/events?after=` or the stream; cursors have no gaps, and no event carries personal data. The JSON
  Schema of its `data` is at the path that follows `lianshan:` in `dataschema`; `/asyncapi.json` lists all events.
  After a restore a cursor is answered 410: read the lists again, then go on after `args.start`.
"""


def create_app(settings: GatewaySettings) -> FastAPI:
    """Return the application. It connects to the servers when it starts, not here."""
    app = _make_api()
    app.state.routes = RouteIndex((*_ROUTERS, pages.router, answer_pages.router))
    app.router.routes.append(app.state.routes)
    app.state.settings = settings
    app.state.body_budget = BodyBudget(settings.max_bodies_bytes, settings.bodies_wait_seconds)
    app.state.rates = RateLimit(settings.rate_per_second, settings.rate_burst)
    app.state.tokens = None
    problems.install(app)
    app.state.written = WrittenDocuments(describe, write_events)
    app.state.tracer = open_tracer(settings)
    zone = settings.city_zone
    app.state.catalogue = words_of_city = CityCatalogue()
    wordings = {language: Wording(language, zone, lambda: words_of_city.current) for language in LANGUAGES}
    app.state.wording, app.state.wordings = wordings[settings.language], wordings
    app.state.answer_rates = AnswerRates.of(settings.answer_rate_per_second)
    app.state.report_rates = notice_reports.limit_reports(settings)
    app.state.access_log = access = AccessLog(settings.access_log_folder, settings.access_log_days)
    app.add_middleware(Edge, tracer=app.state.tracer, access=access, wordings=wordings, default=settings.language)
    app.openapi = describe  # type: ignore[method-assign]
    return app


@cache
def describe() -> dict[str, Any]:
    """Return the OpenAPI description, which no setting changes. The first call takes two seconds of CPU."""
    api = _make_api()
    for router in _ROUTERS:
        api.include_router(router)
    return describe_api(api, _ROUTERS)


def _make_api() -> FastAPI:
    return FastAPI(
        title="Lianshan", version=VERSION, description=_DESCRIPTION, lifespan=_lifespan, docs_url=None,
        redoc_url=None, openapi_url=None, separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: route.name,
    )  # fmt: skip


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: GatewaySettings = app.state.settings
    tracer = app.state.tracer
    async with AsyncExitStack() as stack:
        # First in, last out: spans of the stop itself are sent, too.
        stack.push_async_callback(asyncio.to_thread, tracer.stop)
        await stack.enter_async_context(app.state.access_log)
        client = _client(settings)
        stack.push_async_callback(client.close)
        # Reads of a majority, so that a failover takes nothing back that was shown.
        database = client.get_database(settings.database_name("gateway"), read_concern=ReadConcern("majority"))
        await database[KEYS].create_indexes([HASH])
        await database[AUDIT].create_indexes(list(AUDIT_INDEXES[AUDIT]))
        await ensure_admin_key(database[KEYS], settings.admin_key_file)
        clock = (await stack.enter_async_context(FollowedClock(database, settings.movable_clock))).clock
        broker = await stack.enter_async_context(Broker(settings.amqp_uri, settings.max_in_flight, clock))
        generations = await stack.enter_async_context(Generations(database, FEATURES))
        await stack.enter_async_context(app.state.catalogue.following(database, generations.find))
        waiting = ReadYourWrites(database, generations.find, settings.settle_milliseconds)
        own_writes = await stack.enter_async_context(waiting)
        app.state.feed = await stack.enter_async_context(Feed(database, settings.max_streams))
        app.state.keys = keys_known = KeyStore(database[KEYS], settings.key_cache_seconds, clock.machine)
        app.state.sessions = sessions_known = SessionStore(
            database[SESSIONS], _session_limits(settings), settings.key_cache_seconds, clock.machine
        )
        if (provider := settings.identity_provider) is not None:
            provider_keys = await stack.enter_async_context(ProviderKeys(provider, open_client(provider)))
            app.state.tokens = Tokens(provider, provider_keys, clock.machine)
        streams = Streams(app.state.feed, keys_known, sessions_known, settings.max_streams_of_one)
        app.state.streams = await stack.enter_async_context(streams)
        queries = await stack.enter_async_context(Queries(broker, settings.query_seconds, tracer, database))
        tls = settings.client_tls.context() if "https:" in settings.broker_metrics_urls else None
        door = await stack.enter_async_context(Door(settings.metrics_of_broker, tls, broker, database))
        app.state.backend = Backend(
            database=database,
            keys=keys_known,
            accounts=AccountStore(database[ACCOUNTS], sessions_known, clock.machine),
            passwords=stack.enter_context(Passwords()),
            delays=LoginDelays(),
            broker=broker,
            commands=Commands(
                broker, settings.command_seconds, Pauses(database), door, tracer, owner_keys=queries.owner_keys
            ),
            queries=queries,
            known_areas=KnownAreas(queries),
            clock=clock,
            own_writes=own_writes,
            new_things=(new_things := NewThings(own_writes)),
            views=Views(database, generations.name, new_things),
            external_ids=ExternalIds(queries),
            catalogue=app.state.catalogue,
            need_duplicate_days=settings.need_duplicate_days,
        )
        yield


def _session_limits(settings: GatewaySettings) -> SessionLimits:
    return SessionLimits(timedelta(hours=settings.session_hours), timedelta(minutes=settings.session_idle_minutes))


def _client(settings: GatewaySettings) -> AsyncMongoClient[Document]:
    return AsyncMongoClient(
        settings.mongo_uri,
        tz_aware=True,
        appname="lianshan-gateway",
        serverSelectionTimeoutMS=STORE_MILLIS,
        connectTimeoutMS=STORE_MILLIS,
        socketTimeoutMS=SOCKET_MILLIS,
    )
