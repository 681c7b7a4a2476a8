"""Checks of the work in progress: processes, pauses, outboxes, timers, dead letters."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bson import ObjectId

from deploy.lianshan.dead_letters.stored import count_letters
from deploy.lianshan.doctor.finding import Finding, Platform
from deploy.lianshan.failing import find_failing
from deploy.lianshan.local.services import answers
from deploy.lianshan.pauses import PAUSABLE, count_work, find_paused, name_paused
from deploy.lianshan.stores import SERVICES
from shared.contracts.reasons import reason
from shared.engine.store.audit_blocks import AuditBlocks
from shared.engine.store.collections import LOG_POSITIONS, OUTBOX, TIMERS
from shared.runtime.audit import time_of
from shared.runtime.control import read_closed_door
from shared.runtime.version import VERSION

UNCHAINED: Final = timedelta(minutes=30)
"""Rows of the audit are in a block some minutes after they were written; those of a former release within hours."""
STUCK: Final = timedelta(minutes=1)
"""Work that stands for longer than this counts as stuck."""
_MAX_COUNTED: Final = 10_000
_SECONDS: Final = 2.0


def check_processes(platform: Platform) -> Iterator[Finding]:
    """Yield the state of the supervised processes; elsewhere that of the gateway and of the queues' consumers."""
    if platform.processes and not platform.supervised:
        running = sum(process["pid"] is not None for process in platform.processes)
        yield Finding("processes", "failed", reason("supervisor_gone", count=running), reason("start_stack_again"))
    for process in platform.processes:
        well = process["state"] == "running" and process["ready"]
        name, state = process["name"], process["state"] if process["ready"] else f"{process['state']}_not_ready"
        log = platform.folder.logs / f"{name}.log"
        found = reason("process_state", process=name, state=state)
        yield Finding("processes", "ok" if well else "failed", found, None if well else reason("see_log", log=str(log)))
        yield from _check_version(process["name"], process["ready_url"] if well else None)
    if platform.gateway_url and not platform.processes:
        well = answers(f"{platform.gateway_url}/readyz")
        if well:
            yield Finding("processes", "ok", reason("gateway_ready"))
        else:
            todo = reason("see_gateway", address=platform.gateway_url)
            yield Finding("processes", "failed", reason("gateway_not_ready"), todo)
    paused = {found.service for found in find_paused(platform.stores)}
    for service in PAUSABLE:
        if service not in paused and not count_work(platform.broker, service)[0]:
            found = reason("service_without_replica", service=name_paused(service))
            yield Finding("processes", "failed", found, reason("start_replica", service=name_paused(service)))


def _check_version(name: str, ready_url: str | None) -> Iterator[Finding]:
    """Yield a finding where a process still runs another version than this command."""
    if ready_url is None:
        return
    url = ready_url.replace("/readyz", "/healthz")
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - loopback
        runs = json.load(answer).get("version", "unknown")
    if runs != VERSION:
        found = reason("process_of_other_version", process=name, version=str(runs), own=VERSION)
        yield Finding("versions", "warning", found, reason("restart_process", process=name))


def check_pauses(platform: Platform) -> Iterator[Finding]:
    """Yield the services that an operator has paused and perhaps forgotten."""
    found = find_paused(platform.stores)
    for pause in found:
        since, name = pause.since.isoformat(), name_paused(pause.service)
        paused = reason("service_paused", service=name, since=since, by=pause.by, why=pause.why or "–")
        yield Finding("pauses", "warning", paused, reason("resume_service", service=name))
    if not found:
        yield Finding("pauses", "ok", reason("no_pause"))


