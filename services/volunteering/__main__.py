"""`python -m services.volunteering` runs the service."""

from shared.runtime.process import run  # isort: skip - makes the standard library cooperative, so it comes first

from services.volunteering.service import VolunteeringService

run(VolunteeringService)
