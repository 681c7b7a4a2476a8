"""A person's id stands in no collection of the city that nobody declares, and a copy holds every declared one."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from asking import ask

from services.charity.payments.domain import payment_id
from shared.contracts.access import Actor
from shared.contracts.charity.consents import GiveDonorConsent
from shared.contracts.charity.donations import Donate
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.charity.merges import MergeDonors
from shared.contracts.charity.payments import Evidence, Payee, RecordPayment
from shared.contracts.copies import COPY_QUERIES, CopyPage
from shared.contracts.persons import PersonReference
from shared.contracts.stations.consents import GiveNeedConsent, GiveResidentConsent
from shared.contracts.stations.handovers import RejectHandover
from shared.contracts.stations.households import FormHousehold
from shared.contracts.stations.merges import MergeResidents
from shared.contracts.stations.need_residents import NameResidents
from shared.contracts.stations.needs import ConfirmNeed, EvaluateNeed
from shared.contracts.stations.plan_homes import AddHome
from shared.contracts.stations.plans import RegisterPlan
from shared.contracts.stations.posts import FillPost, OpenPost
from shared.contracts.stations.referrals import Receiver, ReferNeed, ReferralBasis
from shared.contracts.stations.relations import RecordRelation
from shared.contracts.stations.residents import RegisterResident
from shared.contracts.stations.trainings import HoldTraining, PlanTraining, RecordAttendance
from shared.contracts.stations.workers import RegisterWorker
from shared.contracts.volunteering.consents import GiveVolunteerConsent
from shared.contracts.volunteering.dispatch import CheckIn, CheckOut
from shared.contracts.volunteering.merges import MergeVolunteers
from shared.engine import Holding
from shared.people.holdings import COMMON
from shared.runtime.vault import VaultError
from tests.city.mongo import Database
from tests.city.services import DECLARATIONS
from tests.stories.in_memory import InMemory
from tests.stories.screened import screen
from tests.stories.stage import HOUR

CLERK = Actor(kind="key", id="key_1", roles=("supervisor",))
OWNERS = [kind.to for kind in COPY_QUERIES]


class Closed:
    """A vault that opens nothing: the town seals by a hash."""

    def open(self, *_: str) -> str:
        raise VaultError("nobody opens it")

    def open_key(self, *_: str) -> "Closed":
        return self


class Day(InMemory):
    """A day in which each kind of person does all that a service keeps."""

    def __init__(self) -> None:
        super().__init__()
        (station,) = self.open_stations(self.home)
        fund = self.fund(self.home, 5_000)
        self.donor = self.send(RegisterDonor(name="Wu Invented", area=self.home, external_id="donor-7"))["id"]
        self.send(Donate(fund_id=fund, amount_fen=100, donor_id=self.donor, external_id="gift-7"))
        self.person = self.volunteer(self.home, standing=True)
        self.need_id = self.ask(station, fen=100, people=1, external_id="need-7")
        self.reaches(self.need_id, "ready")
        (other,) = self.open_stations(self.next_door)
        to = Receiver(kind="station", id=other)
        sent = self.send(ReferNeed(need_id=self.need_id, receiver=to, basis=ReferralBasis(obtained="online")))
        self.send(RejectHandover(id=sent["handover_id"], reason="no_capacity"))
        (dispatch,) = (row["_id"] for row in self.dispatches(self.need_id))
        self.send(CheckIn(dispatch_id=dispatch))
        self.wait(HOUR)
        self.send(CheckOut(dispatch_id=dispatch))
        self.reaches(self.need_id, "served")
        self.send(ConfirmNeed(need_id=self.need_id))
        payee, receipt = Payee(kind="voucher", voucher="V-7"), Evidence(reference="7", sha256="7" * 64)
        self.send(RecordPayment(id=payment_id(self.need_id, 0), amount_fen=100, payee=payee, evidence=receipt))
        self.send(EvaluateNeed(need_id=self.need_id, rating=5))
        self.visit(station)
        self.send(MergeVolunteers(volunteer_id=self.volunteer(self.home), into_id=self.person))
        other = self.send(RegisterDonor(name="Wu Invented", area=self.home))["id"]
        self.send(MergeDonors(donor_id=other, into_id=self.donor))
        terms: dict[str, Any] = {"purpose": "research", "expires_at": self.now() + 100 * HOUR}
        self.send(GiveVolunteerConsent(person_id=self.person, scopes=("contact",), **terms))
        self.send(GiveDonorConsent(person_id=self.donor, scopes=("identity",), **terms))
        self.send(GiveNeedConsent(person_id=self.need_id, scopes=("need_words",), **terms))
        self.resident = self.send(RegisterResident(station_id=station, name="Ma Invented", external_id="card-7"))["id"]
        self.worker = self.employ(station)
        twin = self.send(RegisterResident(station_id=station, name="Ma Twin"))["id"]
        self.send(MergeResidents(resident_id=twin, into_id=self.resident))
        self.send(NameResidents(need_id=self.need_id, residents=(self.resident,)))
        self.send(FormHousehold(head_id=self.resident, since=date(2001, 5, 1)))
        child = {"kind": "carer", "tie": "child", "since": date(2001, 5, 1)}
        contact = {"name": "Ma Daughter", "phone": "13900139000"}
        self.send(RecordRelation.model_validate({"resident_id": self.resident, "contact": contact, **child}))
        self.send(GiveResidentConsent(person_id=self.resident, scopes=("contact",), **terms))
        screen(self, station, self.resident, "systolic_pressure", 186)

    def employ(self, station: str) -> str:
        """Employ a social worker with a licence."""
        asked = {
            "station_id": station, "name": "Lin Invented", "phone": "13800138002", "level": "senior",
            "certificate_number": "2023011010001", "registered_until": self.now().date() + timedelta(days=300),
            "employed_on": self.now().date() - timedelta(days=40), "external_id": "staff-7",
        }  # fmt: skip
        worker_id: str = self.send(RegisterWorker.model_validate(asked))["id"]
        opened = {"station_id": station, "function": "caseworker", "fill_by": self.now() + 100 * HOUR}
        post = self.send(OpenPost.model_validate(opened))["id"]
        self.send(FillPost(id=post, worker_id=worker_id))
        planned = {"station_id": station, "dimension": "resource_linking", "minutes": 60}
        begins = self.now() - timedelta(days=1)
        training = self.send(PlanTraining.model_validate({**planned, "starts_at": begins}))["id"]
        self.send(HoldTraining(id=training))
        self.send(RecordAttendance(training_id=training, worker_id=worker_id, minutes=60, external_id="seat-7"))
        return worker_id

    def visit(self, station: str) -> None:
        """Have a plan visit the home of the need, by the carer who knows it."""
        asked = {
            "station_id": station, "theme": "elderly_care", "starts_on": self.now().date(), "minutes": 60,
            "ends_on": self.now().date() + timedelta(days=8), "recurrence": "FREQ=DAILY", "visit_time": "15:00",
            "visitors": {"headcount": 1},
        }  # fmt: skip
        plan = self.send(RegisterPlan.model_validate(asked))["id"]
        home = self.send(AddHome(plan_id=plan, need_id=self.need_id))["id"]
        self.wait(HOUR / 60)
        self.until(lambda: any(row["shape"]["home_id"] == home for row in self.shown("occurrences")), "it is visited")

    @property
    def people(self) -> dict[str, str]:
        return {
            "volunteer": self.person,
            "donor": self.donor,
            "need": self.need_id,
            "resident": self.resident,
            "worker": self.worker,
        }

    def rows_with(self, service: str, person: str) -> Iterator[tuple[str, str]]:
        """The collection and the id of each stored document in which the person's id stands."""
        for collection, rows in self._world.services[service].memory.rows.items():
            for row_id, row in rows.by_id.items():
                if person in repr(row):
                    yield collection, str(row_id)

    def copy(self, service: str) -> CopyPage:
        kind = next(query for query in COPY_QUERIES if query.to == service)
        people = tuple(PersonReference.model_validate({"kind": k, "id": i}) for k, i in self.people.items())
        store: Any = Database(self._world.services[service].memory)
        page: CopyPage = ask(
            DECLARATIONS[service], store, kind(people=people), self.now(), actor=CLERK, why="asked_by_person",
            vault=Closed(),
        )  # fmt: skip
        return page


