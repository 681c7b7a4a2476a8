"""The faults that a slice draws from: each strikes under load, and has ended when its function returns."""

import signal
import time
from collections.abc import Callable
from random import Random
from typing import Final

from fault_city import SERVICES
from fault_events import heard_by, shuffled, to_queue, whole_feed
from fault_points import PASSED
from slice_city import REPLICAS, SliceCity

from shared.contracts.subscriptions import SUBSCRIPTIONS

Fault = Callable[[SliceCity, Random], str]
"""Strikes, ends, and returns a few words on the choice that it made."""
NO_SPACE: Final = 14031
"""MongoDB's error code OutOfDiskSpace."""
WRITES: Final = ["insert", "update", "findAndModify", "delete", "commitTransaction"]
READS: Final = ["find", "aggregate", "getMore"]
LATE_EVENTS: Final = 1000


def kill_a_process(town: SliceCity, random: Random) -> str:
    """Kill -9 one process."""
    name = random.choice([*SERVICES, *REPLICAS.values(), "gateway"])
    town.city.kill(name)
    return name


def kill_both_replicas(town: SliceCity, random: Random) -> str:
    """Kill -9 every process of a service."""
    name = random.choice(SERVICES)
    town.city.kill(name)
    town.city.kill(REPLICAS[name])
    return name


def kill_at_a_failpoint(town: SliceCity, random: Random) -> str:
    """Have a replica end itself beside a commit, a publication or an acknowledgement."""
    name, point = random.choice(PASSED)
    town.city.arm({name: f"{point}=kill@{random.randint(1, 4)}"})
    town.city.disarm(name)
    return f"{name} {point}"


def stop_and_continue_a_process(town: SliceCity, random: Random) -> str:
    """Have a process stand still, for less or more than its leases and the broker's heartbeats."""
    name, seconds = random.choice([*SERVICES, *REPLICAS.values()]), random.uniform(1, 12)
    with town.standing_still(name):
        time.sleep(seconds)
    return f"{name} {seconds:.0f} s"


def kill_the_primary(town: SliceCity, _random: Random) -> str:
    """Kill -9 the primary; another is elected, and it comes back."""
    port = town.members.primary()
    town.members.kill(port)
    town.members.start(port)
    return ""


def cut_a_member_off(town: SliceCity, random: Random) -> str:
    """Have a member stand still, the primary as often as another."""
    primary = town.members.primary()
    others = [port for port in town.members.ports if port != primary]
    port, seconds = random.choice([primary, random.choice(others)]), random.uniform(1, 8)
    with town.still(port):
        time.sleep(seconds)
    return f"{'primary' if port == primary else 'secondary'} {seconds:.0f} s"


def delay_the_majority(town: SliceCity, random: Random) -> str:
    """Keep the other members from copying, so that nobody knows whether a commit will last."""
    seconds = random.uniform(1, 6)
    with town.members.alone(town.members.primary()):
        time.sleep(seconds)
    return f"{seconds:.0f} s"


def take_commits_back(town: SliceCity, random: Random) -> str:
    """Kill a primary whose latest commits no other member has."""
    port = town.members.primary()
    with town.members.alone(port):
        time.sleep(random.uniform(0.2, 3))
        town.members.kill(port)
    town.members.start(port)
    return ""


def slow_the_store(town: SliceCity, random: Random) -> str:
    """Have each read or write take a long time."""
    commands, late, seconds = random.choice([READS, WRITES]), random.randint(200, 1500), random.uniform(2, 6)
    with town.failing(commands, blockConnection=True, blockTimeMS=late):
        time.sleep(seconds)
    return f"{commands[0]}… {late} ms for {seconds:.0f} s"


def fill_the_disk_of_the_store(town: SliceCity, random: Random) -> str:
    """Have every write fail for lack of space."""
    seconds = random.uniform(1, 6)
    with town.failing(WRITES, errorCode=NO_SPACE):
        time.sleep(seconds)
    return f"{seconds:.0f} s"


def kill_the_broker(town: SliceCity, _random: Random) -> str:
    """Kill -9 RabbitMQ."""
    town.city.kill("rabbitmq")
    return ""


def restart_the_broker(town: SliceCity, _random: Random) -> str:
    """Stop RabbitMQ as an operator does; it is started again."""
    town.city.signal("rabbitmq", signal.SIGTERM)
    return ""


def close_all_connections(town: SliceCity, _random: Random) -> str:
    """Have the broker close every connection, as a load balancer does that is replaced."""
    town.control_broker("close_all_connections", "by a test")
    return ""


def raise_the_memory_alarm(town: SliceCity, random: Random) -> str:
    """Have the broker block every publisher for lack of memory."""
    seconds = random.uniform(1, 5)
    town.control_broker("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        time.sleep(seconds)
    finally:
        town.control_broker("set_vm_memory_high_watermark", "0.3")
    return f"{seconds:.0f} s"


def raise_the_disk_alarm(town: SliceCity, random: Random) -> str:
    """Have the broker block every publisher for lack of disk."""
    seconds = random.uniform(1, 5)
    town.control_broker("set_disk_free_limit", "100000GB")
    try:
        time.sleep(seconds)
    finally:
        town.control_broker("set_disk_free_limit", "512MB")
    return f"{seconds:.0f} s"


def skew_a_clock(town: SliceCity, random: Random) -> str:
    """Have the host of one replica run fast or slow by up to ten minutes."""
    name, ahead = random.choice(list(REPLICAS.values())), random.uniform(-600, 600)
    with town.skewed(name, ahead):
        time.sleep(random.uniform(1, 4))
    return f"{name} {ahead:+.0f} s"


def repeat_and_reorder(town: SliceCity, random: Random) -> str:
    """Bring each service its latest events three times more, in any order."""
    events = whole_feed(town.city)[-LATE_EVENTS:]
    seed = str(random.random())
    for service in SUBSCRIPTIONS:
        town.city.publish(shuffled([to_queue(service, event) for event in heard_by(service, events)], seed))
    return f"{len(events)} events"


FAULTS: Final[tuple[Fault, ...]] = (
    kill_a_process,
    kill_both_replicas,
    kill_at_a_failpoint,
    stop_and_continue_a_process,
    kill_the_primary,
    cut_a_member_off,
    delay_the_majority,
    take_commits_back,
    slow_the_store,
    fill_the_disk_of_the_store,
    kill_the_broker,
    restart_the_broker,
    close_all_connections,
    raise_the_memory_alarm,
    raise_the_disk_alarm,
    skew_a_clock,
    repeat_and_reorder,
)
