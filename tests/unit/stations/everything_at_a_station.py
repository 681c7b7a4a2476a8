"""A station at which something of every kind is open, and short calls about where it goes on."""

from datetime import date, timedelta
from typing import Any, Final

from named_plans import plan
from residents_in_memory import CENTRE, ELM, OAK
from screening_in_memory import DAY, ScreeningInMemory
from stations_in_memory import HOUR
from stdnum.cn.uscc import calc_check_digit

from services.stations.households.domain import Household
from services.stations.households.relations import Relation
from services.stations.needs.domain.need import Need
from services.stations.participants.domain import Participant
from services.stations.plans.domain.home import PlanHome
from services.stations.plans.domain.occurrence import SETTLE_WITHIN, Occurrence, OccurrenceDue
from services.stations.plans.domain.plan import Plan
from services.stations.plans.visits import OCCURRENCES
from services.stations.posts.domain import Post
from services.stations.referrals.domain import Handover, Referral
from services.stations.residents.domain import Resident
from services.stations.screening.domain.alert import Alert
from services.stations.screening.domain.screening import Screening
from services.stations.supervision.domain import Finding, Visit
from services.stations.trainings.domain import Training
from services.stations.workers.domain import Worker
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.handovers import AnswerEnquiry
from shared.contracts.stations.households import FormHousehold
from shared.contracts.stations.organisations import RegisterOrganisation
from shared.contracts.stations.participants import LinkOrganisation
from shared.contracts.stations.plan_homes import AddHome
from shared.contracts.stations.posts import FillPost, OpenPost
from shared.contracts.stations.referrals import ReferNeed
from shared.contracts.stations.relations import RecordRelation
from shared.contracts.stations.residents import EndResident
from shared.contracts.stations.supervision import RecordFinding, RecordVisit
from shared.contracts.stations.trainings import PlanTraining
from shared.contracts.stations.workers import RegisterWorker

SECOND: Final = timedelta(seconds=1)
CONSENT: Final = {"obtained": "in_writing"}
THIRD: Final = "110102009019"
"""A community without a station."""


