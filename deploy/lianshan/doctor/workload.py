"""Checks of the work in progress: processes, pauses, outboxes, timers, dead letters."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from deploy.lianshan.dead_letters.queues import list_dead_queues
from deploy.lianshan.doctor.finding import Finding, Platform
from deploy.lianshan.local.services import answers
from deploy.lianshan.pauses import PAUSABLE, count_work, find_paused
from deploy.lianshan.stores import SERVICES
from deploy.lianshan.topology.state import read_depth
from shared.engine.store.collections import OUTBOX, TIMERS
from shared.runtime.version import VERSION

STUCK: Final = timedelta(minutes=1)
"""Work that stands for longer than this counts as stuck."""
_MAX_COUNTED: Final = 10_000
_SECONDS: Final = 2.0


def check_processes(platform: Platform) -> Iterator[Finding]:
    """Yield the state of the supervised processes; elsewhere that of the gateway and of the queues' consumers."""
    for process in platform.processes:
        well = process["state"] == "running" and process["ready"]
        words = f"{process['name']} is {process['state']}{'' if process['ready'] else ', not ready'}"
        log = platform.folder.logs / f"{process['name']}.log"
        yield Finding("processes", "ok" if well else "failed", words, "" if well else f"see {log}")
        yield from _check_version(process["name"], process["ready_url"] if well else None)
    if platform.gateway_url and not platform.processes:
        well = answers(f"{platform.gateway_url}/readyz")
        todo = "" if well else f"see {platform.gateway_url}/readyz and the gateway's log"
        yield Finding("processes", "ok" if well else "failed", f"the gateway is {'' if well else 'not '}ready", todo)
    paused = {found.service for found in find_paused(platform.stores)}
    for service in PAUSABLE:
        if service not in paused and not count_work(platform.broker, service)[0]:
            words = f"nobody takes the messages of {service}"
            yield Finding("processes", "failed", words, f"start a replica of {service}, or see why it does not connect")


def _check_version(name: str, ready_url: str | None) -> Iterator[Finding]:
    """Yield a finding where a process still runs another version than this command."""
    if ready_url is None:
        return
    url = ready_url.replace("/readyz", "/healthz")
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - loopback
        runs = json.load(answer).get("version", "unknown")
    if runs != VERSION:
        words = f"{name} runs version {runs}, this command is {VERSION}"
        yield Finding("versions", "warning", words, f"restart {name}, or use the command of its version")


def check_pauses(platform: Platform) -> Iterator[Finding]:
    """Yield the services that an operator has paused and perhaps forgotten."""
    found = find_paused(platform.stores)
    for pause in found:
        why = f": {pause.why}" if pause.why else ""
        words = f"{pause.service} is paused since {pause.since:%Y-%m-%d %H:%M} by {pause.by}{why}"
        yield Finding("pauses", "warning", words, f"when the reason is gone: lianshan resume {pause.service}")
    if not found:
        yield Finding("pauses", "ok", "no service is paused")


def check_outboxes(platform: Platform) -> Iterator[Finding]:
    """Yield the outboxes with events that are committed and not confirmed by the broker for longer than STUCK."""
    stuck = []
    for service in SERVICES:
        old = {"at": {"$lt": platform.clock.machine() - STUCK}}
        if rows := platform.store(service)[OUTBOX].count_documents(old, limit=_MAX_COUNTED):
            words = f"{_describe_count(rows)} batches of {service}'s events wait for longer than a minute"
            todo = (
                f"see that a replica of {service} runs and that no queue is full (`lianshan status`); it publishes them"
            )
            stuck.append(Finding("outbox", "failed", words, todo))
    yield from stuck or [Finding("outbox", "ok", "nothing waits for longer than a minute")]


def check_timers(platform: Platform) -> Iterator[Finding]:
    """Yield the services whose timers are due for longer than STUCK."""
    paused = {found.service for found in find_paused(platform.stores)}
    late = []
    for service in SERVICES:
        due = {"due": {"$lt": platform.clock.city() - STUCK}}
        if rows := platform.store(service)[TIMERS].count_documents(due, limit=_MAX_COUNTED):
            words = f"{_describe_count(rows)} timers of {service} are due for longer than a minute"
            # A paused service fires no timer, and that is no fault.
            if service in paused:
                late.append(Finding("timers", "warning", words, f"they fire after `lianshan resume {service}`"))
            else:
                todo = f"see that a replica of {service} runs, and its log for timer_failed or message_failed"
                late.append(Finding("timers", "failed", words, todo))
    yield from late or [Finding("timers", "ok", "none is late")]


def check_dead_letters(platform: Platform) -> Iterator[Finding]:
    """Yield the queues that hold dead letters."""
    found = []
    for queue in list_dead_queues():
        messages = (read_depth(platform.broker, queue) or (0, 0))[0]
        if messages:
            todo = f"lianshan dlq list --queue {queue}; repair the cause, then `dlq retry` or `dlq edit`"
            found.append(Finding("dead letters", "failed", f"{queue} holds {messages}", todo))
    yield from found or [Finding("dead letters", "ok", "none")]


def _describe_count(rows: int) -> str:
    return f"{rows}{' or more' if rows == _MAX_COUNTED else ''}"
