"""A caller asks for events by type and area, within its own area and permissions."""

import pytest

from services.gateway.features.feed.wanted import Wanted, want
from services.gateway.http.problems import Problem
from shared.contracts.access import Actor
from shared.contracts.messages import EVENTS


def _caller(*roles: str, area: str = "") -> Actor:
    return Actor(kind="key", id="key_1", roles=roles, area=area)


def test_a_type_stands_for_itself_and_a_kind_of_thing_for_all_of_its_types() -> None:
    found = want(_caller("reader"), ["charity.link.linked", "stations.station"], None)
    assert set(found.types) == {
        "charity.link.linked",
        *(kind for kind in EVENTS if kind.startswith("stations.station.")),
    }
    assert set(want(_caller("reader"), ["stations.need"], None).types) == {
        kind for kind in EVENTS if kind.startswith("stations.need.")
    }


def test_a_subject_is_sought_within_the_area_of_the_caller() -> None:
    found = want(
        _caller("reader", area="110102"), ["stations.station.opened"], None, ["station_2", "station_1", "station_2"]
    )
    assert found.rule == {
        "area": {"$gte": "110102", "$lt": "110102:"},
        "type": {"$in": ["stations.station.opened"]},
        "subject": {"$in": ["station_2", "station_1"]},
    }


def test_a_caller_of_an_area_gets_that_area_or_one_within_it() -> None:
    caller = _caller("reader", area="110102")
    assert want(caller, [], None) == Wanted(area="110102")
    assert want(caller, [], "110102009") == Wanted(area="110102009")
    with pytest.raises(Problem) as refused:
        want(caller, [], "110105")
    assert (refused.value.status, refused.value.rule) == (403, "area_elsewhere")


@pytest.mark.parametrize("word", ["stations.breach", "stations.breach.recorded", "volunteering.check.opened"])
def test_a_private_type_needs_its_permission(word: str) -> None:
    with pytest.raises(Problem) as refused:
        want(_caller("reader"), [word], None)
    assert (refused.value.status, refused.value.rule) == (403, "permission_missing")
    assert want(_caller("administrator"), [word], None).types


@pytest.mark.parametrize("word", ["stations.need.publishd", "stations.needs", "need.published"])
def test_a_misspelt_type_is_refused_with_the_nearest(word: str) -> None:
    with pytest.raises(Problem) as refused:
        want(_caller("reader"), [word], None)
    assert (refused.value.status, refused.value.rule) == (422, "no_such_event_type")
    assert "stations.need." in str(refused.value.values["nearest"])
