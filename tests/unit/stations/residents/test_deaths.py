"""A death ends guardianship, care and consents; and stations find somebody else for those who are left."""

from datetime import date, timedelta
from typing import Any

import pytest
from residents_in_memory import CENTRE, COMMUNITY, ELM, OAK, ResidentsInMemory

from services.stations.households.relations import Relation, find_next_step
from services.stations.households.storage import RelationsTo
from shared.contracts import Refused
from shared.contracts.persons import PersonReference
from shared.contracts.plain import NextStep
from shared.contracts.stations.consents import GiveResidentConsent, RenewResidentConsent, ResidentConsentExpired
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.merges import MergeResidents
from shared.contracts.stations.relations import EndRelation, RecordRelation, RelationOverdue
from shared.contracts.stations.residents import EndResident, ReopenResident

DAY = timedelta(days=1)
SINCE = date(2001, 5, 1)
DAUGHTER = {"name": "Ma Daughter", "phone": "13900139000"}


class Family(ResidentsInMemory):
    """Mrs Ma, who is guardian of her grandson, a resident as well."""

    def __init__(self) -> None:
        super().__init__()
        self.ma = self.resident().id
        self.ward = self.resident(name="Little Invented", phones=(), birth_year=2015).id

    def relate(self, resident_id: str, **changes: Any) -> str:
        posted = {"resident_id": resident_id, "kind": "guardian", "tie": "grandparent", "since": SINCE, **changes}
        posted |= {} if "related_id" in posted else {"contact": DAUGHTER}
        return str(self.engine.command(RecordRelation.model_validate(posted), actor=ELM).id)

    def consent(self, **changes: Any) -> Any:
        posted = {"person_id": self.ma, "scopes": ("contact",), "purpose": "insurance", "recipient": "agency_1"}
        asked = {**posted, "expires_at": self.engine.now + 30 * DAY, **changes}
        return self.engine.command(GiveResidentConsent.model_validate(asked), actor=ELM)

    def die(self) -> Any:
        return self.act(EndResident, self.ma, reason="died")

    def step(self, relation: str) -> NextStep | None:
        return find_next_step(self.engine.one(Relation, relation))


@pytest.fixture
def city() -> Family:
    return Family()


def facts(city: Family, relation: str) -> tuple[str, str | None]:
    found = city.engine.one(Relation, relation)
    return found.state, found.reason


def test_guardianship_and_care_end_with_the_resident_and_the_family_stays_known(city: Family) -> None:
    kinds = {kind: city.relate(city.ma, kind=kind) for kind in ("guardian", "carer", "emergency_contact")}
    assert city.die().state == "ended"
    assert facts(city, kinds["guardian"]) == facts(city, kinds["carer"]) == ("ended", "resident_died")
    assert facts(city, kinds["emergency_contact"]) == ("standing", None)
    assert city.engine.one(Relation, kinds["guardian"]).contact_sealed == ""
    assert all(city.step(one) is None for one in kinds.values())


def test_a_ward_is_given_another_guardian_in_time_or_the_next_level_is_reminded(city: Family) -> None:
    lost = city.relate(city.ward, related_id=city.ma)
    city.die()
    assert facts(city, lost) == ("ended", "died")
    step = city.step(lost)
    assert step is not None
    assert (step.code, step.args, step.due) == ("replace_relation", {"kind": "guardian"}, city.engine.now + 7 * DAY)
    city.engine.advance(8 * DAY)
    assert city.engine.emitted(RelationOverdue)[-1].id == lost
    city.relate(city.ward, kind="carer")
    assert city.step(lost) is not None, "a carer is no guardian"
    city.relate(city.ward)
    assert city.step(lost) is None
    assert city.engine.one(Relation, lost).reminder is None


def test_nobody_is_to_be_found_where_another_of_the_kind_stands_or_nobody_is_needed(city: Family) -> None:
    first, second = city.relate(city.ward, related_id=city.ma), city.relate(city.ward)
    carer = city.relate(city.ward, kind="carer", related_id=city.ma)
    city.die()
    assert (city.step(first), facts(city, second)) == (None, ("standing", None))
    assert city.step(carer) is not None
    assert city.act(EndRelation, carer, reason="no_longer").next_step is None
    with pytest.raises(Refused, match="relation_ended"):
        city.act(EndRelation, carer, reason="no_longer")


