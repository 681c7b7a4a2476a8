"""The one table of permission × area."""

from shared.contracts.access import PERMISSIONS, ROLES, SYSTEM, Actor, Decision, permissions_of, permits
from shared.contracts.messages import COMMANDS
from shared.contracts.registry import load_contracts

load_contracts()
STREET, COMMUNITY, ELSEWHERE = "110102009", "110102009017", "110105001"


def actor(*roles: str, area: str = "") -> Actor:
    return Actor(kind="key", id="key_1", roles=roles, area=area)


def test_a_worker_of_a_street_acts_in_it_and_in_what_lies_within() -> None:
    worker = actor("station_worker", area=STREET)
    assert permits(worker, "needs:confirm", STREET) is Decision.ALLOWED
    assert permits(worker, "needs:confirm", COMMUNITY) is Decision.ALLOWED
    assert permits(worker, "needs:confirm", ELSEWHERE) is Decision.OUTSIDE_AREA
    assert permits(worker, "needs:confirm", "1101") is Decision.OUTSIDE_AREA
    assert permits(worker, "needs:confirm", "") is Decision.OUTSIDE_AREA


def test_who_lacks_a_permission_learns_nothing_about_areas() -> None:
    assert permits(actor("reader", area=STREET), "funds:manage", ELSEWHERE) is Decision.LACKS_PERMISSION


def test_several_roles_grant_the_permissions_of_them_all() -> None:
    both = permissions_of(actor("reader", "personal_reader"))
    assert both == {"read", "personal:read"}


def test_a_role_of_a_newer_release_grants_nothing() -> None:
    assert permissions_of(actor("mayor")) == set()
    assert permits(actor(), "read") is Decision.LACKS_PERMISSION


def test_the_administrator_and_the_platform_may_everything_everywhere() -> None:
    for one in (actor("administrator"), SYSTEM):
        assert all(permits(one, permission, ELSEWHERE) is Decision.ALLOWED for permission in PERMISSIONS)


def test_a_city_platform_neither_reads_personal_data_nor_makes_keys() -> None:
    assert not ROLES["platform"] & {"personal:read", "keys:manage", "audit:read", "areas:import"}


def test_an_auditor_reads_and_no_command_lets_one_write() -> None:
    assert ROLES["auditor"] == {"read", "audit:read", "supervision:read", "staff:read", "reports:read"}
    needed = {command.permission for command in COMMANDS.values()}
    assert len(needed) > 12
    for permission in needed:
        assert permits(actor("auditor"), permission) is Decision.LACKS_PERMISSION


def test_a_committee_member_decides_on_payments_and_records_none() -> None:
    member = actor("committee_member", area=STREET)
    assert permits(member, "payments:approve", STREET) is Decision.ALLOWED
    assert permits(member, "payments:record", STREET) is Decision.LACKS_PERMISSION
    assert not permissions_of(member) & {"personal:read", "funds:manage"}


def test_an_operator_sees_numbers_and_nothing_of_the_field() -> None:
    assert permissions_of(actor("operator")) == {"metrics:read"}


def test_an_integrator_reads_views_and_has_events_sent_and_reads_nothing_about_people() -> None:
    assert permissions_of(actor("integrator")) == {"read", "webhooks:manage"}


def test_a_volunteer_answers_offers_and_sees_nothing_of_others() -> None:
    assert permissions_of(actor("volunteer")) == {"own:read", "dispatch:act"}


def test_every_permission_is_granted_by_a_role_besides_the_administrators() -> None:
    granted = set().union(*(granted for role, granted in ROLES.items() if role not in {"administrator", "system"}))
    assert set(PERMISSIONS) - granted <= {"keys:manage", "areas:import"}


def test_every_command_needs_a_permission_of_the_table() -> None:
    assert {command.permission for command in COMMANDS.values()} <= set(PERMISSIONS)
