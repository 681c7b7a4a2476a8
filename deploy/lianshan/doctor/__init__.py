"""Looks a platform over: servers, topology, stores, laws. Each check says what it found and what to do next."""

from deploy.lianshan.doctor.examination import examine
from deploy.lianshan.doctor.finding import Finding, Patient

__all__ = ["Finding", "Patient", "examine"]
