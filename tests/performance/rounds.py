"""One peer measured once: started, warmed up, loaded, listened to at a trickle, stopped."""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
from amqp.exceptions import NotFound

from shared.runtime.development import MOVABLE
from tests.performance.catalogue import Peer, prepare, store_needs
from tests.performance.driver import Observer, Progress, Publication, Publisher, trickle
from tests.performance.processes import Running, running
from tests.performance.samples import Samples
from tests.performance.servers import Servers
from tests.performance.world import DATA_KEY, Need, Town

START_SECONDS = 60
ANSWER_SECONDS = 60
WARM_UP = 300
NOTHING_MORE: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {}


@dataclass(frozen=True)
class Load:
    """How much work one round is."""

    needs: int
    trickle_seconds: float
    per_second: float = 20.0
    least_needs_per_s: float = 15.0
    """Slower than this is a failure to measure."""


@dataclass
class Round:
    """The results of one round of one peer. Milliseconds, MiB, seconds."""

    needs_per_s: float
    cpu_s_per_need: float
    server_cpu_s_per_need: dict[str, float]
    driver_cpu_s_per_need: float
    others_cpu: float
    """Cores that were busy with neither the peer, nor the servers, nor this program: a disturbance."""
    peak_mib: dict[str, float]
    latencies_ms: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Clocks:
    """CPU seconds used so far."""

    services: float
    servers: dict[str, float]
    driver: float
    machine: float

    @classmethod
    def read(cls, servers: Servers, processes: Running) -> "Clocks":
        machine, own = psutil.cpu_times(), time.process_time()
        busy = sum(machine) - machine.idle - machine.iowait - machine.guest - machine.guest_nice
        return cls(processes.cpu_seconds(), servers.cpu_seconds(), own, busy)

    def since(self, before: "Clocks") -> "Clocks":
        servers = {name: now - before.servers[name] for name, now in self.servers.items()}
        driver, machine = self.driver - before.driver, self.machine - before.machine
        return Clocks(self.services - before.services, servers, driver, machine)


@dataclass(frozen=True)
class Bench:
    """The state that all rounds share."""

    servers: Servers
    town: Town
    samples: Samples
    folder: Path

    @property
    def samples_file(self) -> Path:
        return self.folder / "samples.bson"


@contextmanager
def serving(
    peer: Peer, bench: Bench, more: Mapping[str, tuple[str, Mapping[str, str]]] = NOTHING_MORE, *,
    movable_clock: bool = False,
) -> Iterator[Running]:  # fmt: skip
    """The peer's three processes, and `more` (see `running`), on fresh stores, consuming."""
    servers = bench.servers
    prepare(peer, servers, bench.town, bench.samples)
    environment = {
        "LIANSHAN_AMQP_URI": servers.amqp_uri,
        "LIANSHAN_MONGO_URI": servers.mongo_uri,
        "LIANSHAN_DATABASE_PREFIX": peer.prefix,
        "LIANSHAN_DATA_KEY": DATA_KEY,
        "LIANSHAN_LOG_LEVEL": "warning",
        # The same figures at any hour.
        "LIANSHAN_QUIET_FROM": "00:00",
        "LIANSHAN_QUIET_UNTIL": "00:00",
        "LIANSHAN_STANDING_FROM": "00:00",
        "LIANSHAN_STANDING_UNTIL": "24:00",
        "LIANSHAN_STANDING_DAY_HOURS": "24",
        "LIANSHAN_STANDING_WEEK_HOURS": "168",
        "LIANSHAN_WEEKLY_ASKS": "100",
        "LIANSHAN_TRAVEL_FREE_METRES": "30000",
        "BENCH_SAMPLES": str(bench.samples_file),
        "EVENTLET_NO_GREENDNS": "yes",
        **({MOVABLE: "true"} if movable_clock else {}),
    }
    with running(peer.module, environment, bench.folder / peer.name, more) as processes:
        wait_until_consuming(peer, servers, processes, [service for service, _ in more.values()])
        yield processes


def measure(peer: Peer, bench: Bench, load: Load) -> Round:
    """A whole round."""
    with serving(peer, bench) as processes:
        throughput(peer, bench, bench.town.needs("a", WARM_UP), processes, load)
        result = throughput(peer, bench, bench.town.needs("b", load.needs), processes, load)
        count = int(load.trickle_seconds * load.per_second)
        if count:
            result.latencies_ms = latency(peer, bench, bench.town.needs("c", count), load.per_second)
        result.peak_mib = processes.memory_mib()
    return result


def wait_until_consuming(peer: Peer, servers: Servers, processes: Running, more: Sequence[str]) -> None:
    """Until each of the peer's queues has its consumer, and one besides for each further process of its service."""
    deadline = time.monotonic() + START_SECONDS
    with closing(servers.connect()) as connection:
        missing = list(peer.queues)
        while missing:
            processes.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{peer.name}: nobody consumes {missing} after {START_SECONDS} s")
            time.sleep(0.1)
            channel = connection.channel()
            try:
                while missing and channel.queue_declare(missing[0], passive=True).consumer_count > sum(
                    missing[0] == f"{service}.events" for service in more
                ):
                    missing.pop(0)
            except NotFound:
                continue
            channel.close()


def throughput(peer: Peer, bench: Bench, needs: Sequence[Need], processes: Running, load: Load) -> Round:
    """Needs a second from the first publication until all are ready."""
    servers, count = bench.servers, len(needs)
    store_needs(peer, servers, needs)
    publications = peer.publications(needs)
    with servers.mongo() as client, closing(Publisher(servers)) as publisher:
        progress = Progress(client[f"{peer.prefix}stations"].needs, [need.id for need in needs])
        before, start = Clocks.read(servers, processes), time.perf_counter()
        publisher.publish(publications)
        progress.wait(30 + count / load.least_needs_per_s, processes.check)
        seconds = time.perf_counter() - start
        used = Clocks.read(servers, processes).since(before)
    return Round(
        needs_per_s=count / seconds,
        cpu_s_per_need=used.services / count,
        server_cpu_s_per_need={name: spent / count for name, spent in used.servers.items()},
        driver_cpu_s_per_need=used.driver / count,
        others_cpu=max(0.0, used.machine - used.services - used.driver - sum(used.servers.values())) / seconds,
        peak_mib=processes.memory_mib(),
    )


def latency(peer: Peer, bench: Bench, needs: Sequence[Need], per_second: float) -> dict[str, list[float]]:
    """Milliseconds from each publication to the arrival of each answer, at a steady trickle."""
    store_needs(peer, bench.servers, needs)
    publications = peer.publications(needs)
    observer = Observer(bench.servers, peer.answers, peer.need_of)
    with observer, closing(Publisher(bench.servers)) as publisher:
        left = trickle(publisher, publications, per_second)
        _wait_for_answers(observer, publications)
    return {
        what: [(at - left[need]) * 1000 for need, at in arrived.items() if need in left]
        for what, arrived in observer.arrived.items()
    }


def _wait_for_answers(observer: Observer, publications: Sequence[Publication]) -> None:
    deadline = time.monotonic() + ANSWER_SECONDS
    while any(len(arrived) < len(publications) for arrived in observer.arrived.values()):
        if time.monotonic() > deadline:
            got = {what: len(arrived) for what, arrived in observer.arrived.items()}
            raise TimeoutError(f"of {len(publications)} needs only so many were answered: {got}")
        time.sleep(0.05)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
