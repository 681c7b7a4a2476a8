"""What stands on the broker, how it differs from what is wanted, and how to put that right without losing anything."""

from deploy.topology.drift import Drift, find_drift
from deploy.topology.repair import Repair, repair
from deploy.topology.standing import Standing, look

__all__ = ["Drift", "Repair", "Standing", "find_drift", "look", "repair"]
