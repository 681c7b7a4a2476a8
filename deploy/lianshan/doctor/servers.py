"""Checks of the servers: versions, clocks, disk, alarms, accounts."""

import shutil
from collections.abc import Iterator
from datetime import UTC
from time import monotonic
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from amqp import Connection

from deploy.lianshan.clock.calendar import describe_clock
from deploy.lianshan.doctor.finding import Finding, Level, Platform
from deploy.lianshan.stores import SERVICES
from deploy.lianshan.topology.drift import find_drift, list_unseen
from deploy.lianshan.topology.state import is_embedded
from shared.engine.amqp.broker import BrokerUnreachableError, close_quietly, connect
from shared.engine.amqp.topology import plan
from shared.runtime.clock import MachineTime, machine_now
from shared.runtime.control import read_offset

LEAST_RABBITMQ: Final = (3, 10)
LEAST_MONGODB: Final = (6, 0)
CLOCK_WARNS: Final = 1.0
CLOCK_FAILS: Final = 30.0
"""Seconds. Ids rise with time and offers expire by it, so replicas on clocks far apart decide against each other."""
DISK_WARNS: Final = 0.15
DISK_FAILS: Final = 0.05
"""Shares of a disk that are free."""
GIB: Final = 1024**3
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def check_topology(platform: Platform) -> Iterator[Finding]:
    """Yield the differences of exchanges, queues, bindings and policies from the plan."""
    drift = find_drift(plan(), platform.state)
    for found in drift:
        yield Finding("topology", "failed", f"{found.name}: {found.detail}", found.next)
    if unseen := list_unseen(platform.state):
        todo = "set LIANSHAN_MANAGEMENT_URL to RabbitMQ's management API, with a user tagged `monitoring`"
        yield Finding("topology", "warning", f"{' and '.join(unseen)} cannot be seen over AMQP", todo)
    elif not drift:
        yield Finding("topology", "ok", f"{len(plan())} queues, their bindings and policies are as planned")


def check_versions(platform: Platform) -> Iterator[Finding]:
    """Yield the versions of RabbitMQ and MongoDB, and whether MongoDB is a replica set."""
    hello = platform.client.admin.command("hello")
    yield judge_version("RabbitMQ", platform.state.facts.version, LEAST_RABBITMQ)
    yield judge_version("MongoDB", platform.client.server_info()["version"], LEAST_MONGODB)
    # A mongos of a sharded cluster has no set name of its own, and transactions all the same.
    if not hello.get("setName") and hello.get("msg") != "isdbgrid":
        yield Finding(
            "versions", "failed", "MongoDB is no replica set: there are no transactions",
            "start it with --replSet and initiate it: `lianshan first-start` does so on a new one",
        )  # fmt: skip


def judge_version(name: str, version: str, least: tuple[int, int]) -> Finding:
    """Return the finding about a server's version; `least` is the oldest that is supported."""
    parts = version.split(".")
    least_words = ".".join(map(str, least))
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
        return Finding("versions", "warning", f"{name} does not tell its version", f"use {least_words} or newer")
    # As numbers: "3.9" is older than "3.10".
    if (int(parts[0]), int(parts[1])) < least:
        return Finding("versions", "failed", f"{name} is {version}", f"use {least_words} or newer")
    return Finding("versions", "ok", f"{name} {version}")


def check_clock(platform: Platform) -> Iterator[Finding]:
    """Yield the distance of this machine's clock from MongoDB's, in seconds."""
    began = monotonic()
    theirs = MachineTime(platform.client.admin.command("hello")["localTime"].replace(tzinfo=UTC))
    # MongoDB read its clock about halfway between question and answer.
    halfway = (monotonic() - began) / 2
    apart = abs((machine_now() - theirs).total_seconds() - halfway)
    level: Level = "failed" if apart > CLOCK_FAILS else "warning" if apart > CLOCK_WARNS else "ok"
    todo = "let both machines follow the same time servers (chrony or systemd-timesyncd)"
    yield Finding("clock", level, f"this machine and MongoDB's are {apart:.3f} s apart", "" if level == "ok" else todo)


