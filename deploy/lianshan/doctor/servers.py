"""Checks of the servers: versions, clocks, disk, alarms, accounts."""

import shutil
from collections.abc import Iterator
from datetime import UTC
from time import monotonic
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from amqp import Connection

from deploy.lianshan.clock.calendar import describe_offset
from deploy.lianshan.doctor.finding import Finding, Level, Platform
from deploy.lianshan.stores import SERVICES
from deploy.lianshan.topology.depths import read_agencies
from deploy.lianshan.topology.drift import find_drift, list_unseen, plan_for
from deploy.lianshan.topology.state import is_embedded
from shared.contracts.reasons import reason
from shared.contracts.refusals import MAX_ARG_CHARACTERS
from shared.engine.amqp.broker import BrokerUnreachableError, close_quietly, connect
from shared.runtime.clock import MachineTime, machine_now
from shared.runtime.control import read_offset
from shared.runtime.skew import find_skewed

LEAST_RABBITMQ: Final = (3, 10)
LEAST_MONGODB: Final = (6, 0)
CLOCK_WARNS: Final = 1.0
CLOCK_FAILS: Final = 30.0
"""Seconds. Decisions go by the store's clock alone; logs and traces of hosts far apart cannot be read together."""
DISK_WARNS: Final = 0.15
DISK_FAILS: Final = 0.05
"""Shares of a disk that are free."""
GIB: Final = 1024**3
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def check_topology(platform: Platform) -> Iterator[Finding]:
    """Yield the differences of exchanges, queues, bindings and policies from the plan."""
    drift = find_drift(platform.state)
    for found in drift:
        drifted = reason("topology_differs", name=found.name, difference=found.detail[:MAX_ARG_CHARACTERS])
        yield Finding("topology", "failed", drifted, reason("as_said", step=found.next[:MAX_ARG_CHARACTERS]))
    if unseen := list_unseen(platform.state):
        hidden = reason("topology_unseen", parts=",".join(unseen))
        yield Finding("topology", "warning", hidden, reason("name_management_api"))
    elif not drift:
        yield Finding("topology", "ok", reason("topology_as_planned", count=len(plan_for(platform.state))))


def check_agencies(platform: Platform) -> Iterator[Finding]:
    """Yield the queues of other agencies with messages and without a consumer: they fill the broker's disk."""
    if not platform.state.names_seen:
        yield Finding("agencies", "warning", reason("agencies_unseen"), reason("name_management_api"))
        return
    found = read_agencies(platform.broker, platform.state.queues)
    unread = [depth for depth in found if depth.messages and not depth.consumers]
    for depth in unread:
        waiting = reason("agency_reads_nothing", queue=depth.queue, count=depth.messages or 0)
        yield Finding("agencies", "warning", waiting, reason("ask_agency", queue=depth.queue))
    if not unread:
        yield Finding("agencies", "ok", reason("agencies_read", count=len(found)))


def check_versions(platform: Platform) -> Iterator[Finding]:
    """Yield the versions of RabbitMQ and MongoDB, and whether MongoDB is a replica set."""
    hello = platform.client.admin.command("hello")
    yield judge_version("RabbitMQ", platform.state.facts.version, LEAST_RABBITMQ)
    yield judge_version("MongoDB", platform.client.server_info()["version"], LEAST_MONGODB)
    # A mongos of a sharded cluster has no set name of its own, and transactions all the same.
    if not hello.get("setName") and hello.get("msg") != "isdbgrid":
        yield Finding(
            "versions", "failed", reason("no_replica_set"), reason("start_replica_set"),
        )  # fmt: skip


def judge_version(name: str, version: str, least: tuple[int, int]) -> Finding:
    """Return the finding about a server's version; `least` is the oldest that is supported."""
    parts = version.split(".")
    todo = reason("use_version", least=".".join(map(str, least)))
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
        return Finding("versions", "warning", reason("version_unknown", server=name), todo)
    # As numbers: "3.9" is older than "3.10".
    if (int(parts[0]), int(parts[1])) < least:
        return Finding("versions", "failed", reason("version_too_old", server=name, version=version), todo)
    return Finding("versions", "ok", reason("version_known", server=name, version=version))


