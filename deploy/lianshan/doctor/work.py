"""What is stuck: processes, pauses, outboxes, timers, dead letters."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from deploy.lianshan import pauses as paused_services
from deploy.lianshan.dead_letters.queues import dead_queues
from deploy.lianshan.doctor.finding import Finding, Patient
from deploy.lianshan.laws.stores import SERVICES
from deploy.lianshan.local.services import answers
from deploy.lianshan.topology.standing import depth
from shared.runtime.version import package_version

STUCK: Final = timedelta(minutes=1)
_COUNTED: Final = 10_000


def processes(patient: Patient) -> Iterator[Finding]:
    """Those that `lianshan up` supervises; elsewhere the gateway and whoever consumes the queues."""
    for process in patient.processes:
        well = process["state"] == "running" and process["ready"]
        words = f"{process['name']} is {process['state']}{'' if process['ready'] else ', not ready'}"
        log = patient.folder.logs / f"{process['name']}.log"
        yield Finding("processes", "ok" if well else "failed", words, "" if well else f"see {log}")
        yield from _version(str(process["name"]), process.get("ready_url") if well else None)
    if patient.gateway_url and not patient.processes:
        well = answers(f"{patient.gateway_url}/readyz")
        todo = "" if well else f"see {patient.gateway_url}/readyz and the gateway's log"
        yield Finding("processes", "ok" if well else "failed", f"the gateway is {'' if well else 'not '}ready", todo)
    resting = {found.service for found in paused_services.paused(patient.client, patient.prefix)}
    for service in paused_services.PAUSABLE:
        if service not in resting and not paused_services.at_work(patient.broker, service)[0]:
            words = f"nobody takes the messages of {service}"
            yield Finding("processes", "failed", words, f"start a replica of {service}, or see why it does not connect")


def _version(name: str, ready_url: str | None) -> Iterator[Finding]:
    """A process that still runs another version than the one that looks."""
    if ready_url is None:
        return
    with urllib.request.urlopen(ready_url.replace("/readyz", "/healthz"), timeout=2.0) as answer:  # noqa: S310 - loopback
        runs = json.load(answer).get("version", "unknown")
    if runs != (ours := package_version()):
        words = f"{name} runs version {runs}, this command is {ours}"
        yield Finding("versions", "warning", words, f"restart {name}, or use the command of its version")


def pauses(patient: Patient) -> Iterator[Finding]:
    """What an operator has paused, and perhaps forgotten."""
    found = paused_services.paused(patient.client, patient.prefix)
    for rest in found:
        why = f": {rest.why}" if rest.why else ""
        words = f"{rest.service} is paused since {rest.since:%Y-%m-%d %H:%M} by {rest.by}{why}"
        yield Finding("pauses", "warning", words, f"when the reason is gone: lianshan resume {rest.service}")
    if not found:
        yield Finding("pauses", "ok", "no service is paused")


def outboxes(patient: Patient) -> Iterator[Finding]:
    """Events that are committed and that the broker has not taken for longer than a minute."""
    stuck = []
    for service in SERVICES:
        old = {"at": {"$lt": patient.now - STUCK}}
        if rows := patient.store(service)["outbox"].count_documents(old, limit=_COUNTED):
            words = f"{_number(rows)} batches of {service}'s events wait for longer than a minute"
            todo = (
                f"see that a replica of {service} runs and that no queue is full (`lianshan status`); it publishes them"
            )
            stuck.append(Finding("outbox", "failed", words, todo))
    yield from stuck or [Finding("outbox", "ok", "nothing waits for longer than a minute")]


def timers(patient: Patient) -> Iterator[Finding]:
    """Reminders that nobody was reminded by."""
    resting = {found.service for found in paused_services.paused(patient.client, patient.prefix)}
    late = []
    for service in SERVICES:
        due = {"due": {"$lt": patient.now - STUCK}}
        if rows := patient.store(service)["timers"].count_documents(due, limit=_COUNTED):
            words = f"{_number(rows)} timers of {service} are due for longer than a minute"
            if service in resting:
                late.append(Finding("timers", "warning", words, f"they fire after `lianshan resume {service}`"))
            else:
                todo = f"see that a replica of {service} runs, and its log for timer_failed or message_failed"
                late.append(Finding("timers", "failed", words, todo))
    yield from late or [Finding("timers", "ok", "none is late")]


def dead_letters(patient: Patient) -> Iterator[Finding]:
    """Messages that could not be handled."""
    found = []
    for queue in dead_queues():
        messages = (depth(patient.broker, queue) or (0, 0))[0]
        if messages:
            todo = f"lianshan dlq list --queue {queue}; repair the cause, then `dlq retry` or `dlq edit`"
            found.append(Finding("dead letters", "failed", f"{queue} holds {messages}", todo))
    yield from found or [Finding("dead letters", "ok", "none")]


def _number(rows: Any) -> str:
    return f"{rows}{' or more' if rows == _COUNTED else ''}"
