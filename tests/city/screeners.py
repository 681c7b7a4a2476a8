"""The screeners of a town, a part of its clerks: residents are screened by consent, and the alerts answered."""

from datetime import timedelta
from random import Random
from typing import Any, Final

from shared.contracts.messages import Command
from shared.contracts.stations.alerts import (
    AnswerAlert,
    ConfirmDismissal,
    DismissAlert,
    RejectDismissal,
    TellFamily,
    TreatAlert,
)
from shared.contracts.stations.consents import GiveResidentConsent, WithdrawResidentConsent
from shared.contracts.stations.merges import MergeResidents
from shared.contracts.stations.residents import RegisterResident, TransferResident
from shared.contracts.stations.results import CorrectResult, RecordResults
from shared.contracts.stations.screenings import BeginScreening, EndScreening, PlanScreening
from tests.city.places import place
from tests.city.services import PERSONAL
from tests.city.world import World

INDICATORS: Final = ("systolic_pressure", "fasting_glucose", "lives_alone")
VALUES: Final = {"systolic_pressure": (118, 145, 165, 186), "fasting_glucose": (50, 75, 130, 170)}
"""Values of nobody at risk, and of somebody to watch or in danger."""
HEALTH: Final = {"scopes": ("health",)}
View = dict[str, Any]


class Screeners:
    """Registers residents, screens those who consent, and answers the alerts as the gateway shows them."""

    world: World

    def _resident(self, chance: Random) -> Command | None:
        stations = sorted(self.world.rows("gateway", "stations"))
        if not stations:
            return None
        asked = {
            "station_id": chance.choice(stations[:2]), "name": f"{PERSONAL} elder {chance.randrange(10**6)}",
            "birth_year": chance.randint(1930, 1950), "location": place(chance), "groups": ("elderly_80_plus",),
        }  # fmt: skip
        return RegisterResident.model_validate(asked)

    def _agree(self, chance: Random) -> Command | None:
        resident = self._one(chance, "residents", "active")
        if resident is None:
            return None
        purpose = chance.choice(("health_screening", "health_screening", "health_screening", "family_notice"))
        expires_at = self.world.time() + timedelta(hours=chance.choice((2, 20 * 24, 20 * 24)))
        asked = {"person_id": resident["id"], "purpose": purpose, "expires_at": expires_at, **HEALTH}
        return GiveResidentConsent.model_validate(asked)

    def _take_back(self, chance: Random) -> Command | None:
        shapes = (row["shape"] for row in self.world.rows("gateway", "consents").values())
        found = sorted(one["id"] for one in shapes if "health" in one["scopes"] and one["state"] == "given")
        return WithdrawResidentConsent(id=chance.choice(found)) if found else None

    def _plan_screening(self, chance: Random) -> Command | None:
        stations = sorted(self.world.rows("gateway", "stations"))
        if not stations:
            return None
        now = self.world.time()
        return PlanScreening(
            station_id=chance.choice(stations[:2]), indicators=INDICATORS, expected=10,
            starts_at=now, ends_at=now + timedelta(hours=chance.choice((5, 30))),
        )  # fmt: skip

    def _begin_screening(self, chance: Random) -> Command | None:
        planned = self._one(chance, "screenings", "planned")
        return None if planned is None else BeginScreening(id=planned["id"])

    def _end_screening(self, chance: Random) -> Command | None:
        running = self._one(chance, "screenings", "running")
        return None if running is None else EndScreening(id=running["id"])

    def _measure(self, chance: Random) -> Command | None:
        """Record one to three values of a resident, as one whom the screening's station mostly cares for."""
        screening, residents = self._one(chance, "screenings", "running"), self._all("residents", "active")
        near = [one for one in residents if screening is not None and one["area"] == screening["area"]]
        if screening is None or not residents:
            return None
        resident = chance.choice(near if near and chance.random() < 0.9 else residents)
        results: list[dict[str, Any]] = []
        for code in chance.sample(INDICATORS, chance.randint(1, 3)):
            number = {"measured": chance.choice(VALUES.get(code, (0,)))}
            results.append({"indicator": code, **(number if code in VALUES else {"chosen": "yes"})})
        asked = {"screening_id": screening["id"], "resident_id": resident["id"], "results": results}
        return RecordResults.model_validate(asked)

    def _correct_result(self, chance: Random) -> Command | None:
        found = []
        for letter in self.world.people.letters.values():
            if isinstance(letter.command, RecordResults | CorrectResult):
                items = ((letter.answer or {}).get("ok") or {}).get("items", ())
                found += [(one["id"], one["indicator"]) for one in items if one["indicator"] in VALUES]
        if not found:
            return None
        result, code = chance.choice(sorted(found))
        return CorrectResult(id=result, measured=chance.choice(VALUES[code]), correction="entered_wrongly")

    def _respond(self, chance: Random) -> Command | None:
        """Take the next step of an alert, or another one."""
        alert = self._one(chance, "alerts", "detected", "answered", "dismissal_asked")
        if alert is None:
            return None
        steps: list[Command] = [
            AnswerAlert(id=alert["id"], way="in_person"),
            TreatAlert(id=alert["id"], treatment="seen_by_doctor"),
            DismissAlert(id=alert["id"], reason=chance.choice(("measured_wrongly", "entered_wrongly"))),
            TellFamily(id=alert["id"]),
        ]  # fmt: skip
        if alert["state"] == "dismissal_asked":
            steps = [ConfirmDismissal(id=alert["id"]), RejectDismissal(id=alert["id"])]
        return chance.choice(steps)

    def _move_resident(self, chance: Random) -> Command | None:
        resident, stations = self._one(chance, "residents", "active"), sorted(self.world.rows("gateway", "stations"))
        return None if resident is None else TransferResident(id=resident["id"], station_id=chance.choice(stations))

    def _merge_residents(self, chance: Random) -> Command | None:
        found = self._all("residents", "active")
        if len(found) < 2:
            return None
        one, into = chance.sample(found, 2)
        return MergeResidents(resident_id=one["id"], into_id=into["id"])

    def _one(self, chance: Random, views: str, *states: str) -> View | None:
        found = self._all(views, *states)
        return chance.choice(found) if found else None

    def _all(self, views: str, *states: str) -> list[View]:
        shapes = (row["shape"] for row in self.world.rows("gateway", views).values())
        return sorted((one for one in shapes if one["state"] in states), key=lambda one: str(one["id"]))
