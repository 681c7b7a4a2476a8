"""What stands on the broker, how it differs from what is wanted, and how to put that right without losing anything."""

from deploy.lianshan.topology.drift import Drift, find_drift
from deploy.lianshan.topology.repair import Repair, repair
from deploy.lianshan.topology.standing import Standing, look

__all__ = ["Drift", "Repair", "Standing", "find_drift", "look", "repair"]