def test_the_death_of_somebody_outside_and_an_erasure_leave_a_ward_alone_as_well(city: Family) -> None:
    outside = city.relate(city.ward)
    city.act(EndRelation, outside, reason="died")
    assert city.step(outside) is not None
    carer = city.relate(city.ward, kind="carer", related_id=city.ma)
    people = (PersonReference(kind="resident", id=city.ma),)
    city.engine.command(RequestErasure(people=people, ground="purpose_ended", area=COMMUNITY))
    city.engine.advance(timedelta(minutes=1))
    assert facts(city, carer) == ("ended", "data_erased")
    assert city.step(carer) is not None
    city.act(EndResident, city.ward, reason="moved_away")
    assert (city.step(carer), city.step(outside)) == (None, None), "nobody is sought for who is not cared for"


def test_a_mistake_or_a_parting_leaves_no_search(city: Family) -> None:
    for reason in ("no_longer", "recorded_by_mistake"):
        ended = city.relate(city.ward)
        city.act(EndRelation, ended, reason=reason)
        assert city.step(ended) is None


def test_a_carer_of_many_leaves_none_of_them_behind(city: Family) -> None:
    wards = [city.resident(name=f"Ward {nth}", phones=(), birth_year=None).id for nth in range(RelationsTo.limit + 1)]
    relations = [city.relate(one, kind="carer", related_id=city.ma) for one in wards]
    city.die()
    city.engine.advance(timedelta(minutes=1))
    assert {facts(city, one) for one in relations} == {("ended", "died")}
    assert all(city.step(one) is not None for one in relations)


def test_no_further_relation_ends_after_a_death_that_was_a_mistake(city: Family) -> None:
    wards = [city.resident(name=f"Ward {nth}", phones=(), birth_year=None).id for nth in range(RelationsTo.limit + 1)]
    relations = [city.relate(one, kind="carer", related_id=city.ma) for one in wards]
    city.die()
    city.act(ReopenResident, city.ma)
    city.engine.advance(timedelta(minutes=1))
    assert [facts(city, one) for one in relations].count(("standing", None)) == 1


def test_consents_end_and_nobody_gives_another_for_the_dead(city: Family) -> None:
    merged = city.resident(despite=(city.ma,)).id
    consent = city.consent()
    under_merged = city.consent(person_id=merged)
    city.engine.command(MergeResidents(resident_id=merged, into_id=city.ma), actor=ELM)
    city.die()
    assert {one.id: one.state for one in city.consents()} == {consent.id: "expired", under_merged.id: "expired"}
    assert city.engine.emitted(ResidentConsentExpired)[-1].expires_at == city.engine.now
    later = city.engine.now + 60 * DAY
    for asked in (
        city.consent,
        lambda: city.consent(person_id=merged),
        lambda: city.act(RenewResidentConsent, consent.id, expires_at=later),
        lambda: city.relate(city.ward, related_id=city.ma),
    ):
        with pytest.raises(Refused, match="resident_died"):
            asked()
    city.act(ReopenResident, city.ma, despite=(merged,))
    assert city.act(RenewResidentConsent, consent.id, expires_at=later).state == "given", "it was a mistake"


def test_another_end_of_care_ends_nothing_else(city: Family) -> None:
    consent, relation = city.consent(), city.relate(city.ward, related_id=city.ma)
    city.act(EndResident, city.ma, reason="moved_away")
    assert facts(city, relation) == ("standing", None)
    assert {one.id: one.state for one in city.consents()} == {consent.id: "given"}


def test_a_neighbouring_worker_ends_nobody(city: Family) -> None:
    with pytest.raises(Refused, match="unknown_id"):
        city.act(EndResident, city.ma, OAK, reason="died")
    assert city.act(EndResident, city.ma, CENTRE, reason="died").state == "ended"
