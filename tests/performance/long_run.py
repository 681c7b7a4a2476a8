"""Ours over many needs (does memory stay flat?) and over full stores (does speed stay?)."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from amqp import Channel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.write_concern import WriteConcern

from deploy.lianshan.clock.movement import move_forward
from deploy.lianshan.stores import Stores
from shared.engine.store.collections import OUTBOX, TIMERS
from shared.runtime.clock import Clock
from tests.performance.catalogue import Peer
from tests.performance.processes import SERVICES, Running
from tests.performance.rounds import WARM_UP, Bench, Load, serving, throughput
from tests.performance.samples import Document
from tests.performance.world import COMMUNITIES, KINDS, MONTH, VOLUNTEERS_PER_COMMUNITY

PART: Final = 10_000
"""Needs of one measurement."""
FIRST_LOOK: Final = 20_000
ENDURANCE: Final = 100_000
STORED_NEEDS: Final = 1_000_000
STORED_VOLUNTEERS: Final = 260_000
CHUNK: Final = 5_000
SETTLE_SECONDS: Final = 60
PASS_SECONDS, QUIET_LOOKS = 1_200, 3
HOUSEHOLD: Final = 250
"""People who live in one area together."""
LOAD: Final = Load(PART, trickle_seconds=0)

Say = Callable[[str], None]


@dataclass(frozen=True)
class LongRun:
    """Which parts of it."""

    endurance: bool
    stored: bool


def long_run(peer: Peer, bench: Bench, plan: LongRun, say: Say) -> dict[str, Any]:
    """Both parts with the same processes: empty stores, many needs, full stores. A month passes after each 20,000."""
    results: dict[str, Any] = {}
    with serving(peer, bench, movable_clock=True) as processes:
        throughput(peer, bench, bench.town.needs("a", WARM_UP), processes, LOAD)
        parts = Parts(peer, bench, processes)
        empty = [parts.next() for _ in range(FIRST_LOOK // PART)]
        say(f"empty stores: {_words(empty)} needs/s")
        parts.pass_month()
        if plan.endurance:
            results["memory"] = endurance(parts, say)
        if plan.stored:
            results["stored"] = stored(parts, empty, say)
    return results


@dataclass
class Parts:
    """One measurement after the other, each with new needs."""

    peer: Peer
    bench: Bench
    processes: Running
    done: int = 0
    month: int = 0

    def next(self) -> float:
        """Needs a second over the next PART needs."""
        needs = self.bench.town.needs("d", PART, self.done, self.month)
        self.done += PART
        return throughput(self.peer, self.bench, needs, self.processes, LOAD).needs_per_s

    def pass_month(self) -> None:
        """Move the city's clock past the slots of all needs, and wait until all that falls due with them is done."""
        self.month += 1
        with self.bench.servers.mongo() as client, closing(self.bench.servers.connect()) as connection:
            stores = Stores(client, self.peer.prefix)
            clock = move_forward(stores, lambda now: now + MONTH, "bench")
            deadline, quiet = time.monotonic() + PASS_SECONDS, 0
            while quiet < QUIET_LOOKS:
                self.processes.check()
                if time.monotonic() > deadline:
                    raise TimeoutError(f"all that is due in month {self.month} is not done after {PASS_SECONDS} s")
                time.sleep(1)
                quiet = 0 if self._is_at_work(stores, clock, connection.channel()) else quiet + 1

    def _is_at_work(self, stores: Stores, clock: Clock, channel: Channel) -> bool:
        """Return whether a timer is due, an event unpublished, or a message in a queue."""
        with channel:
            if any(channel.queue_declare(name, passive=True).message_count for name in self.peer.queues):
                return True
        due: Document = {"due": {"$lte": clock.city()}}
        return any(
            stores.collection(service, TIMERS).find_one(due) or stores.collection(service, OUTBOX).find_one({})
            for service in SERVICES
        )


