"""`python -m services.gateway.projector`."""

from shared.runtime.process import run  # isort: skip - it makes the standard library cooperative: first of all

from services.gateway.projector.service import GatewayProjector

run(GatewayProjector)
