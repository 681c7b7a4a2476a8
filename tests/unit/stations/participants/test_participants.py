"""Organisations take part in the five-society linkage at a station, each with a role that it has."""

from datetime import timedelta
from typing import Any

import pytest
from stations_in_memory import COMMUNITY, HOUR, StationsInMemory
from stdnum.cn.uscc import calc_check_digit

from services.stations.participants.domain import Participant
from services.stations.participants.storage import MOST_AT_ONCE
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.network import CloseStation, OpenStation
from shared.contracts.stations.organisations import EndOrganisation, RegisterOrganisation, SuspendOrganisation
from shared.contracts.stations.participants import (
    LinkOrganisation,
    ParticipantLinked,
    ParticipantUnlinked,
    UnlinkOrganisation,
)
from shared.engine.decide.batch import decide
from shared.engine.decide.memory import TESTER

WORKER = Actor(kind="person", id="wang", roles=("supervisor",), area=COMMUNITY[:9])


@pytest.fixture
def stations() -> StationsInMemory:
    return StationsInMemory()


def organisation(stations: StationsInMemory, nth: int = 1, **more: Any) -> str:
    code = f"52110102MJ012345{nth}"
    facts = {
        "name": "Elm Aid", "credit_code": code + calc_check_digit(code), "kind": "social_service_institution",
        "roles": ["social_organisation", "volunteering"], "area": COMMUNITY, **more,
    }  # fmt: skip
    registered: str = stations.engine.command(RegisterOrganisation.model_validate(facts)).id
    return registered


def link(stations: StationsInMemory, organisation_id: str, role: Any = "volunteering", actor: Actor = TESTER) -> Any:
    asked = LinkOrganisation(station_id=stations.station_id, organisation_id=organisation_id, role=role)
    return stations.engine.command(asked, actor=actor)


def refusal(call: Any) -> tuple[str, str, str | None]:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code, refused.value.rule, refused.value.field


def test_an_organisation_is_linked_to_a_station_with_its_role_and_unlinked(stations: StationsInMemory) -> None:
    part = link(stations, organisation(stations))
    assert (part.state, part.role, part.area) == ("linked", "volunteering", COMMUNITY)
    gone = stations.engine.command(UnlinkOrganisation(id=part.id, reason="agreement_ended"))
    assert (gone.state, gone.reason, gone.ended_at) == ("unlinked", "agreement_ended", stations.engine.now)
    again = UnlinkOrganisation(id=part.id, reason="agreement_ended")
    assert refusal(lambda: stations.engine.command(again)) == ("wrong_state", "participant_unlinked", "id")
    assert [len(stations.engine.emitted(kind)) for kind in (ParticipantLinked, ParticipantUnlinked)] == [1, 1]


def test_an_organisation_has_each_role_once_at_a_station(stations: StationsInMemory) -> None:
    one = organisation(stations)
    first = link(stations, one)
    assert refusal(lambda: link(stations, one)) == ("conflict", "held_by_another", "role")
    link(stations, one, "social_organisation")
    stations.engine.command(UnlinkOrganisation(id=first.id, reason="linked_by_mistake"))
    assert link(stations, one).id != first.id


def test_a_role_that_the_organisation_does_not_have_is_refused(stations: StationsInMemory) -> None:
    one = organisation(stations)
    assert refusal(lambda: link(stations, one, "charity_resources")) == ("invalid", "role_not_held", "role")


def test_an_organisation_takes_part_where_it_works_also_with_a_seat_elsewhere(stations: StationsInMemory) -> None:
    stations.engine.command(ImportAreas(rows=(AreaRow(code="110105001", name="Elsewhere"),)))
    stranger = organisation(stations, 1, area="110105001")
    works_here = organisation(stations, 2, area="110105001", areas=["110102"])
    assert refusal(lambda: link(stations, stranger)) == ("invalid", "works_elsewhere", "organisation_id")
    assert refusal(lambda: link(stations, stranger, actor=WORKER)) == ("not_found", "unknown_id", "organisation_id")
    assert link(stations, works_here, actor=WORKER).state == "linked"


def test_an_organisation_that_is_not_active_and_a_closed_station_are_refused(stations: StationsInMemory) -> None:
    one, other = organisation(stations, 1), organisation(stations, 2)
    stations.engine.command(SuspendOrganisation(id=one, reason="inspection_failed"))
    assert refusal(lambda: link(stations, one)) == ("wrong_state", "organisation_not_in_state", "organisation_id")
    stations.engine.command(CloseStation(id=stations.station_id))
    assert refusal(lambda: link(stations, other)) == ("wrong_state", "station_closed", "station_id")


def test_an_organisation_that_ends_is_unlinked_from_every_station_in_bounded_steps(
    stations: StationsInMemory,
) -> None:
    one = organisation(stations, area="110102009", areas=["110102009"])
    communities = [f"110102009{nth:03}" for nth in range(100, 101 + MOST_AT_ONCE)]
    stations.engine.command(ImportAreas(rows=tuple(AreaRow(code=code, name="Elm") for code in communities)))
    for code in communities:
        opened = stations.engine.command(OpenStation(area=code, name="Elm", level="station"))
        stations.engine.command(LinkOrganisation(station_id=opened.id, organisation_id=one, role="volunteering"))
    stations.engine.command(EndOrganisation(id=one, reason="deregistered"))
    parts = stations.engine.all(Participant)
    assert len(parts) == MOST_AT_ONCE + 1
    assert {(part.state, part.reason) for part in parts} == {("linked", None)}
    stations.engine.advance(HOUR)
    parts = stations.engine.all(Participant)
    assert {(part.state, part.reason) for part in parts} == {("unlinked", "organisation_ended")}
    assert len(stations.engine.emitted(ParticipantUnlinked)) == len(parts)


def test_a_link_that_was_decided_while_the_organisation_ended_is_undone(stations: StationsInMemory) -> None:
    one = organisation(stations)
    engine = stations.engine
    asked = LinkOrganisation(station_id=stations.station_id, organisation_id=one, role="volunteering")
    message = engine.incoming("command", asked, asked.type, "key_link")
    decided = decide([(message, engine.handlers.find(message.realm, message.type))], engine.fetch, engine.now)
    engine.command(EndOrganisation(id=one, reason="deregistered"))
    engine.advance(timedelta(minutes=1))
    engine.keep(decided)
    engine.advance(HOUR)
    assert [(part.state, part.reason) for part in engine.all(Participant)] == [("unlinked", "organisation_ended")]
