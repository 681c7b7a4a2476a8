"""Measures the part of intake that sealing takes: registrations with and without it, in turns.

`python -m tests.performance.sealing MONGO_URI [ROUNDS]` registers volunteers, donors and needs, by the whole path of a
service from the delivery to the answer: with a vault that seals nothing, sealed in the store, and on the wire as well.
It prints the CPU of service and MongoDB for each. The marks by which people are found are made in all. CPU, because a
busy machine changes it little; one batch of each in turn, so that all see the same machine; and the median batch,
because garbage is collected in some of them.
"""

import os
import random
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
from shared.contracts.stations.need_request import Beneficiaries, GoodsAsked
from shared.contracts.stations.needs import RegisterNeed
from shared.contracts.stations.network import OpenStation
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.engine.run.service import Declaration
from shared.runtime.vault import Vault
from tests.performance.finding import someone
from tests.performance.intake import Document, Owner
from tests.performance.servers import listener
from tests.performance.world import STREET

ROUNDS, BATCHES, BATCH, ALONE, WARM_UP = 3, 40, 200, 400, 2
AREA: Final = f"{STREET}001"
LIMIT_PER_CENT: Final = 10
KEY: Final = bytes(range(32))
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
    station = owner.do(OpenStation(area=AREA, name="Station", level="station"))["id"]
    goods = GoodsAsked(kind="goods", item="quilt", quantity=2, unit="piece")

    def make() -> Command:
        return RegisterNeed(
            station_id=station, title="Two quilts for an invented family", theme="elderly_care", urgency="normal",
            due=datetime.now(UTC) + timedelta(days=7), location=Place(lon=116.33, lat=39.93),
            beneficiaries=Beneficiaries(count=1, groups=("elderly_80_plus",)), lines=(goods,), publish=True,
        )  # fmt: skip

    return make


WAYS: Final[dict[str, tuple[type[Vault], bool]]] = {
    "unsealed": (Clear, False), "sealed in the store": (Vault, False), "and on the wire": (Vault, True),
}  # fmt: skip
KINDS: Final[dict[str, tuple[Declaration, Make]]] = {
    "volunteers": (VOLUNTEERING, volunteers), "donors": (CHARITY, donors), "needs": (STATIONS, needs),
}  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """Milliseconds of CPU a registration: of the service, and of MongoDB for it."""

    service: float
    mongod: float

    @property
    def whole(self) -> float:
        """The sum of both."""
        return self.service + self.mongod

    def __str__(self) -> str:
        return f"{self.whole:.3f} ({self.service:.3f} + {self.mongod:.3f})"


class Meter:
    """Adds up the CPU that one owner's registrations take."""

    def __init__(self, owner: Owner, make: Make, mongod: psutil.Process, *, sealed: bool) -> None:
        self._owner, self._make, self._mongod, self._sealed = owner, make(owner), mongod, sealed
        self._costs: list[tuple[float, float]] = []

    def take(self, number: int, *, counted: bool = True) -> None:
        """Register so many in one batch."""
        deliveries = self._owner.send(*(self._make() for _ in range(number)), sealed=self._sealed)
        before = process_time(), _cpu_of(self._mongod)
        self._owner.take(deliveries)
        if counted:
            service, mongod = process_time() - before[0], _cpu_of(self._mongod) - before[1]
            self._costs.append((service * 1000 / number, mongod * 1000 / number))

    def read(self) -> Cost:
        """Return the median cost of one registration, and begin again."""
        service, mongod = (statistics.median(each) for each in zip(*self._costs, strict=True))
        self._costs.clear()
        return Cost(service, mongod)


def _cpu_of(process: psutil.Process) -> float:
    """The seconds of its threads, in nanoseconds: those of the process are counted in hundredths of a second."""
    spent = 0
    for thread in Path(f"/proc/{process.pid}/task").iterdir():
        with suppress(OSError):  # it has ended
            spent += int((thread / "schedstat").read_text().split()[0])
    return spent / 1e9


@contextmanager
def owning(client: "MongoClient[Document]", declared: Declaration, vault: Vault) -> Iterator[Owner]:
    """An owner on a fresh database, which is removed afterwards."""
    database = client[f"sealing_{uuid4().hex[:8]}"]
    try:
        yield Owner(declared, database, vault)
    finally:
        client.drop_database(database.name)


def measure(meters: Sequence[Meter], size: int, times: int) -> list[Cost]:
    """Return the cost by each meter, of so many batches of that size, taken in turns."""
    for meter in meters:
        for _ in range(WARM_UP):
            meter.take(size, counted=False)
    for _ in range(times):
        for meter in meters:
            meter.take(size)
    return [meter.read() for meter in meters]


def compare(client: "MongoClient[Document]", kind: str, rounds: int, mongod: psutil.Process) -> None:
    """Measure one kind of intake, and print the ratios of the medians."""
    declared, make = KINDS[kind]
    sizes = {f"in batches of {BATCH}": (BATCH, BATCHES), "one at a time": (1, ALONE)}
    found: dict[str, list[list[Cost]]] = {how: [] for how in sizes}
    for _ in range(rounds):
        with ExitStack() as stack:
            meters = [
                Meter(
                    stack.enter_context(owning(client, declared, vault(KEY, declared.name))), make, mongod, sealed=wire
                )
                for vault, wire in WAYS.values()
            ]
            for how, (size, times) in sizes.items():
                found[how].append(measure(meters, size, times))
    for how, costs in found.items():
        middle = [
            Cost(statistics.median(one.service for one in each), statistics.median(one.mongod for one in each))
            for each in zip(*costs, strict=True)
        ]
        print(f"{kind}, {how}, ms of CPU (service + MongoDB), load {os.getloadavg()[0]:.1f}")
        for way, cost in zip(WAYS, middle, strict=True):
            part = (1 - middle[0].whole / cost.whole) * 100
            late = "" if part < LIMIT_PER_CENT else f", limit {LIMIT_PER_CENT}"
            print(f"  {way:20} {cost}: {part:.1f} % of throughput{late}", flush=True)


def main(uri: str, rounds: int) -> None:
    """Measure each kind of intake."""
    pid = listener(uri, 27017)
    if pid is None:
        sys.exit("the MongoDB of the address does not run on this machine, or its process may not be seen")
    with MongoClient[Document](uri, tz_aware=True) as client:
        for kind in KINDS:
            compare(client, kind, rounds, psutil.Process(pid))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS)