def check_clock(platform: Platform) -> Iterator[Finding]:
    """Yield the distance of this machine's clock from MongoDB's, in seconds."""
    began = monotonic()
    theirs = MachineTime(platform.client.admin.command("hello")["localTime"].replace(tzinfo=UTC))
    # MongoDB read its clock about halfway between question and answer.
    halfway = (monotonic() - began) / 2
    apart = abs((machine_now() - theirs).total_seconds() - halfway)
    level: Level = "failed" if apart > CLOCK_FAILS else "warning" if apart > CLOCK_WARNS else "ok"
    found = reason("clocks_apart", seconds=f"{apart:.3f}")
    yield Finding("clock", level, found, None if level == "ok" else reason("follow_time_servers"))
    for skewed in find_skewed(platform.store, SERVICES):
        lead = reason("host_clock_apart", process=skewed.process, seconds=f"{skewed.seconds:+.1f}")
        yield Finding("clock", "warning", lead, reason("follow_time_servers"))


def check_city_clock(platform: Platform) -> Iterator[Finding]:
    """Yield whether city time is the store's, as it is in production."""
    offsets = {service: read_offset(platform.store(service)) for service in SERVICES}
    if len(set(offsets.values())) > 1:
        words = ", ".join(f"{service} {offset}" for service, offset in offsets.items())
        yield Finding("city clock", "failed", reason("clocks_differ", offsets=words), reason("write_clock_to_all"))
    elif platform.clock.offset:
        moved = reason("city_clock_moved", **describe_offset(platform.clock))
        yield Finding("city clock", "warning", moved, reason("development_only"))
    else:
        yield Finding("city clock", "ok", reason("clock_as_stored"))


def check_disk(platform: Platform) -> Iterator[Finding]:
    """Yield the free room of the servers' disks, and the alarms of the broker."""
    stats = platform.store("stations").command("dbStats")
    if "fsTotalSize" in stats:
        yield judge_room("MongoDB", stats["fsTotalSize"] - stats["fsUsedSize"], stats["fsTotalSize"])
    facts = platform.state.facts
    if facts.disk_free is not None and facts.disk_limit is not None:
        low = facts.disk_free < 2 * facts.disk_limit
        room = reason("broker_disk", free=f"{facts.disk_free / GIB:.1f}", least=f"{facts.disk_limit / GIB:.1f}")
        yield Finding("disk", "failed" if low else "ok", room, reason("make_room") if low else None)
    for alarm in facts.alarms:
        yield Finding("disk", "failed", reason("broker_alarmed", alarm=alarm), reason("free_what_is_short"))
    if is_embedded(platform.folder, platform.amqp_uri):
        disk = shutil.disk_usage(platform.folder.root)
        yield judge_room(str(platform.folder.root), disk.free, disk.total)


def judge_room(disk: str, free: float, total: float) -> Finding:
    """Return the finding about a disk with `free` of `total` bytes free."""
    share = free / total if total else 1.0
    level: Level = "failed" if share < DISK_FAILS else "warning" if share < DISK_WARNS else "ok"
    room = reason("disk_room", disk=disk, free=f"{free / GIB:.1f}", total=f"{total / GIB:.1f}")
    return Finding("disk", level, room, None if level == "ok" else reason("make_room"))


def check_accounts(platform: Platform) -> Iterator[Finding]:
    """Yield the servers that let a well-known user in, or anybody. On the loopback MongoDB may do without users."""
    wrong = []
    if _lets_guest_in(platform.amqp_uri):
        wrong.append(Finding("accounts", "failed", reason("guest_let_in"), reason("delete_guest")))
    users = platform.client.admin.command("connectionStatus")["authInfo"]["authenticatedUsers"]
    hosts = {host for host, _ in platform.client.nodes}
    if not users and not hosts <= _LOOPBACK:
        wrong.append(Finding("accounts", "failed", reason("anybody_let_in"), reason("give_users")))
    yield from wrong or [Finding("accounts", "ok", reason("accounts_safe"))]


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