def check_city_clock(platform: Platform) -> Iterator[Finding]:
    """Yield whether city time is the store's, as it is in production."""
    offsets = {service: read_offset(platform.store(service)) for service in SERVICES}
    if len(set(offsets.values())) > 1:
        words = ", ".join(f"{service} {offset}" for service, offset in offsets.items())
        todo = "a command was cut off: `lianshan clock forward 1s` writes the largest to all"
        yield Finding("city clock", "failed", f"the stores are differently ahead: {words}", todo)
    elif platform.clock.offset:
        todo = "for development only: never keep a city's records in this store"
        yield Finding("city clock", "warning", f"THE CLOCK IS MOVED: {describe_clock(platform.clock)}", todo)
    else:
        yield Finding("city clock", "ok", "city time is the store's")


def check_disk(platform: Platform) -> Iterator[Finding]:
    """Yield the free room of the servers' disks, and the alarms of the broker."""
    stats = platform.store("stations").command("dbStats")
    if "fsTotalSize" in stats:
        yield judge_room("MongoDB's disk", stats["fsTotalSize"] - stats["fsUsedSize"], stats["fsTotalSize"])
    facts = platform.state.facts
    if facts.disk_free is not None and facts.disk_limit is not None:
        low = facts.disk_free < 2 * facts.disk_limit
        words = f"RabbitMQ's disk has {facts.disk_free / GIB:.1f} GiB free, it stops at {facts.disk_limit / GIB:.1f}"
        yield Finding("disk", "failed" if low else "ok", words, "make room on RabbitMQ's disk" if low else "")
    for alarm in facts.alarms:
        todo = "free what is short: RabbitMQ takes no messages until it has it again; the outboxes keep them"
        yield Finding("disk", "failed", f"RabbitMQ is alarmed: {alarm}", todo)
    if is_embedded(platform.folder, platform.amqp_uri):
        disk = shutil.disk_usage(platform.folder.root)
        yield judge_room(f"the disk of {platform.folder.root}", disk.free, disk.total)


def judge_room(disk: str, free: float, total: float) -> Finding:
    """Return the finding about a disk with so many bytes free in all."""
    share = free / total if total else 1.0
    level: Level = "failed" if share < DISK_FAILS else "warning" if share < DISK_WARNS else "ok"
    words = f"{disk} has {free / GIB:.1f} GiB free of {total / GIB:.1f}"
    return Finding("disk", level, words, "" if level == "ok" else "make room: a full disk stops every write")


def check_accounts(platform: Platform) -> Iterator[Finding]:
    """Yield the servers that let a well-known user in, or anybody. On the loopback MongoDB may do without users."""
    wrong = []
    if _lets_guest_in(platform.amqp_uri):
        todo = "rabbitmqctl delete_user guest"
        wrong.append(Finding("accounts", "failed", "RabbitMQ lets guest in with its well-known password", todo))
    users = platform.client.admin.command("connectionStatus")["authInfo"]["authenticatedUsers"]
    hosts = {host for host, _ in platform.client.nodes}
    if not users and not hosts <= _LOOPBACK:
        todo = "give each service a user of its own: docs/security.md"
        wrong.append(Finding("accounts", "failed", "MongoDB lets anybody in who reaches it", todo))
    yield from wrong or [Finding("accounts", "ok", "no well-known user is let in")]


def _lets_guest_in(uri: str) -> bool:
    parts = urlsplit(uri)
    # An address without a user means guest; then the connection that stands already is the proof.
    if parts.username in {None, "guest"}:
        return parts.password in {None, "guest"}
    netloc = f"{quote('guest')}:{quote('guest')}@{parts.netloc.rpartition('@')[2]}"
    connection: Connection | None = None
    try:
        connection = connect(urlunsplit(parts._replace(netloc=netloc)), "lianshan doctor")
    except BrokerUnreachableError:
        return False
    finally:
        close_quietly(connection)
    return True
