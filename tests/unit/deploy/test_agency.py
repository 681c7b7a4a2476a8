"""An agency is described by its name, its area and its types; a mistake in one is refused by the field."""

import pytest

from deploy.lianshan.access.rights import NOTHING
from deploy.lianshan.agencies.agency import Agency, AgencyError, bound_queue, check_agency, read_agency, rights_of
from shared.contracts.access.permissions import is_private
from shared.contracts.envelope import routing_key
from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts

load_contracts()
AREAS = ("", "11", "110102", "110102009", "110102009017", "110105")


@pytest.mark.parametrize(
    ("name", "area", "types", "said"),
    [
        ("Elm", "", [], "NAME 'Elm'"),
        ("", "", [], "NAME ''"),
        ("elm.oak", "", [], "NAME 'elm.oak'"),
        ("e" * 41, "", [], "1 to 40 small letters"),
        ("elm", "1", [], "--area '1'"),
        ("elm", "东城区", [], "--area"),
        ("elm", "", ["stations.need.publishd"], "near are stations.need.published"),
        ("elm", "", ["stations"], "no such event or subject"),
        ("elm", "", ["stations.breach"], "is private"),
        ("elm", "", ["volunteering.check.opened"], "is private"),
    ],
)
def test_a_mistake_is_refused_by_its_field(name: str, area: str, types: list[str], said: str) -> None:
    with pytest.raises(AgencyError, match=said):
        check_agency(name, area, types)


def _matches(binding: str, key: str) -> bool:
    """Return whether a topic exchange takes the key to a queue bound so; `#` stands at the end alone."""
    words, given = binding.removesuffix("#").rstrip(".").split("."), key.split(".")
    words = [] if words == [""] else words
    return len(given) >= len(words) and all(word in ("*", each) for word, each in zip(words, given, strict=False))


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("types", [[], ["stations.need"], ["stations.need.published", "charity.link"]])
def test_the_queue_gets_the_events_of_the_area_and_the_types_and_no_other(area: str, types: list[str]) -> None:
    agency = check_agency("elm", area, types)
    for kind in (each for each in EVENTS if not is_private(each)):
        for place in AREAS:
            wanted = place.startswith(area) and (not types or any(f"{kind}.".startswith(f"{each}.") for each in types))
            got = any(_matches(binding, routing_key(kind, place)) for binding in agency.bindings)
            assert got == wanted, (kind, place)


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("types", [(), ("stations.need",), ("charity.link", "stations.need.published")])
def test_an_agency_is_read_back_from_its_bindings(area: str, types: tuple[str, ...]) -> None:
    agency = Agency("elm", area, types)
    assert read_agency(agency.queue, agency.bindings) == agency


def test_the_user_may_only_read_and_only_its_own_queue() -> None:
    rights = rights_of("elm-street")
    assert (rights.configure, rights.write) == (NOTHING, NOTHING)
    assert rights.read == r"^agency\.elm\-street$"
    assert not rights.topics
    assert not rights.tags
    assert not rights.databases


def test_the_queue_is_bounded_and_refuses_nothing_and_never_expires() -> None:
    bounds = bound_queue(mib=2, days=3)
    assert bounds["x-max-length-bytes"] == 2 * 1024 * 1024
    assert bounds["x-message-ttl"] == 3 * 24 * 3600 * 1000
    assert bounds["x-overflow"] == "drop-head"
    assert bounds["x-single-active-consumer"] is True
    assert "x-expires" not in bounds
