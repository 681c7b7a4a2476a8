"""`python -m services.charity` runs the service."""

from shared.runtime.process import run  # isort: skip - makes the standard library cooperative, so it comes first

from services.charity.service import CharityService

run(CharityService)
