"""The audit: actor, act, subject and time; nothing about people, and nothing that was refused."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contracts.access import Actor
from shared.contracts.access.audit import MOST_AUDITED, AuditFilter
from shared.contracts.refusals import Refused
from shared.runtime.audit import AUDIT, MAX_WHY, audit_rule, build_row, check_auditor, record, require_reader, to_answer

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
STREET = "110102009"
OFFICER = Actor(kind="key", id="key_7", roles=("charity_officer", "auditor"), area=STREET, on_behalf_of="principal_3")


class Rows(list[dict[str, Any]]):
    """A collection that only takes rows."""

    def insert_one(self, row: dict[str, Any]) -> None:
        self.append(row)


@pytest.fixture
def store() -> Any:
    return defaultdict(Rows)


def test_a_read_is_recorded_with_its_actor_reason_and_time(store: Any):
    record(store, "donor", ["donor_1", "donor_2"], actor=OFFICER, why="thank-you letter", now=NOW, areas=[STREET])
    (row,) = store[AUDIT]
    assert to_answer(row, "").model_dump(exclude={"id"}) == {
        "actor": "key_7", "principal": "principal_3", "kind": "key", "what": "donor", "about": ("donor_1", "donor_2"),
        "areas": (STREET,), "at": NOW, "correlation": "", "why": "thank-you letter",
        "on_behalf_of": "", "proof": None, "stored": "",
    }  # fmt: skip


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u3000", None, 7])
def test_a_read_without_a_reason_is_refused(blank: Any):
    with pytest.raises(Refused) as refused:
        require_reader(OFFICER, blank)
    assert (refused.value.code, refused.value.field, refused.value.rule) == ("invalid", "why", "audited")


def test_a_reader_without_the_permission_is_refused_by_its_name():
    with pytest.raises(Refused) as refused:
        require_reader(Actor(kind="key", id="key_1", roles=("platform",)), "letter")
    assert (refused.value.code, refused.value.rule) == ("not_allowed", "permission_missing")
    assert refused.value.values["permission"] == "personal:read"


def test_an_area_named_outside_the_auditors_own_is_refused_by_its_name():
    check_auditor(OFFICER, AuditFilter(area=f"{STREET}017"))
    with pytest.raises(Refused) as refused:
        check_auditor(OFFICER, AuditFilter(area="110105"))
    assert refused.value.rule == "area_elsewhere"


def test_an_auditor_sees_at_most_what_lies_in_the_own_area():
    assert audit_rule(AuditFilter(), STREET)["areas"] == {"$elemMatch": {"$gte": STREET, "$lt": f"{STREET}:"}}
    assert audit_rule(AuditFilter(), "") == {}


def test_rows_are_found_by_subject_actor_and_time_and_pages_go_on_below_the_last():
    last = build_row(OFFICER, "donor", ["donor_1"], NOW)["_id"]
    wanted = AuditFilter(subject="donor_1", actor="principal_3", since=NOW - timedelta(days=1), after=last)
    rule = audit_rule(wanted, "")
    assert (rule["about"], rule["by"]) == ("donor_1", "principal_3")
    assert rule["_id"]["$gte"] < last
    assert rule["_id"]["$lt"] == last


def test_ids_rise_with_the_time_of_their_rows():
    ids = [build_row(OFFICER, "donor", [], NOW + timedelta(milliseconds=n))["_id"] for n in range(5)]
    assert ids == sorted(ids)


def test_long_reasons_and_lists_are_cut():
    areas = [f"{number:06d}" for number in range(2000)]
    row = build_row(OFFICER, "donor", ["d"] * 2000, NOW, areas=areas, why="w" * 1000)
    lengths = [len(row[part]) for part in ("why", "about", "areas", "places")]
    assert lengths == [MAX_WHY, MOST_AUDITED, MOST_AUDITED, MOST_AUDITED]


def test_an_auditor_of_one_area_is_shown_no_id_of_another():
    row = build_row(OFFICER, "need_text", ["near", "far", "nowhere"], NOW, areas=[f"{STREET}017", "110105001", ""])
    assert to_answer(row, "").about == ("near", "far", "nowhere")
    seen = to_answer(row, STREET)
    assert (seen.about, seen.areas) == (("near",), (f"{STREET}017",))


def test_areas_are_one_for_each_id_or_one_for_all():
    assert "places" not in build_row(OFFICER, "donor", ["a", "b"], NOW, areas=[STREET])
    with pytest.raises(TypeError, match="3 ids have 2 areas"):
        build_row(OFFICER, "donor", ["a", "b", "c"], NOW, areas=[STREET, "110105"])


def test_one_id_is_not_taken_for_a_list_of_characters(store: Any):
    with pytest.raises(TypeError, match="'donor_1' is one id"):
        record(store, "donor", "donor_1", actor=OFFICER, why="letter", now=NOW)
    assert not store


def test_further_fields_are_added_and_replace_none(store: Any):
    record(store, "letter_edited", ["m-1"], actor=OFFICER, why="typo", now=NOW, queue="charity.events")
    assert store[AUDIT][0]["queue"] == "charity.events"
    with pytest.raises(TypeError, match="at are fields of every row"):
        record(store, "letter_edited", ["m-1"], actor=OFFICER, why="typo", now=NOW, at="never")
    assert len(store[AUDIT]) == 1
