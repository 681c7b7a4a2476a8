"""A station without servers that screens its residents, and short calls about it."""

from datetime import timedelta
from typing import Any

from residents_in_memory import ELM, STREET, ResidentsInMemory
from stations_in_memory import HOUR

from services.stations.screening.domain.alert import Alert
from shared.contracts.access import Actor
from shared.contracts.stations.alerts import AlertShape
from shared.contracts.stations.consents import GiveResidentConsent
from shared.contracts.stations.network import OpenStation
from shared.contracts.stations.results import RecordResults, ResultsAnswer
from shared.contracts.stations.screenings import BeginScreening, PlanScreening, ScreeningShape

INDICATORS = ("systolic_pressure", "fasting_glucose", "lives_alone", "grip_strength")
HOME = {"lon": 109.84, "lat": 40.66}
DAY = timedelta(days=1)


class ScreeningInMemory(ResidentsInMemory):
    """A station with a screening that is running."""

    def __init__(self) -> None:
        super().__init__()
        self.persons = 0
        self.screening_id = ""
        self.running()

    def plan(self, actor: Actor = ELM, **changes: Any) -> ScreeningShape:
        now = self.engine.now
        posted = {
            "station_id": self.station_id, "indicators": INDICATORS, "expected": 200, "groups": ["elderly"],
            "starts_at": now + HOUR, "ends_at": now + 8 * HOUR, **changes,
        }  # fmt: skip
        planned: ScreeningShape = self.engine.command(PlanScreening.model_validate(posted), actor=actor)
        return planned

    def running(self) -> ScreeningShape:
        return self.begin(self.plan().id)

    def begin(self, screening_id: str, actor: Actor = ELM) -> ScreeningShape:
        """Begin the screening; from here on values are recorded in it."""
        begun: ScreeningShape = self.act(BeginScreening, screening_id, actor)
        self.screening_id = begun.id
        return begun

    def open_street_centre(self) -> str:
        opened = OpenStation(area=STREET, name="Centre", level="centre")
        centre: str = self.engine.command(opened).id
        return centre

    def agree(self, resident_id: str, purpose: str, actor: Actor = ELM, **changes: Any) -> str:
        posted = {
            "person_id": resident_id, "scopes": ("health",), "purpose": purpose,
            "expires_at": self.engine.now + 300 * DAY, **changes,
        }  # fmt: skip
        given: str = self.engine.command(GiveResidentConsent.model_validate(posted), actor=actor).id
        return given

    def elder(self, *purposes: str, actor: Actor = ELM, **changes: Any) -> str:
        """Register a resident who agrees to be screened, and to these purposes besides; return the id."""
        self.persons += 1
        person = {"name": f"Elder {self.persons}", "phones": (f"+86138000{self.persons:05d}",), "location": HOME}
        resident: str = self.resident(actor, **{**person, "groups": ("elderly_80_plus",), **changes}).id
        for purpose in ("health_screening", *purposes):
            self.agree(resident, purpose, actor)
        return resident

    def record(
        self, resident_id: str, actor: Actor = ELM, sex: Any = None, at: Any = None, **values: int | str
    ) -> ResultsAnswer:
        measured = [
            {"indicator": code, ("measured" if isinstance(value, int) else "chosen"): value}
            for code, value in values.items()
        ]
        asked = {
            "screening_id": self.screening_id,
            "resident_id": resident_id,
            "results": measured,
            "sex": sex,
            "measured_at": at,
        }
        answer: ResultsAnswer = self.engine.command(RecordResults.model_validate(asked), actor=actor)
        return answer

    def alert(self, resident_id: str) -> Alert:
        (found,) = (one for one in self.engine.all(Alert) if one.resident_id == resident_id)
        return found

    def critical(self, *purposes: str) -> Alert:
        """Record a critical blood pressure of a new resident; return the alert."""
        resident = self.elder(*purposes)
        self.record(resident, systolic_pressure=186)
        return self.alert(resident)

    def on(self, alert: Alert, kind: Any, actor: Actor = ELM, **fields: Any) -> AlertShape:
        shape: AlertShape = self.act(kind, alert.id, actor, **fields)
        return shape
