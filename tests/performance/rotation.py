"""Measures a rotation of the key ring over very many people, beside an intake and reads at a steady rate.

`python -m tests.performance.rotation MONGO_URI [PEOPLE]` fills databases of its own with so many volunteers and a tenth
as many donors, and runs `lianshan keys rotate` while another process registers volunteers and reads people. It prints
keys a second, the latencies before and during the rotation, and the conflicts; then it opens every sealed value by the
new ring alone, and removes the databases. It ends with 1 where a call failed or a value does not open.
"""

import json
import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from secrets import token_bytes, token_hex
from tempfile import TemporaryDirectory
from typing import Any, Final

from prometheus_client import REGISTRY
from pymongo import MongoClient

from deploy.lianshan.declarations import DECLARATIONS
from deploy.lianshan.keys import RingFile
from deploy.lianshan.keys.rotation import SEALING_SERVICES
from deploy.lianshan.load.figures import percentile
from deploy.lianshan.local.services import SOURCE
from services.charity.donors.domain import seal_donor
from shared.contracts.charity.donors import DonorDetails
from shared.contracts.messages import AuditedQuery, QueryEnvelope
from shared.contracts.volunteering.people import FindDuplicateVolunteers, ReadVolunteer
from shared.engine.run.queries import QueryRunner
from shared.engine.store.release_mark import mark_store
from shared.engine.store.replicas import Share
from shared.engine.store.sealing import bind_store
from shared.people import Marker, holder_of, read_keys
from shared.runtime.clock import machine_now
from shared.runtime.keyring import FollowedRing, KeyRing
from shared.runtime.vault import Vault, VaultError
from tests.performance.finding import BATCH, OFFICER, WHY, fill, someone
from tests.performance.intake import Owner
from tests.performance.sealing import volunteers

PEOPLE, DONORS = 1_000_000, 10
RATE, WRITES = 30, 3
"""Calls a second; each third one is a write, the others are reads."""
BEFORE_SECONDS, AFTER_SECONDS, SETTLE_SECONDS = 20, 5, 10
LONGEST_SECONDS: Final = 3600
MOST_SHOWN: Final = 20
Document = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One call of the traffic, in seconds of the monotonic clock from the moment at which it was due."""

    write: bool
    due: float
    seconds: float
    failure: str = ""


@dataclass
class Traffic:
    """Registers and reads at a steady rate, however long the answers take."""

    owner: Owner
    runner: QueryRunner
    people: int
    calls: list[Call] = field(default_factory=list)

    def run(self, ending: Any) -> None:
        """Go on until the event is set."""
        make, chance, began, newest = volunteers(self.owner), random.Random(7), time.monotonic(), ""
        for nth in count():
            due = began + nth / RATE
            time.sleep(max(0.0, due - time.monotonic()))
            if ending.is_set():
                return
            failure, write = "", nth % WRITES == 0
            try:
                if write:
                    newest = self.owner.do(make())["id"]
                elif nth % WRITES == 1:
                    self._ask(ReadVolunteer(volunteer_id=newest))
                else:
                    self._ask(FindDuplicateVolunteers(person_id=f"vol_{chance.randrange(self.people):012d}"))
            except Exception as error:  # noqa: BLE001 - any error is a failed call, and is reported
                failure = f"{type(error).__name__}: {error}"
            self.calls.append(Call(write, due, time.monotonic() - due, failure))

    def _ask(self, query: AuditedQuery[Any]) -> None:
        envelope = QueryEnvelope(type=query.type, data=query.model_dump(mode="json"), actor=OFFICER, why=WHY)
        reply = self.runner.answer(envelope.model_dump(mode="json"))
        if reply.get("ok") is None:
            raise RuntimeError(f"{query.type}: {reply}")


def serve(store: tuple[str, str], ring: RingFile, people: int, ending: Any, found: Any) -> None:
    """Be the process beside the rotation: report its calls and conflicts when it is ended."""
    uri, name = store
    vault = Vault(FollowedRing(ring.read(), ring.path), "volunteering")
    with MongoClient[Document](uri, tz_aware=True) as client:
        declared, database = DECLARATIONS["volunteering"], client[name]
        queries = declared.queries(vault=vault, share=Share())
        runner = QueryRunner("volunteering", queries, database, lambda: datetime.now(UTC))
        traffic = Traffic(Owner(declared, database, vault), runner, people)
        traffic.run(ending)
    conflicts = REGISTRY.get_sample_value("lianshan_conflicts_total", {"service": "volunteering"})
    found.put((traffic.calls, int(conflicts or 0)))


def pages(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the rows in lists of BATCH, the last one shorter."""
    left = iter(rows)
    while page := list(islice(left, BATCH)):
        yield page


