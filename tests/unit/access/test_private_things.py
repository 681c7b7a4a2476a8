"""Breaches, and checks of second registrations, are seen by those alone who may handle them; findings by auditors, too.

One table holds for lists, tasks, feed and broker.
"""

import pytest

from services.gateway.declaration import FEATURES
from services.gateway.features.tasks.routes import shown_to
from services.gateway.projection.plain import PlainFeature
from shared.contracts.access import PRIVATE, Actor, is_private, may_see, permission_to_see
from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts

load_contracts()
BREACH, CHECK = "stations.breach.recorded", "volunteering.check.opened"
SUPERVISION = ("stations.visit.recorded", "stations.finding.recorded")
BY_HAND = {"stations.resident_consent"}
"""Shown by paths by hand: tests/unit/gateway/consents/test_resident_consents_apart.py."""
APART = {"stations.private_erasure": "erasure"}
"""Shown among things that everybody may see, by the noun of these."""
PLAIN = [feature for feature in FEATURES if isinstance(feature, PlainFeature)]


def holder(*roles: str) -> Actor:
    return Actor(kind="key", id="key_1", roles=roles)


@pytest.mark.parametrize("role", ["supervisor", "administrator"])
def test_who_may_handle_breaches_sees_them(role: str) -> None:
    assert may_see(holder("reader", role), BREACH)
    assert "breach" not in str(shown_to(holder(role)))


@pytest.mark.parametrize(
    "roles", [("agency", "reader"), ("reader",), ("platform",), ("auditor",), ("station_worker",), ("charity_officer",)]
)
def test_nobody_else_sees_a_breach_its_tasks_or_its_events(roles: tuple[str, ...]) -> None:
    assert not may_see(holder(*roles), BREACH)
    assert "breach" in shown_to(holder(*roles))["kind"]["$nin"]
    assert may_see(holder(*roles), "stations.need.published")


@pytest.mark.parametrize("role", ["volunteer_coordinator", "platform", "administrator"])
def test_who_may_merge_volunteers_sees_their_checks(role: str) -> None:
    assert may_see(holder("reader", role), CHECK)
    assert "check" not in str(shown_to(holder(role)))


@pytest.mark.parametrize(
    "roles", [("agency", "reader"), ("reader",), ("auditor",), ("station_worker",), ("charity_officer",)]
)
def test_nobody_else_learns_that_a_person_is_known_already(roles: tuple[str, ...]) -> None:
    assert is_private(CHECK)
    assert not may_see(holder(*roles), CHECK)
    assert "check" in shown_to(holder(*roles))["kind"]["$nin"]


@pytest.mark.parametrize("role", ["station_worker", "supervisor", "platform", "auditor", "administrator"])
def test_who_corrects_checks_or_audits_a_station_sees_its_visits_and_findings(role: str) -> None:
    assert all(may_see(holder(role), kind) for kind in SUPERVISION)
    assert not {"visit", "finding"} & set(shown_to(holder(role)).get("kind", {}).get("$nin", ()))


@pytest.mark.parametrize(
    "role", ["agency", "reader", "integrator", "volunteer_coordinator", "charity_officer", "committee_member"]
)
def test_nobody_else_sees_how_a_station_was_found(role: str) -> None:
    assert not any(may_see(holder(role), kind) for kind in SUPERVISION)
    assert {"visit", "finding"} <= set(shown_to(holder(role))["kind"]["$nin"])


def test_an_event_of_a_newer_release_about_a_breach_is_private_too() -> None:
    assert is_private("stations.breach.reopened.v2")
    assert not is_private("stations.breaches.counted")
    assert not is_private("breach")


def test_each_private_kind_has_events_and_a_feature_that_its_permission_alone_opens() -> None:
    assert all(any(kind.startswith(f"{one}.") for kind in EVENTS) for one in PRIVATE)
    shown = {feature.noun: feature.seen_with for feature in PLAIN}
    plain = {one.rpartition(".")[2]: needed for one, needed in PRIVATE.items() if one not in {*BY_HAND, *APART}}
    apart = {feature.noun: feature.apart_with for feature in PLAIN if feature.apart_with is not None}
    assert apart == {noun: PRIVATE[one] for one, noun in APART.items()}
    assert plain.items() <= shown.items()
    assert shown["station"] == permission_to_see("stations.station.opened") == "read"
