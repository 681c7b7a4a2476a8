"""The servers themselves: versions, clocks, disk, alarms, who is let in."""

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

from deploy.lianshan.doctor.finding import Finding, Level, Patient
from deploy.lianshan.topology.drift import find_drift, unchecked
from deploy.lianshan.topology.standing import is_embedded
from shared.engine.amqp.broker import BrokerUnreachableError, close_quietly, connect
from shared.engine.amqp.topology import plan

RABBITMQ: Final = (3, 10)
MONGODB: Final = (6, 0)
CLOCK_WARNS: Final = 1.0
CLOCK_FAILS: Final = 30.0
"""Seconds; ids rise with time and offers expire by it, so replicas on clocks far apart quarrel."""
DISK_WARNS: Final = 0.15
DISK_FAILS: Final = 0.05
GIB: Final = 1024**3
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def topology(patient: Patient) -> Iterator[Finding]:
    """Exchanges, queues, bindings and policies against the plan."""
    drift = find_drift(plan(), patient.standing)
    for found in drift:
        yield Finding("topology", "failed", f"{found.name}: {found.detail}", found.next)
    if unseen := unchecked(patient.standing):
        todo = "set LIANSHAN_MANAGEMENT_URL to RabbitMQ's management API, with a user tagged `monitoring`"
        yield Finding("topology", "warning", f"{' and '.join(unseen)} cannot be seen over AMQP", todo)
    elif not drift:
        yield Finding("topology", "ok", f"{len(plan())} queues, their bindings and policies are as planned")


def versions(patient: Patient) -> Iterator[Finding]:
    """RabbitMQ and MongoDB of a version that is supported; MongoDB as a replica set."""
    hello = patient.client.admin.command("hello")
    yield _version("RabbitMQ", str(patient.standing.facts.get("version", "")), RABBITMQ)
    yield _version("MongoDB", patient.client.server_info()["version"], MONGODB)
    if not hello.get("setName") and hello.get("msg") != "isdbgrid":
        yield Finding(
            "versions", "failed", "MongoDB is no replica set: there are no transactions",
            "start it with --replSet and initiate it: `lianshan first-start` does so on a new one",
        )  # fmt: skip


def _version(name: str, said: str, least: tuple[int, int]) -> Finding:
    parts = said.split(".")
    least_words = ".".join(map(str, least))
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
        return Finding("versions", "warning", f"{name} does not tell its version", f"use {least_words} or newer")
    if (int(parts[0]), int(parts[1])) < least:
        return Finding("versions", "failed", f"{name} is {said}", f"use {least_words} or newer")
    return Finding("versions", "ok", f"{name} {said}")


def clock(patient: Patient) -> Iterator[Finding]:
    """This machine's clock against MongoDB's."""
    began = time.monotonic()
    told: datetime = patient.client.admin.command("hello")["localTime"].replace(tzinfo=UTC)
    halfway = (time.monotonic() - began) / 2
    apart = abs((datetime.now(UTC) - told).total_seconds() - halfway)
    level: Level = "failed" if apart > CLOCK_FAILS else "warning" if apart > CLOCK_WARNS else "ok"
    todo = "let both machines follow the same time servers (chrony or systemd-timesyncd)"
    yield Finding("clock", level, f"this machine and MongoDB's are {apart:.3f} s apart", "" if level == "ok" else todo)


def disk(patient: Patient) -> Iterator[Finding]:
    """Room where the servers keep their data, and what the broker is alarmed about."""
    said = patient.store("stations").command("dbStats")
    if "fsTotalSize" in said:
        yield _room("MongoDB's disk", said["fsTotalSize"] - said["fsUsedSize"], said["fsTotalSize"])
    facts = patient.standing.facts
    if "disk_free" in facts and facts["disk_free"] is not None:
        low = facts["disk_free"] < 2 * facts["disk_limit"]
        words = (
            f"RabbitMQ's disk has {facts['disk_free'] / GIB:.1f} GiB free, it stops at {facts['disk_limit'] / GIB:.1f}"
        )
        yield Finding("disk", "failed" if low else "ok", words, "make room on RabbitMQ's disk" if low else "")
    for alarm in facts.get("alarms", ()):
        todo = "free what is short: RabbitMQ takes no messages until it has it again; the outboxes keep them"
        yield Finding("disk", "failed", f"RabbitMQ is alarmed: {alarm}", todo)
    if is_embedded(patient.folder, patient.amqp_uri):
        there = shutil.disk_usage(patient.folder.root)
        yield _room(f"the disk of {patient.folder.root}", there.free, there.total)


def _room(what: str, free: float, total: float) -> Finding:
    share = free / total if total else 1.0
    level: Level = "failed" if share < DISK_FAILS else "warning" if share < DISK_WARNS else "ok"
    words = f"{what} has {free / GIB:.1f} GiB free of {total / GIB:.1f}"
    return Finding("disk", level, words, "" if level == "ok" else "make room: a full disk stops every write")


def accounts(patient: Patient) -> Iterator[Finding]:
    """Users that nobody set up, and doors without a lock. On the loopback MongoDB may do without."""
    wrong = []
    if _lets_guest_in(patient.amqp_uri):
        todo = "rabbitmqctl delete_user guest"
        wrong.append(Finding("accounts", "failed", "RabbitMQ lets guest in with its well-known password", todo))
    users = patient.client.admin.command("connectionStatus")["authInfo"]["authenticatedUsers"]
    hosts = {host for host, _ in patient.client.nodes}
    if not users and not hosts <= _LOOPBACK:
        todo = "give each service a user of its own: docs/security.md"
        wrong.append(Finding("accounts", "failed", "MongoDB lets anybody in who reaches it", todo))
    yield from wrong or [Finding("accounts", "ok", "no well-known user is let in")]


def _lets_guest_in(uri: str) -> bool:
    parts = urlsplit(uri)
    if parts.username in {None, "guest"}:
        return parts.password in {None, "guest"}
    netloc = f"{quote('guest')}:{quote('guest')}@{parts.netloc.rpartition('@')[2]}"
    connection: Any = None
    try:
        connection = connect(urlunsplit(parts._replace(netloc=netloc)), "lianshan doctor")
    except BrokerUnreachableError:
        return False
    finally:
        close_quietly(connection)
    return True
