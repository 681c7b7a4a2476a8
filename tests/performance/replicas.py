"""Ours with two processes of the busiest service: does scaling cost anything where there is no core to gain?"""

import statistics
import time
from collections.abc import Callable
from typing import Any, Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.lianshan.local.folder import Folder
from shared.engine.store.replicas import BEAT_SECONDS
from tests.performance.catalogue import Peer, clean
from tests.performance.rounds import NOTHING_MORE, WARM_UP, Bench, Load, serving, throughput

BUSIEST: Final = "volunteering"
NEEDS: Final = 10_000
ROUNDS: Final = 2
SETTLED_SECONDS: Final = 2 * BEAT_SECONDS
"""By then they know of each other."""
LOAD: Final = Load(NEEDS, trickle_seconds=0)


def two_of_the_busiest(peer: Peer, bench: Bench, say: Callable[[str], None]) -> dict[str, Any]:
    """Needs a second with one and with two, in turn; which share of the second ones' batches met a conflict."""
    port = Folder(bench.folder).port("replica")
    speeds: dict[int, list[float]] = {1: [], 2: []}
    met = batches = 0.0
    for _ in range(ROUNDS):
        speeds[1].append(_measured(peer, bench, {})[0])
        speed, conflicts, decided = _measured(peer, bench, {"second": port})
        speeds[2].append(speed)
        met, batches = met + conflicts, batches + decided
    ratio = statistics.median(speeds[2]) / statistics.median(speeds[1])
    say(f"two of {BUSIEST}: {ratio:.2f} of the needs/s of one; {met:.0f} of {batches:.0f} batches met a conflict")
    return {
        "service": BUSIEST,
        "needs_per_s": {str(count): [round(speed, 1) for speed in found] for count, found in speeds.items()},
        "ratio": round(ratio, 3),
        "conflicts": round(met / batches, 4),
    }


def _measured(peer: Peer, bench: Bench, ports: dict[str, int]) -> tuple[float, float, float]:
    """Needs a second, and of the further processes: conflicts and batches."""
    more = {name: (BUSIEST, {"LIANSHAN_HEALTH_PORT": str(port)}) for name, port in ports.items()}
    with serving(peer, bench, more or NOTHING_MORE) as processes:
        time.sleep(SETTLED_SECONDS if more else 0)
        throughput(peer, bench, bench.town.needs("a", WARM_UP), processes, LOAD)
        speed = throughput(peer, bench, bench.town.needs("b", NEEDS), processes, LOAD).needs_per_s
        told = [_numbers(port) for port in ports.values()]
    clean(peer, bench.servers)
    return speed, sum(one["lianshan_conflicts_total"] for one in told), sum(one[_BATCHES] for one in told)


_BATCHES: Final = "lianshan_batch_messages_count"


def _numbers(port: int) -> dict[str, float]:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {sample.name: sample.value for sample in samples if sample.name in {"lianshan_conflicts_total", _BATCHES}}
