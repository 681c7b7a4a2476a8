"""A repair beside running services: a service pauses for the seconds in which its queue is replaced."""

import time
from collections.abc import Callable
from typing import Final

from amqp import Connection

from deploy.lianshan.pauses import count_work, pause, resume
from deploy.lianshan.stores import Stores
from deploy.lianshan.topology.repair import Repair, repair
from deploy.lianshan.topology.state import BrokerState

REST_SECONDS: Final = 60.0
"""How long a service may take to finish its batch and let its queues go."""
_BY: Final = "lianshan topology apply --pause"
_WHY: Final = "its queue is replaced"


def repair_with_pauses(
    connection: Connection, stores: Stores, state: BrokerState | None, report: Callable[[str], None]
) -> Repair:
    """Apply the plan; pause each service whose queue must be replaced, one after the other, and resume it.

    Its callers are refused with 503 meanwhile, its events wait. Raises CannotMoveError, PyMongoError, BROKER_ERRORS.
    """
    done = repair(connection, state, report)
    for service in sorted(done.busy):
        mine = pause(stores, service, _BY, _WHY) is None
        try:
            _wait_for_rest(connection, service)
            done.moved |= repair(connection, None, report, only=service).moved
        finally:
            if mine:  # another pause is its operator's to end
                resume(stores, service)
    if not done.busy:
        return done
    last = repair(connection, state, report)
    last.created[:0], last.moved, last.unbound[:0] = done.created, {**done.moved, **last.moved}, done.unbound
    return last


def _wait_for_rest(connection: Connection, service: str) -> None:
    end_at = time.monotonic() + REST_SECONDS
    while count_work(connection, service)[0] and time.monotonic() < end_at:
        time.sleep(0.1)
