"""The port for probes and Prometheus, apart from the API's: health, readiness and metrics, without a key."""

import asyncio
from dataclasses import replace
from typing import Final

import uvicorn
from fastapi import FastAPI
from uvicorn.server import ServerState

from services.gateway.features.operating.routes import inner_router
from services.gateway.http.connections import ConnectionBounds, Connections
from services.gateway.http.protocol import protocol_in
from services.gateway.settings import GatewaySettings

MOST_CONNECTIONS: Final = 32


def has_own_port(settings: GatewaySettings) -> bool:
    """Return whether probes have a port of their own: LIANSHAN_HEALTH_PORT, another one than the API's."""
    return settings.health_port not in {0, settings.http_port}


async def open_probes(app: FastAPI, settings: GatewaySettings, bounds: ConnectionBounds) -> asyncio.Server:
    """Listen on the port for probes, for a running application. Raises OSError where the address is taken."""
    # Apart from those of the API: however many callers there are, Prometheus gets its numbers.
    connections = Connections(replace(bounds, most=MOST_CONNECTIONS, most_of_one=MOST_CONNECTIONS))
    probes = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    probes.include_router(inner_router)
    probes.state.backend = app.state.backend
    protocol = protocol_in(app.state.wording, connections)
    config = uvicorn.Config(
        probes,
        http=protocol,
        lifespan="off",
        ssl_certfile=settings.http_tls_cert_file,
        ssl_keyfile=settings.http_tls_key_file,
        log_config=None,
        access_log=False,
        server_header=False,
    )
    config.load()
    state = ServerState()
    return await asyncio.get_running_loop().create_server(
        lambda: protocol(config, state, {}), settings.health_host, settings.health_port, ssl=config.ssl
    )
