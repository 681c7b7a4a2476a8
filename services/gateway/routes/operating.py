"""What those who run it ask: is it alive, is it ready, what are its numbers. No key: see the network, not the API."""

from typing import Final

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from pymongo.errors import PyMongoError
from starlette.responses import Response

from services.gateway.house import House, In, reply
from shared.runtime.logging import describe
from shared.runtime.metrics import show_readiness
from shared.runtime.version import package_version

router = APIRouter(tags=["operating"])
CHECKS: Final = ("messages", "store")


@router.get("/healthz")
async def alive() -> Response:
    """The process turns."""
    return reply({"status": "alive", "version": package_version()})


@router.get("/readyz")
async def ready(house: In) -> Response:
    """RabbitMQ and MongoDB answer."""
    wrong = await _wrong(house)
    return reply({"status": "not ready" if wrong else "ready", "wrong": wrong}, 503 if wrong else 200)


@router.get("/metrics")
async def metrics(house: In) -> Response:
    """For Prometheus."""
    show_readiness("gateway-api", await _wrong(house), CHECKS)
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


async def _wrong(house: House) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not house.broker.connected:
        wrong["messages"] = "not connected to RabbitMQ"
    try:
        await house.database.command("ping", maxTimeMS=2000)
    except PyMongoError as error:
        wrong["store"] = describe(error)
    return wrong