def check_outboxes(platform: Platform) -> Iterator[Finding]:
    """Yield the outboxes with events that are committed and not confirmed by the broker for longer than STUCK."""
    stuck = []
    for service in SERVICES:
        before = platform.clock.machine() - STUCK
        # An id begins with the second of the commit: only rows as old as that are read to see their `at`.
        old = {"_id": {"$lt": ObjectId.from_datetime(before)}, "at": {"$lt": before}}
        if rows := platform.store(service)[OUTBOX].count_documents(old, limit=_MAX_COUNTED):
            waiting = reason("outbox_stuck", service=service, batches=_describe_count(rows))
            stuck.append(Finding("outbox", "failed", waiting, reason("see_replica_and_queues", service=service)))
    yield from stuck or [Finding("outbox", "ok", reason("outboxes_move"))]


def check_doors(platform: Platform) -> Iterator[Finding]:
    """Yield the doors that are closed: commands are refused, so that accepted ones have room for their effects."""
    closed = []
    for service in SERVICES:
        if (row := read_closed_door(platform.store(service))) is not None:
            shut = reason("door_closed", service=service, why=row["code"])
            closed.append(Finding("door", "failed", shut, reason("see_door_closed")))
    yield from closed or [Finding("door", "ok", reason("doors_open"))]


def check_log(platform: Platform) -> Iterator[Finding]:
    """Yield the services that fetch missed events from the log, and those for which the log no longer had them."""
    found = []
    for service in SERVICES:
        row = platform.store(service)[LOG_POSITIONS].find_one({}) or {}
        if "lost_at" in row:
            lost = reason("events_lost", service=service, at=row["lost_at"].isoformat(timespec="minutes"))
            found.append(Finding("log", "failed", lost, reason("see_events_lost")))
        elif row.get("missing"):
            found.append(Finding("log", "warning", reason("events_missing", service=service)))
    yield from found or [Finding("log", "ok", reason("no_event_missing"))]


def check_timers(platform: Platform) -> Iterator[Finding]:
    """Yield the services whose timers are due for longer than STUCK, or fail again and again."""
    paused = {found.service for found in find_paused(platform.stores)}
    late = []
    for service in SERVICES:
        due = {"due": {"$lt": platform.clock.city() - STUCK}}
        if rows := platform.store(service)[TIMERS].count_documents(due, limit=_MAX_COUNTED):
            overdue = reason("timers_late", service=service, timers=_describe_count(rows))
            # A paused service fires no timer, and that is no fault.
            if service in paused:
                late.append(Finding("timers", "warning", overdue, reason("timers_fire_after", service=service)))
            else:
                late.append(Finding("timers", "failed", overdue, reason("see_replica_and_log", service=service)))
    for failing in find_failing(platform.stores):
        again = reason("timers_fail", service=failing.service, type=failing.type, count=failing.count)
        late.append(Finding("timers", "failed", again, reason("see_failing_timers", service=failing.service)))
    yield from late or [Finding("timers", "ok", reason("no_timer_late"))]


def check_audit(platform: Platform) -> Iterator[Finding]:
    """Yield the services whose audit has rows that are overdue for a block of the chain."""
    open_rows = []
    for service in SERVICES:
        _, oldest = AuditBlocks(platform.store(service), service).measure()
        since = None if oldest is None else time_of(oldest)
        if since is not None and platform.clock.city() - since > UNCHAINED:
            lags = reason("audit_not_chained", service=service, since=since.isoformat())
            open_rows.append(Finding("audit", "warning", lags, reason("see_audit_not_chained")))
    yield from open_rows or [Finding("audit", "ok", reason("audit_chained"))]


def check_dead_letters(platform: Platform) -> Iterator[Finding]:
    """Yield the queues that messages came from which are dead letters now."""
    found = []
    for queue, count in count_letters(platform.stores).items():
        letters = reason("dead_letters_wait", queue=queue, count=count)
        found.append(Finding("dead letters", "failed", letters, reason("repair_dead_letters", queue=queue)))
    yield from found or [Finding("dead letters", "ok", reason("no_dead_letters"))]


def _describe_count(rows: int) -> str:
    return f"{'≥' if rows == _MAX_COUNTED else ''}{rows}"
