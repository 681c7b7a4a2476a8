"""Measures the part of intake that sealing takes: registrations with and without it, in turns.

`python -m tests.performance.sealing MONGO_URI [ROUNDS]` registers volunteers, donors and needs with the service's own
vault and with one that seals nothing, in databases of its own, and prints the CPU of service and MongoDB for each. The
marks by which people are found are made in both. CPU, because a busy machine changes it little.
"""

import os
import random
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Final
from uuid import uuid4

import psutil
from pymongo import MongoClient

from services.charity.declaration import DECLARATION as CHARITY
from services.stations.declaration import DECLARATION as STATIONS
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.messages import Command
from shared.contracts.need_parts import Place
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.needs import Beneficiaries, GoodsAsked, RegisterNeed
from shared.contracts.stations.network import OpenStation
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.engine.run.service import Declaration
from shared.runtime.vault import Vault
from tests.performance.finding import someone
from tests.performance.intake import Document, Owner
from tests.performance.servers import listener
from tests.performance.world import STREET

ROUNDS, BATCHES, BATCH, ALONE, WARM_UP = 5, 10, 100, 200, 2
AREA: Final = f"{STREET}001"
LIMIT_PER_CENT: Final = 10
Make = Callable[[Owner], Callable[[], Command]]


class Clear(Vault):
    """A vault that seals nothing, and makes no data keys."""

    def __init__(self, ring: bytes, service: str) -> None:
        super().__init__(ring, service, bound=False)

    def seal(self, text: str, *_: str) -> str:
        """Return the text as it is."""
        return text


def volunteers(_: Owner) -> Callable[[], Command]:
    """Return the maker of registrations of volunteers with an identity number."""
    chance = random.Random(5)

    def make() -> Command:
        one = someone(chance)
        lon, lat = one.home or (0.0, 0.0)
        return RegisterVolunteer(
            name=one.name, phone=str(one.phone), area=AREA, location=Place(lon=lon, lat=lat),
            birth_year=one.birth_year, identity_number=one.identity_number,
        )  # fmt: skip

    return make


def donors(_: Owner) -> Callable[[], Command]:
    """Return the maker of registrations of donors with an identity number."""
    chance = random.Random(6)

    def make() -> Command:
        one = someone(chance)
        return RegisterDonor(name=one.name, phone=one.phone, area=AREA, identity_number=one.identity_number)

    return make


def needs(owner: Owner) -> Callable[[], Command]:
    """Return the maker of needs of a station, published at once."""
    owner.do(ImportAreas(rows=(AreaRow(code=STREET, name="Street"), AreaRow(code=AREA, name="Community"))))
    owner.do(OpenStation(area=STREET, name="Centre", level="centre"))
    station = owner.do(OpenStation(area=AREA, name="Station", level="station")).id
    goods = GoodsAsked(kind="goods", item="quilt", quantity=2, unit="piece")

    def make() -> Command:
        return RegisterNeed(
            station_id=station, title="Two quilts for an invented family", theme="elderly_care", urgency="normal",
            due=datetime.now(UTC) + timedelta(days=7), location=Place(lon=116.33, lat=39.93),
            beneficiaries=Beneficiaries(count=1, groups=("elderly_80_plus",)), lines=(goods,), publish=True,
        )  # fmt: skip

    return make


KINDS: Final[dict[str, tuple[Declaration, Make]]] = {
    "volunteers": (VOLUNTEERING, volunteers), "donors": (CHARITY, donors), "needs": (STATIONS, needs),
}  # fmt: skip


@contextmanager
def owning(client: "MongoClient[Document]", declared: Declaration, vault: Vault) -> Iterator[Owner]:
    """An owner on a fresh database, which is removed afterwards."""
    database = client[f"sealing_{uuid4().hex[:8]}"]
    try:
        yield Owner(declared, database, vault)
    finally:
        client.drop_database(database.name)


def measure(owner: Owner, make: Make, mongod: psutil.Process) -> tuple[float, float]:
    """Return the milliseconds of CPU a registration, in batches and alone: of this process and MongoDB together."""
    making, batch = make(owner), range(BATCH)
    for _ in range(WARM_UP):
        owner.do(*(making() for _ in batch))
    work = [[making() for _ in batch] for _ in range(BATCHES)]
    alone = [[making()] for _ in range(ALONE)]
    return _spent(owner, work, mongod), _spent(owner, alone, mongod)


def _spent(owner: Owner, work: list[list[Command]], mongod: psutil.Process) -> float:
    before = _cpu(mongod)
    for commands in work:
        owner.do(*commands)
    return (_cpu(mongod) - before) * 1000 / sum(map(len, work))


def _cpu(mongod: psutil.Process) -> float:
    times = mongod.cpu_times()
    return process_time() + times.user + times.system


def main(uri: str, rounds: int) -> None:
    """Measure each kind of intake in turns, and print the ratios of the medians."""
    pid = listener(uri, 27017)
    if pid is None:
        sys.exit("the MongoDB of the address does not run on this machine, or its process may not be seen")
    client, mongod = MongoClient[Document](uri, tz_aware=True), psutil.Process(pid)
    for kind, (declared, make) in KINDS.items():
        found: dict[type[Vault], list[tuple[float, float]]] = {Clear: [], Vault: []}
        for _ in range(rounds):
            for vault, times in found.items():
                with owning(client, declared, vault(bytes(range(32)), declared.name)) as owner:
                    times.append(measure(owner, make, mongod))
        for nth, how in enumerate((f"in batches of {BATCH}", "one at a time")):
            clear, sealed = (statistics.median(one[nth] for one in times) for times in found.values())
            cost = (1 - clear / sealed) * 100
            late = "" if cost < LIMIT_PER_CENT else f", limit {LIMIT_PER_CENT}"
            print(
                f"{kind}, {how}: {clear:.2f} ms of CPU unsealed, {sealed:.2f} sealed: "
                f"{cost:.1f} % of throughput{late}; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    client.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS)
