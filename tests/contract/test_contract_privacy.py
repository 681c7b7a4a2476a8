"""L5: no event has a place where a person's name, number, address or story could stand."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.contracts import export
from shared.contracts.compatibility import kind_of
from tests.each import for_each

pytestmark = pytest.mark.contract

PERSONAL = frozenset(
    """
    name names title phone phones mobile tel telephone email mail contact
    address street_address id_number idcard identity passport birth birthday birth_year birth_date age
    gender sex ethnicity religion health diagnosis description text note notes comment
    comments remark remarks message purpose story reason_text photo picture avatar wechat
    location lon_exact lat_exact donor beneficiary client resident person family
    """.split()  # noqa: SIM905 - words read better than a list of strings
)
"""Words that name something about a person, whole or as the last part of a field's name."""

EVENTS = {p: s for p, s in export.read_committed().items() if kind_of(p) == "events"}
NOT_ABOUT_PEOPLE = {
    **{
        (kind, "family"): "the code of whether the family may know"
        for kind in (path.rpartition("/")[2].removesuffix(".json") for path in EVENTS)
        if kind.startswith("stations.alert.")
    },
    ("charity.fund.opened", "name"): "a fund's public name",
    **{
        (f"{kind}.{happened}", "purpose"): "the code of the purpose of a consent"
        for kind in ("stations.consent", "stations.resident_consent", "charity.consent", "volunteering.consent")
        for happened in ("given", "renewed", "withdrawn", "expired")
    },
    ("stations.resident_consent.moved", "purpose"): "the code of the purpose of a consent",
    **{
        (kind, "name"): "an organisation's public name"
        for kind in (path.rpartition("/")[2].removesuffix(".json") for path in EVENTS)
        if kind.startswith("stations.organisation.")
    },
    **{
        (kind, "name"): "a station's public name"
        for kind in (path.rpartition("/")[2].removesuffix(".json") for path in EVENTS)
        if kind.startswith("stations.station.")
    },
}


def test_there_are_events_to_look_at():
    assert EVENTS


def fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of the event and of its parts."""
    for part in (schema, *schema.get("$defs", {}).values()):
        yield from part.get("properties", {}).items()


def is_personal(name: str) -> bool:
    return name in PERSONAL or name.rsplit("_", 1)[-1] in PERSONAL


@for_each("path", sorted(EVENTS))
def test_no_field_of_an_event_is_about_a_person(path: str):
    kind = path.rpartition("/")[2].removesuffix(".json")
    found = [name for name, _ in fields(EVENTS[path]) if is_personal(name) and (kind, name) not in NOT_ABOUT_PEOPLE]
    assert not found, (
        f"{kind} has {found}: personal data stays in the service that owns it; a field that is not about a person "
        "stands in NOT_ABOUT_PEOPLE of this test, with the reason"
    )


@for_each("path", sorted(EVENTS))
def test_no_field_of_an_event_takes_free_text(path: str):
    """Strings are ids, catalogue words, enumerations, instants or areas; their length is bounded."""
    free = [name for name, schema in fields(EVENTS[path]) if _takes_any_text(name, schema)]
    assert not free, f"{path}: {free} would take any text: make it an Id, a Label or an enumeration"


def _takes_any_text(name: str, schema: dict[str, Any]) -> bool:
    if name == "id" or name.endswith("_id") or name == "commodity":
        return False
    options = [schema, *schema.get("anyOf", ()), schema.get("items", {})]
    bounds = ("maxLength", "pattern", "format", "enum", "const")
    return any(o.get("type") == "string" and not any(b in o for b in bounds) for o in options)


@pytest.mark.parametrize("name", ["phone", "contact_phone", "birth_year", "donor_name", "note"])
def test_the_list_sees_what_it_is_made_for(name: str):
    assert is_personal(name)


@pytest.mark.parametrize("name", ["need_id", "beneficiaries", "area", "volunteer_id", "minutes", "stage"])
def test_the_list_leaves_ids_and_counts_alone(name: str):
    assert not is_personal(name)
