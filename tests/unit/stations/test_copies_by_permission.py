"""A copy of residents and social workers is for those who may see them; others cannot tell them from unknown ones."""

import pytest
from residents_in_memory import CENTRE, PHONE, STREET, ResidentsInMemory, audited, worker

from shared.contracts.copies import CopyPage, CopyStationsPeople
from shared.contracts.persons import PersonKind, PersonReference
from shared.contracts.stations.workers import RegisterWorker

OFFICER = worker("account_officer", STREET, "charity_officer")
COORDINATOR = worker("account_coordinator", STREET, "volunteer_coordinator")


@pytest.fixture
def town() -> ResidentsInMemory:
    return ResidentsInMemory()


def registered(town: ResidentsInMemory, kind: PersonKind) -> PersonReference:
    if kind == "resident":
        return PersonReference(kind="resident", id=town.resident().id)
    asked = {"station_id": town.station_id, "name": "Lin Invented", "phone": PHONE, "employed_on": "2026-01-05"}
    return PersonReference(kind="worker", id=town.engine.command(RegisterWorker.model_validate(asked)).id)


@pytest.mark.parametrize("kind", ["resident", "worker"])
def test_a_supervisor_copies_the_data_and_an_officer_of_charity_learns_of_nobody(
    town: ResidentsInMemory, kind: PersonKind
) -> None:
    known = registered(town, kind)
    nobody = PersonReference(kind=kind, id=f"{kind}_nobody")
    store = town.store
    whole: CopyPage = town.ask(CopyStationsPeople(people=(known,)), CENTRE, store)
    assert any("Invented" in item.content for item in whole.items)
    for actor in (OFFICER, COORDINATOR):
        page: CopyPage = town.ask(CopyStationsPeople(people=(known,)), actor, store)
        assert page == town.ask(CopyStationsPeople(people=(nobody,)), actor, store)
        assert (page.known, page.items) == ((), ())
    assert [about for _, about in audited(store)] == [[known.id]]
