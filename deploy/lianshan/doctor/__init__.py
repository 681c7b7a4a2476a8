"""The doctor: checks of servers, topology, stores and laws. Each finding names its next step."""

from deploy.lianshan.doctor.examination import examine
from deploy.lianshan.doctor.finding import Finding, Platform

__all__ = ["Finding", "Platform", "examine"]