def endurance(parts: Parts, say: Say) -> dict[str, Any]:
    """Resident memory after FIRST_LOOK needs and after ENDURANCE of them, a month each, MiB of each process."""
    seen = {parts.done: parts.processes.memory_mib("VmRSS")}
    while parts.done < ENDURANCE:
        for _ in range(FIRST_LOOK // PART):
            parts.next()
        parts.pass_month()
        seen[parts.done] = parts.processes.memory_mib("VmRSS")
        say(f"{parts.done:,} needs: {', '.join(f'{k} {mib:.1f} MiB' for k, mib in seen[parts.done].items())}")
    first, last = seen[FIRST_LOOK], seen[parts.done]
    growth = max(last[service] / first[service] for service in first)
    say(f"memory over {parts.done:,} needs: at the end {growth:.2f} times that at {FIRST_LOOK:,}")
    return {
        "needs": parts.done,
        "rss_mib": {str(done): {k: round(v, 1) for k, v in mib.items()} for done, mib in seen.items()},
        "growth": round(growth, 3),
    }


def stored(parts: Parts, empty: list[float], say: Say) -> dict[str, Any]:
    """Needs a second with full stores, against empty ones before."""
    peer, bench = parts.peer, parts.bench
    start = time.monotonic()
    with bench.servers.mongo() as client:
        counts = _fill_stores(peer, bench, client)
        _settle(bench, client)
    say(
        f"stored {', '.join(f'{count:,} {what}' for what, count in counts.items())} in {time.monotonic() - start:.0f} s"
    )
    parts.next()  # warms the caches that so many inserts have emptied; no service starts on full stores every day
    full = [parts.next() for _ in range(2)]
    say(f"full stores: {_words(full)} needs/s")
    ratio = statistics.median(full) / statistics.median(empty)
    return {
        "documents": counts,
        "needs_per_s_empty": [round(x, 1) for x in empty],
        "needs_per_s_stored": [round(x, 1) for x in full],
        "ratio": round(ratio, 3),
    }


def _settle(bench: Bench, client: Any) -> None:
    """Wait until mongod has written its data to disk: nobody fills stores in a minute and works at once."""
    client.admin.command("fsync")
    deadline = time.monotonic() + SETTLE_SECONDS
    idle = False
    while not idle and time.monotonic() < deadline:
        before = bench.servers.cpu_seconds().get("mongod", 0.0)
        time.sleep(2)
        idle = bench.servers.cpu_seconds().get("mongod", 0.0) - before < 0.2


def _fill_stores(peer: Peer, bench: Bench, client: Any) -> dict[str, int]:
    """Fill the stores with a city's data of years: needs with all that belongs to them, and people."""
    counts: dict[str, int] = {}
    stations: Database[Document] = client[f"{peer.prefix}stations"]
    for collection, rows in _old_needs(bench).items():
        counts[collection] = _insert(stations[collection], rows)
    for service, collection, sample in _old_answers(bench):
        rows = _copies(sample, bench.samples.need, STORED_NEEDS)
        counts[collection] = _insert(client[f"{peer.prefix}{service}"][collection], rows)
    counts["volunteers"] = _more_volunteers(bench, client[f"{peer.prefix}volunteering"])
    return counts


def _old_needs(bench: Bench) -> dict[str, Iterator[Document]]:
    kinds = bench.town.needs("z", KINDS)
    return {collection: _old_rows([need.documents[collection] for need in kinds]) for collection in kinds[0].documents}


def _old_rows(kinds: list[Document]) -> Iterator[Document]:
    """Their ids lie before those of the needs that are measured, as they would by the clock."""
    for nth in range(STORED_NEEDS):
        kind = kinds[nth % len(kinds)]
        yield {**kind, "_id": f"need_0{nth:019}", **({"state": "evaluated"} if "state" in kind else {})}


def _old_answers(bench: Bench) -> list[tuple[str, str, Document]]:
    samples = bench.samples
    inserts = {"charity": samples.charity_inserts, "volunteering": samples.volunteering_inserts}
    return [
        (service, collection, row)
        for service, collections in inserts.items()
        for collection, rows in collections.items()
        for row in rows
        if collection in {"links", "staffings"}
    ]


def _copies(sample: Document, need: str, count: int) -> Iterator[Document]:
    done = {"state": "delivered" if "sources" in sample else "credited"}
    for nth in range(count):
        yield {**sample, **done, "_id": sample["_id"].replace(need, f"need_0{nth:019}")}


def _more_volunteers(bench: Bench, database: Database[Document]) -> int:
    """Of twenty, one lives in the street itself, three elsewhere in the district, sixteen elsewhere in the city."""
    made = 0
    for nth in range(-(-STORED_VOLUNTEERS // HOUSEHOLD)):
        area, count = COMMUNITIES[nth % len(COMMUNITIES)], min(HOUSEHOLD, STORED_VOLUNTEERS - made)
        first = VOLUNTEERS_PER_COMMUNITY + nth * HOUSEHOLD
        rows = bench.town.more_volunteers(area, first, count, _elsewhere(area, nth))
        for collection, documents in rows.items():
            _insert(database[collection], iter(documents))
        made += count
    return made


def _elsewhere(area: str, nth: int) -> tuple[str, float] | None:
    if nth % 20 == 0:
        return None
    if nth % 20 < 4:
        return f"{area[:6]}{nth % 40 + 100:03}{nth % 30:03}", 0.04
    return f"{area[:4]}{nth % 15 + 10:02}{nth % 40:03}{nth % 30:03}", 0.3


def _insert(collection: Collection[Document], rows: Iterator[Document]) -> int:
    quick = collection.with_options(write_concern=WriteConcern(w=1))
    count, part = 0, []
    for row in rows:
        part.append(row)
        if len(part) == CHUNK:
            count += len(quick.insert_many(part, ordered=False).inserted_ids)
            part = []
    return count + (len(quick.insert_many(part, ordered=False).inserted_ids) if part else 0)


def _words(values: list[float]) -> str:
    return " ".join(f"{value:,.0f}" for value in values)
