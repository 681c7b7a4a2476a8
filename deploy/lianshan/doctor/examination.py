"""All checks, one after the other. One that fails to be made is itself a finding; it never hides the others."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from amqp.exceptions import AMQPError
from pymongo.errors import PyMongoError

from deploy.lianshan.doctor import indexes, servers, work
from deploy.lianshan.doctor.finding import Finding, Patient
from deploy.lianshan.laws.check import LAWS, check_side_by_side
from deploy.lianshan.laws.quiet import left_to_do
from deploy.lianshan.laws.stores import MOST
from shared.engine.amqp.broker import BrokerUnreachableError
from shared.runtime.logging import describe

NEWEST_EVENTS: Final = 250_000
PROCESSES: Final = 2
Check = Callable[[Patient], Iterator[Finding]]

CHECKS: Final[dict[str, Check]] = {
    "versions": servers.versions,
    "clock": servers.clock,
    "disk": servers.disk,
    "accounts": servers.accounts,
    "topology": servers.topology,
    "indexes": indexes.check,
    "processes": work.processes,
    "pauses": work.pauses,
    "outbox": work.outboxes,
    "timers": work.timers,
    "dead letters": work.dead_letters,
}
_TROUBLE: Final = (AMQPError, OSError, PyMongoError, BrokerUnreachableError)


def examine(patient: Patient, *, laws: bool, every_event: bool = False) -> Iterator[Finding]:
    """Everything; `laws` takes long over large stores, `every_event` longer, and memory."""
    for name, check in CHECKS.items():
        yield from _made(name, lambda check=check: check(patient))  # type: ignore[misc]
    if laws:
        yield from _made("laws", lambda: _laws(patient, None if every_event else NEWEST_EVENTS))
    else:
        yield Finding("laws", "warning", "not checked", "run `lianshan doctor` without --quick in a quiet moment")


def _made(name: str, check: Callable[[], Any]) -> Iterator[Finding]:
    try:
        yield from check()
    except _TROUBLE as error:
        yield Finding(
            name, "failed", f"could not be checked: {describe(error)}", "repair what stands above, look again"
        )


def _laws(patient: Patient, newest: int | None) -> Iterator[Finding]:
    asked = patient.mongo_uri, patient.prefix, patient.amqp_uri
    busy = left_to_do(*asked)
    for law, breaches in check_side_by_side(*asked, newest, PROCESSES).items():
        words = LAWS[law][0]
        if not breaches:
            yield Finding(law, "ok", f"{words}: kept")
        for breach in breaches[:MOST]:
            yield _breach(law, breach, busy=bool(busy))


def _breach(law: str, breach: str, *, busy: bool) -> Finding:
    if busy:
        todo = "messages were on their way: look again when the queues are empty; then it counts"
        return Finding(law, "warning", breach, todo)
    return Finding(law, "failed", breach, "keep the stores as they are (`lianshan backup`), and find what wrote it")
