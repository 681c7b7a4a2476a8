"""The remains of one need do not make the next one dearer: no document and no work list grows with their number.

Several documents belong to each need, and stay. The documents that all needs share must stay as small as they are.
"""

from collections.abc import Iterator
from datetime import timedelta

from bson import encode

from services.charity.payments.domain import payment_id
from shared.contracts.charity.payments import Evidence, Payee, RecordPayment
from shared.contracts.stations.needs import ConfirmNeed, EvaluateNeed
from shared.contracts.volunteering.dispatch import CheckIn, CheckOut
from tests.stories.in_memory import InMemory

WORK = ("outbox", "timers", "letters", "started")
"""The collections that hold work to do, and nothing that is done."""
BY_MONTH = {"gateway.reports_volunteer_years@1"}
"""Collections whose documents have an entry for each month and place, of which a year has a bounded number."""
ROOM = 16
"""Bytes by which a count with more digits may make a document larger."""


class Town(InMemory):
    """A town with one station, one fund, one volunteer and one donor, who serve need after need."""

    def __init__(self) -> None:
        super().__init__()
        (self.station,) = self.open_stations(self.home)
        self.fund_id = self.fund(self.home, 1_000_000)
        self.volunteer(self.home, standing=True)

    def serve(self, needs: int) -> None:
        """Have so many needs served, confirmed, credited and evaluated, one every second day."""
        for _ in range(needs):
            self.give(self.station, self.home, 2)
            need = self.ask(self.station, quilts=2, people=1, fen=100)
            (dispatch,) = (row["_id"] for row in self.dispatches(need, "accepted"))
            self.wait(timedelta(minutes=40))
            for command in (CheckIn, CheckOut):
                self.send(command(dispatch_id=dispatch))
            self.send(ConfirmNeed(need_id=need))
            payee, receipt = Payee(kind="voucher", voucher="V-7"), Evidence(reference="7", sha256="7" * 64)
            self.send(RecordPayment(id=payment_id(need, 1), amount_fen=100, payee=payee, evidence=receipt))
            self.send(EvaluateNeed(need_id=need, rating=5))
            assert self.need(need)["state"] == "evaluated"
            self.wait(timedelta(days=1))
            self.to_morning()

    def sizes(self) -> Iterator[tuple[str, int]]:
        """The bytes of the largest document of each collection."""
        for service, name, rows in self._collections():
            if f"{service}.{name}" not in BY_MONTH:
                yield f"{service}.{name}", max((len(encode(row)) for row in rows), default=0)

    def work(self) -> Iterator[tuple[str, int]]:
        """The documents of each collection that holds work."""
        for service, name, rows in self._collections():
            if name in WORK:
                yield f"{service}.{name}", len(rows)

    def _collections(self) -> Iterator[tuple[str, str, list[dict[str, object]]]]:
        for service in self._world.services.values():
            for name, rows in service.memory.rows.items():
                yield service.name, name, list(rows.by_id.values())


def test_nothing_that_needs_share_grows_with_the_number_of_needs_served() -> None:
    town = Town()
    town.serve(8)  # the days of a week are counted
    before, work = dict(town.sizes()), dict(town.work())
    town.serve(12)
    grown = {name: (before[name], size) for name, size in town.sizes() if size > before[name] + ROOM}
    assert grown == {}
    assert {name: (work[name], left) for name, left in town.work() if left > work[name]} == {}
