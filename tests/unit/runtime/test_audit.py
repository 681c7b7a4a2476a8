"""The audit: one row for each read of personal data, and none for a read that is refused."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts.refusals import Refused
from shared.runtime.audit import AUDIT, MAX_WHO, MAX_WHY, record, record_read

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Rows(list[dict[str, Any]]):
    """A collection that only takes rows."""

    def insert_one(self, row: dict[str, Any]) -> None:
        self.append(row)


@pytest.fixture
def store() -> Any:
    return defaultdict(Rows)


def test_a_read_is_recorded_with_its_reader_reason_and_time(store: Any):
    record_read(store, "donor", ["donor_1", "donor_2"], asked_by="officer", why="thank-you letter", now=NOW)
    (row,) = store[AUDIT]
    assert row.pop("_id")
    assert row == {
        "who": "officer", "what": "donor", "about": ["donor_1", "donor_2"], "at": NOW, "why": "thank-you letter",
    }  # fmt: skip
    assert list(store[AUDIT][0]) == ["who", "what", "about", "at", "why"]


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u3000", None, 7])
@pytest.mark.parametrize("field", ["asked_by", "why"])
def test_a_read_without_a_reader_or_a_reason_is_refused_and_not_recorded(store: Any, field: str, blank: Any):
    given = {"asked_by": "officer", "why": "thank-you letter"} | {field: blank}
    with pytest.raises(Refused) as refused:
        record_read(store, "donor", ["donor_1"], now=NOW, **given)
    assert (refused.value.code, refused.value.field, refused.value.rule) == ("invalid", field, "audited")
    assert not store


def test_long_names_and_reasons_are_cut(store: Any):
    record_read(store, "donor", ["donor_1"], asked_by="o" * 1000, why="w" * 1000, now=NOW)
    assert (len(store[AUDIT][0]["who"]), len(store[AUDIT][0]["why"])) == (MAX_WHO, MAX_WHY)


def test_a_row_bears_the_version_of_its_form(store: Any):
    record(store, "donor", ["donor_1"], who="root", why="letter", now=NOW, stamped=lambda row: {**row, "schema": 2})
    assert store[AUDIT][0]["schema"] == 2


def test_one_id_is_not_taken_for_a_list_of_characters(store: Any):
    with pytest.raises(TypeError, match="'donor_1' is one id"):
        record_read(store, "donor", "donor_1", asked_by="officer", why="letter", now=NOW)
    assert not store


def test_further_fields_are_added_and_replace_none(store: Any):
    record(store, "letter_edited", ["m-1"], who="root", why="typo", now=NOW, queue="charity.events")
    assert store[AUDIT][0]["queue"] == "charity.events"
    with pytest.raises(TypeError, match="at are fields of every row"):
        record(store, "letter_edited", ["m-1"], who="root", why="typo", now=NOW, at="never")
    assert len(store[AUDIT]) == 1