def fill_donors(database: Any, vault: Vault, donors: int) -> None:
    """Store so many donors, as the service writes them."""
    marker, chance = Marker(vault), random.Random(8)
    for numbers in pages(range(donors)):
        documents = []
        for donor in (f"donor_{number:012d}" for number in numbers):
            one = someone(chance)
            details = DonorDetails(name=one.name, phone=one.phone)
            sealed = seal_donor(donor, details, "", vault=vault, marker=marker, now=machine_now())
            documents.append(sealed.to_document())
        database["donors"].insert_many(documents, ordered=False)


def rotate(uri: str, prefix: str, ring: RingFile) -> Mapping[str, Any]:
    """Run the operator's command; return its answer, with the seconds that it took."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIANSHAN_")}
    environment |= {
        "LIANSHAN_MONGO_URI": uri, "LIANSHAN_DATABASE_PREFIX": prefix, "LIANSHAN_DATA_KEY_FILE": str(ring.path),
        "PYTHONPATH": str(SOURCE),
    }  # fmt: skip
    command = [sys.executable, "-m", "deploy.lianshan.cli", "keys", "rotate", "--settle", str(SETTLE_SECONDS), "--json"]
    began = time.monotonic()
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )
    if done.returncode:
        sys.exit(f"the rotation failed: {done.stderr}")
    return {**json.loads(done.stdout), "seconds": time.monotonic() - began}


def open_all(stores: Mapping[str, Any], ring: KeyRing) -> tuple[int, list[str]]:
    """Return the number of sealed values that the ring opens, and the places of those that it does not."""
    opened, closed = 0, list[str]()
    for service, store in stores.items():
        vault = Vault(ring, service)
        for collection, fields in DECLARATIONS[service].sealed.items():
            for rows in pages(store[collection].find({}, dict.fromkeys(fields, 1))):
                keys = read_keys(store, vault, [row["_id"] for row in rows], holder_of(DECLARATIONS[service].sealed))
                opens = [name for name, purpose in fields.items() if purpose != "key"]
                for row, name in ((row, name) for row in rows for name in opens if row.get(name)):
                    try:
                        keys.open(row[name], row["_id"], collection, row["_id"], name)
                        opened += 1
                    except VaultError as error:
                        closed.append(f"{service}/{collection}/{row['_id']}/{name}: {error}")
    return opened, closed


def describe(title: str, calls: Sequence[Call]) -> None:
    """Print the latencies of some of the calls."""
    for kind, some in (("writes", [c for c in calls if c.write]), ("reads", [c for c in calls if not c.write])):
        p50, p99 = (1000 * (percentile([call.seconds for call in some], share) or 0.0) for share in (0.5, 0.99))
        print(f"{title}, {len(some):,} {kind}: p50 {p50:.1f} ms, p99 {p99:.1f} ms")


def main(uri: str, people: int) -> int:
    """Fill, rotate beside the traffic, print, remove; return the number of faults, 1 at most."""
    prefix = f"rotation_{token_hex(4)}_"
    with MongoClient[Document](uri, tz_aware=True) as client, TemporaryDirectory() as folder:
        ring = RingFile(Path(folder) / "data_key")
        ring.write(KeyRing.of_key(token_bytes(32)))
        stores = {service: client[f"{prefix}{service}"] for service in SEALING_SERVICES}
        try:
            for store in stores.values():
                mark_store(store, machine_now())
                bind_store(store, machine_now(), new=True)
            fill(stores["volunteering"], Vault(ring.read(), "volunteering"), people)
            fill_donors(stores["charity"], Vault(ring.read(), "charity"), people // DONORS)
            return measure(uri, prefix, ring, stores, people)
        finally:
            for store in stores.values():
                client.drop_database(store.name)


def measure(uri: str, prefix: str, ring: RingFile, stores: Mapping[str, Any], people: int) -> int:
    """Rotate beside the traffic, and print; return 1 where something failed."""
    context = multiprocessing.get_context("spawn")
    ending, found = context.Event(), context.Queue()
    arguments = ((uri, stores["volunteering"].name), ring, people, ending, found)
    beside = context.Process(target=serve, args=arguments, daemon=True)
    beside.start()
    time.sleep(BEFORE_SECONDS)
    began = time.monotonic()
    done = rotate(uri, prefix, ring)
    ended = time.monotonic()
    time.sleep(AFTER_SECONDS)
    ending.set()
    calls, conflicts = found.get(timeout=60)
    beside.join(60)
    seconds = done["seconds"]
    print(f"{done['documents']:,} documents in {seconds:.0f} s: {done['documents'] / seconds:,.0f} a second")
    print(f"load {os.getloadavg()[0]:.1f}; conflicts of the traffic: {conflicts}")
    describe("before", [call for call in calls if call.due < began])
    describe("during", [call for call in calls if began <= call.due < ended])
    failures = Counter(call.failure for call in calls if call.failure)
    faults = [f"{number} calls: {failure}" for failure, number in failures.items()]
    opened, closed = open_all(stores, ring.read())
    print(f"{opened:,} sealed values open by the new key alone, {len(closed):,} do not")
    print("\n".join([*faults, *closed][:MOST_SHOWN]) or "no fault")
    return 1 if faults or closed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else PEOPLE))
