"""All checks, one after the other. A check that cannot be made is itself a finding and never hides the others."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from amqp.exceptions import AMQPError
from pymongo.errors import PyMongoError

from deploy.lianshan.doctor import exports, indexes, jobs, people, servers, views, webhooks, workload
from deploy.lianshan.doctor.finding import Finding, Platform
from deploy.lianshan.laws.check import check_side_by_side
from deploy.lianshan.laws.rest import find_pending_work
from deploy.lianshan.laws.streams import MAX_BREACHES
from shared.contracts.reasons import Reason, reason
from shared.contracts.refusals import MAX_ARG_CHARACTERS
from shared.engine.amqp.broker import BrokerUnreachableError
from shared.runtime.logging import describe

NEWEST_EVENTS: Final = 250_000
"""Events of the feed that the check of L2 reads, unless all are asked for: about 75 MB of memory."""
PROCESSES: Final = 2
Check = Callable[[Platform], Iterator[Finding]]

CHECKS: Final[dict[str, Check]] = {
    "versions": servers.check_versions,
    "clock": servers.check_clock,
    "city clock": servers.check_city_clock,
    "disk": servers.check_disk,
    "accounts": servers.check_accounts,
    "topology": servers.check_topology,
    "agencies": servers.check_agencies,
    "indexes": indexes.check_indexes,
    "processes": workload.check_processes,
    "pauses": workload.check_pauses,
    "outbox": workload.check_outboxes,
    "door": workload.check_doors,
    "log": workload.check_log,
    "timers": workload.check_timers,
    "dead letters": workload.check_dead_letters,
    "views": views.check_views,
    "webhooks": webhooks.check_webhooks,
    "jobs": jobs.check_jobs,
    "exports": exports.check_exports,
    "audit": workload.check_audit,
    "deadlines": people.check_deadlines,
    "erasures": people.check_journal,
    "backups": people.check_backups,
}
"""Servers first: a check that cannot be made further down mostly has its cause there."""
_SERVER_ERRORS: Final = (AMQPError, OSError, PyMongoError, BrokerUnreachableError)


def examine(platform: Platform, *, laws: bool, every_event: bool = False) -> Iterator[Finding]:
    """Yield the findings of all checks. `laws` takes long over large stores, `every_event` longer, and memory."""
    for name, check in CHECKS.items():
        yield from guard(name, partial(check, platform))
    if laws:
        yield from guard("laws", partial(_check_laws, platform, None if every_event else NEWEST_EVENTS))
    else:
        yield Finding("laws", "warning", reason("laws_not_checked"), reason("check_laws_later"))


def guard(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield the findings of a check, and a finding more where a server's error ends it."""
    try:
        yield from check()
    except _SERVER_ERRORS as error:
        failed = reason("check_failed", error=describe(error)[:MAX_ARG_CHARACTERS])
        yield Finding(name, "failed", failed, reason("repair_above"))


def _check_laws(platform: Platform, newest: int | None) -> Iterator[Finding]:
    where = platform.mongo_uri, platform.prefix, platform.amqp_uri
    # Before the laws are checked: a message that was on its way then may look like a breach.
    pending = find_pending_work(*where)
    for law, breaches in check_side_by_side(*where, newest, PROCESSES).items():
        if not breaches:
            yield Finding(law, "ok", reason("law_kept", law=law))
        for breach in breaches[:MAX_BREACHES]:
            yield _describe_breach(law, breach, at_rest=not pending)


def _describe_breach(law: str, breach: Reason, *, at_rest: bool) -> Finding:
    if not at_rest:
        return Finding(law, "warning", breach, reason("look_again_at_rest"))
    return Finding(law, "failed", breach, reason("keep_stores"))
