"""Residents whose care ended years ago are erased by age, unless others need them (PIPL, art. 19)."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from residents_in_memory import CENTRE, ELM, ResidentsInMemory

from services.stations.households.relations import Relation
from services.stations.households.retention import EndedResidents, ResidentOutdated
from services.stations.residents.domain import Resident, ResidentRecord
from services.stations.residents.policy import ResidentsPolicy
from shared.contracts import Refused
from shared.contracts.stations.consents import GiveResidentConsent
from shared.contracts.stations.erasures import ErasureProgressed
from shared.contracts.stations.merges import MergeResidents
from shared.contracts.stations.relations import EndRelation, RecordRelation
from shared.contracts.stations.residents import EndResident, ReopenResident, ResidentErased
from shared.people import DataKey
from shared.people.retention import Retention
from shared.runtime.audit import AUDIT
from shared.runtime.clock import Clock

DAY = timedelta(days=1)
KEPT_DAYS = 1096
SINCE = date(2001, 5, 1)


class Aging(ResidentsInMemory):
    """Mrs Ma, whose care has ended, and Mr Wu, who is cared for."""

    def __init__(self) -> None:
        super().__init__()
        self.ma = self.resident().id
        self.wu = self.resident(name="Wu Invented", phones=()).id
        self.act(EndResident, self.ma, reason="moved_away")

    def retire(self, days: int) -> list[str]:
        """Let days pass without a timer, look once for old data, and let the erasures run; return those begun."""
        self.engine.now += days * DAY
        store = self.store
        clock = Clock(wall=self.engine.now.timestamp, monotonic=lambda: 0.0)
        Retention(store, clock, [EndedResidents(KEPT_DAYS)], rest_seconds=0.0).run_pass()
        for row in store["timers"].find():
            self.engine.timers[row["_id"]] = (row["due"], ResidentOutdated.model_validate(row["data"]))
        self.engine.advance(timedelta(minutes=1))
        return [one for row in store[AUDIT].find() if row["why"] == "ended_residents" for one in row["about"]]

    def recorded(self) -> list[str]:
        return sorted(record.id for record in self.engine.all(ResidentRecord))


@pytest.fixture
def city() -> Aging:
    return Aging()


def carer(city: Aging) -> str:
    posted: Any = {"resident_id": city.wu, "kind": "carer", "tie": "friend", "since": SINCE, "related_id": city.ma}
    return str(city.engine.command(RecordRelation.model_validate(posted), actor=ELM).id)


def test_the_data_goes_after_the_time_and_on_record(city: Aging) -> None:
    assert city.retire(1000) == []
    assert city.retire(100) == [city.ma]
    assert city.recorded() == [city.wu], "who is cared for stays, however long ago registered"
    assert [key.id for key in city.engine.all(DataKey)] == [f"person:{city.wu}"]
    assert city.engine.one(Resident, city.ma).state == "erased"
    assert [event.id for event in city.engine.emitted(ResidentErased)] == [city.ma]
    assert city.engine.emitted(ErasureProgressed) == [], "nobody has asked, so nobody is answered"
    assert city.retire(1) == [], "once"


def test_who_cares_for_somebody_or_has_consented_since_is_kept(city: Aging) -> None:
    relation = carer(city)
    assert city.retire(1100) == []
    city.act(EndRelation, relation, reason="no_longer")
    consent = {"person_id": city.ma, "scopes": ("contact",), "purpose": "family_notice"}
    asked = {**consent, "expires_at": city.engine.now + 30 * DAY}
    city.engine.command(GiveResidentConsent.model_validate(asked), actor=ELM)
    assert city.retire(1000) == []
    assert city.retire(200) == [city.ma]
    assert city.engine.one(Relation, relation).state == "ended"


def test_all_ids_of_a_person_go_together_or_none(city: Aging) -> None:
    twin = city.resident(CENTRE, station_id=city.next_door, despite=(city.ma,)).id
    city.act(ReopenResident, city.ma, despite=(twin,))
    city.engine.command(MergeResidents(resident_id=twin, into_id=city.ma), actor=CENTRE)
    assert city.retire(1100) == [], "the survivor is cared for"
    city.act(EndResident, city.ma, reason="died")
    assert sorted(city.retire(1100)) == sorted([city.ma, twin])
    assert city.recorded() == [city.wu]


def test_who_is_cared_for_again_since_the_look_is_spared_by_the_decision(city: Aging) -> None:
    city.engine.now += 1100 * DAY
    timer = ResidentOutdated(resident_id=city.ma, cutoff=city.engine.now - KEPT_DAYS * DAY)
    city.act(ReopenResident, city.ma)
    city.engine.timers["outdated"] = (city.engine.now, timer)
    city.engine.advance(timedelta(minutes=1))
    assert city.engine.one(Resident, city.ma).state == "active"
    city.act(EndResident, city.ma, reason="moved_away")
    city.retire(1100)
    with pytest.raises(Refused, match="person_erased"):
        city.act(ReopenResident, city.ma)


@pytest.mark.parametrize("days", [364, 36_501])
def test_the_time_is_a_setting_within_bounds(days: int) -> None:
    assert ResidentsPolicy().ended_resident_days == KEPT_DAYS
    with pytest.raises(ValidationError, match="ended_resident_days"):
        ResidentsPolicy.model_validate({"ended_resident_days": days})
