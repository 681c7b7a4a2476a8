"""Looks a platform over: servers, topology, stores, laws. Each check says what it found and what to do next."""

from deploy.doctor.examination import examine
from deploy.doctor.finding import Finding, Patient

__all__ = ["Finding", "Patient", "examine"]
