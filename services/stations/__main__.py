"""`python -m services.stations` runs the service."""

from shared.runtime.process import run  # isort: skip - makes the standard library cooperative, so it comes first

from services.stations.service import StationsService

run(StationsService)