class EverythingInMemory(ScreeningInMemory):
    """A station at which something of every kind is open. `things` are model and id of each, by kind."""

    def __init__(self) -> None:
        super().__init__()
        self.engine.command(ImportAreas(rows=(AreaRow(code=THIRD, name="Ash Hall"),)))
        self.things: dict[str, tuple[Any, str]] = {}
        self._needs()
        self._plans()
        self._people()
        self._supervision()
        self._staff()
        self.engine.advance(SECOND)

    def thing(self, kind: str) -> Any:
        """The thing as it stands now."""
        return self.engine.one(*self.things[kind])

    def owner(self, kind: str) -> str:
        """The id of the station that has the thing, of a referral the side that is asked about."""
        thing = self.thing(kind)
        return str(thing.receiver_id if kind in {"undecided handover", "accepted handover"} else thing.station_id)

    def _needs(self) -> None:
        due = self.engine.now + 20 * DAY
        self.things["draft"] = (Need, self.register(due=due, publish=False).id)
        self.things["served need"] = (Need, self.serve())
        here = {"kind": "station", "id": self.station_id}
        there = {"kind": "station", "id": self.next_door}
        self.things["enquiry sent"] = (Referral, self._refer(self.register(due=due).id, there, None).id)
        self.act(AnswerEnquiry, self.thing("enquiry sent").handover_id, OAK, answer="capacity")
        next_door = self.register(station_id=self.next_door, due=due).id
        sent = self._refer(next_door, here, CONSENT, OAK)
        self.things["undecided handover"] = (Handover, sent.handover_id)

    def _refer(self, need_id: str, to: Any, basis: Any, actor: Any = ELM) -> Referral:
        asked = ReferNeed.model_validate({"need_id": need_id, "receiver": to, "basis": basis})
        sent: str = self.engine.command(asked, actor=actor).id
        return self.engine.one(Referral, sent)

    def _plans(self) -> None:
        plan_id = self.engine.command(plan(self.engine, None), actor=ELM).id
        need = self.register(title="Visit to Grandmother Yu", publish=False)
        home = self.engine.command(AddHome(plan_id=plan_id, need_id=need.id), actor=ELM).id
        self.engine.advance(SECOND)
        to_come, *others = self.engine.all(Occurrence)
        # As a calendar that came too late leaves it: nobody was asked for the visit.
        missed = others[0].model_copy(update={"state": "missed", "missed_at": self.engine.now})
        self.engine.entities[Occurrence, missed.id] = missed
        timer = OCCURRENCES.step_timer(missed.id)
        self.engine.timers[timer] = (self.engine.now + SETTLE_WITHIN, OccurrenceDue(id=missed.id))
        self.things |= {
            "plan": (Plan, plan_id), "home": (PlanHome, home), "visit to come": (Occurrence, to_come.id),
            "missed visit": (Occurrence, missed.id),
        }  # fmt: skip

    def _people(self) -> None:
        cared, gone = self.critical(), self.critical()
        self.act(EndResident, gone.resident_id, reason="moved_away")
        guardian, since = self.elder(), date(2026, 1, 5)
        asked = {"resident_id": cared.resident_id, "kind": "guardian", "tie": "child", "related_id": guardian}
        relation = self.engine.command(RecordRelation.model_validate({**asked, "since": since}), actor=ELM).id
        self.act(EndResident, guardian, reason="died")
        household = self.engine.command(FormHousehold(head_id=cared.resident_id, since=since), actor=ELM).id
        self.things |= {
            "resident": (Resident, cared.resident_id), "resident no longer cared for": (Resident, gone.resident_id),
            "household": (Household, household), "relation to replace": (Relation, relation),
            "screening": (Screening, self.screening_id), "alert": (Alert, cared.id),
            "alert of one no longer cared for": (Alert, gone.id),
        }  # fmt: skip

    def _supervision(self) -> None:
        began = self.engine.now - HOUR
        visit = RecordVisit(
            station_id=self.station_id, kind="support", topics=("training",), began_at=began, minutes=30
        )
        visited = self.engine.command(visit).id
        due = self.engine.now + 7 * DAY
        found = RecordFinding(visit_id=visited, topic="training", severity="minor", action="train_staff", due=due)
        self.things["supervision"] = (Visit, visited)
        self.things["finding"] = (Finding, self.engine.command(found).id)

    def _staff(self) -> None:
        facts = {"station_id": self.station_id, "employed_on": "2026-01-05"}
        worker = {**facts, "name": "Lin Invented", "phone": "13800138111"}
        worker_id = self.engine.command(RegisterWorker.model_validate(worker)).id
        post = {"station_id": self.station_id, "function": "caseworker", "fill_by": self.engine.now + 60 * DAY}
        vacant, filled = (self.engine.command(OpenPost.model_validate(post)).id for _ in range(2))
        self.act(FillPost, filled, CENTRE, worker_id=worker_id)
        training = {"station_id": self.station_id, "dimension": "resource_linking", "minutes": 60}
        planned = PlanTraining.model_validate({**training, "starts_at": self.engine.now + DAY})
        code = "52110102MJ0123451"
        organisation = {
            "name": "Elm Aid", "credit_code": code + calc_check_digit(code), "kind": "social_service_institution",
            "roles": ["volunteering"], "area": "110102009",
        }  # fmt: skip
        linked = self.engine.command(RegisterOrganisation.model_validate(organisation)).id
        link = LinkOrganisation(station_id=self.station_id, organisation_id=linked, role="volunteering")
        self.things |= {
            "worker": (Worker, worker_id), "vacant post": (Post, vacant), "filled post": (Post, filled),
            "training": (Training, self.engine.command(planned).id),
            "participant": (Participant, self.engine.command(link).id),
        }  # fmt: skip
