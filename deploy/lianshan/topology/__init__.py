"""The broker's topology: its state, its drift from the plan, and a repair that loses no message."""

from deploy.lianshan.topology.drift import Drift, find_drift
from deploy.lianshan.topology.repair import Repair, repair
from deploy.lianshan.topology.state import BrokerState, read_state

__all__ = ["BrokerState", "Drift", "Repair", "find_drift", "read_state", "repair"]