@pytest.fixture(scope="module")
def day() -> Day:
    return Day()


def holdings_of(service: str, kind: str) -> list[Holding]:
    return [h for h in DECLARATIONS[service].holdings if h.kind in {"", kind}]


@pytest.mark.parametrize("service", OWNERS)
def test_every_collection_with_a_persons_id_is_declared(day: Day, service: str) -> None:
    for kind, person in day.people.items():
        found = {collection for collection, _ in day.rows_with(service, person)}
        declared = {h.collection for h in holdings_of(service, kind)}
        assert found - declared == set(), (
            f"{service} holds a {kind} in {found - declared}: declare it in `holdings` of the capability's CAPABILITY, "
            "so that a copy has it and an erasure finds it"
        )


@pytest.mark.parametrize("service", OWNERS)
def test_a_copy_has_every_document_with_the_persons_id_of_a_collection_that_is_not_left_out(
    day: Day, service: str
) -> None:
    left_out = {h.collection for h in COMMON if h.left_out is not None}
    held = {
        (person, collection, row_id)
        for kind, person in day.people.items()
        for collection, row_id in day.rows_with(service, person)  # before the copy, which leaves a row itself
        if collection not in left_out | {h.collection for h in holdings_of(service, kind) if h.left_out is not None}
    }
    copied = {(item.person_id, item.collection, item.id) for item in day.copy(service).items}
    assert held - copied == set()
    assert held
