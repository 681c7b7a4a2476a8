"""Health, readiness and metrics. On the port of the API metrics take a key, on the port for probes nothing does."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from pymongo.errors import PyMongoError
from starlette.responses import PlainTextResponse, Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.operating.answer import Alive, Readiness
from services.gateway.http.authentication import needs
from services.gateway.http.replies import reply
from shared.contracts.access import Actor
from shared.runtime.logging import describe
from shared.runtime.metrics import show_readiness
from shared.runtime.version import VERSION

Operator = Annotated[Actor, Depends(needs("metrics:read"))]
router = APIRouter(tags=["operating"])
"""The paths on the port of the API."""
inner_router = APIRouter()
"""Those on the port for probes, which nobody outside reaches."""
_READY: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Both can be reached.", "model": Readiness},
    503: {"description": "A server cannot be reached: `wrong` names it.", "model": Readiness},
}
CHECKS: Final = ("messages", "store")
PING_MILLISECONDS: Final = 2000


@inner_router.get("/healthz")
@router.get("/healthz", responses={200: {"model": Alive}})
async def read_health() -> Response:
    """Answer that the process is alive."""
    return reply(Alive(status="alive", version=VERSION))


@inner_router.get("/readyz")
@router.get("/readyz", responses=_READY)
async def read_readiness(backend: TheBackend) -> Response:
    """Answer whether RabbitMQ and MongoDB can be reached, with 503 where one cannot."""
    wrong = await _wrong(backend)
    return reply(Readiness(status="not ready" if wrong else "ready", wrong=wrong), 503 if wrong else 200)


@router.get("/metrics", response_class=PlainTextResponse)
async def read_metrics(_: Operator, backend: TheBackend) -> Response:
    """Show the metrics of this process, for Prometheus. The port for probes shows them without a key."""
    return await show_metrics(backend)


@inner_router.get("/metrics")
async def show_metrics(backend: TheBackend) -> Response:
    """Show the metrics of this process."""
    show_readiness("gateway-api", await _wrong(backend), CHECKS)
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


async def _wrong(backend: Backend) -> dict[str, str]:
    """The servers that do not answer, each with the reason."""
    wrong: dict[str, str] = {}
    if not backend.broker.connected:
        wrong["messages"] = "not connected to RabbitMQ"
    # The command with its own limit: a probe must not wait as long as a request may.
    try:
        await backend.database.command("ping", maxTimeMS=PING_MILLISECONDS)
    except PyMongoError as error:
        wrong["store"] = describe(error)
    return wrong
