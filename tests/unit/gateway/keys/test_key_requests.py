"""Keys as they are asked for and stored."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.gateway.access.key_record import KeyRecord, end_of_overlap, follow_rotations
from services.gateway.access.scopes import hash_key, new_key
from services.gateway.features.keys.answer import key_listed, key_made
from services.gateway.features.keys.request import KeyIn

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = new_key(b"\1" * 32)
ASKED = KeyIn(name="An agency", roles=("reader", "auditor"), area="110102")


def record() -> KeyRecord:
    return KeyRecord.of(
        "key_1",
        KEY,
        NOW,
        name=ASKED.name,
        roles=frozenset(ASKED.roles),
        area="110102",
        principal="principal_1",
        fingerprint="f",
    )


def test_a_key_is_stored_as_its_hash() -> None:
    document = record().to_document()
    assert document == {
        "_id": "key_1", "hash": hash_key(KEY), "name": "An agency", "roles": ["auditor", "reader"],
        "principal": "principal_1",
        "area": "110102", "fingerprint": "f", "created_at": NOW,
    }  # fmt: skip
    first = KeyRecord.of(
        "key_admin", KEY, NOW, name="admin", roles=frozenset({"administrator"}), area="", principal="principal_admin"
    ).to_document()
    assert "fingerprint" not in first


def test_a_stored_key_is_read_as_it_was_made() -> None:
    stored = record()
    assert KeyRecord.from_document(stored.to_document()) == stored


def test_a_key_without_an_area_is_shown_as_reaching_everywhere() -> None:
    first = KeyRecord(
        "k", "h", "n", frozenset({"administrator"}), "", "principal_admin", datetime(2026, 3, 2, tzinfo=UTC)
    )
    assert key_listed(first).area is None


def test_a_key_itself_is_shown_in_the_first_answer_alone() -> None:
    assert key_made(record(), KEY).key == KEY
    assert '"key":null' in key_made(record(), None).model_dump_json(exclude_unset=True)
    assert "key" not in key_listed(record()).model_dump(exclude_unset=True)


def test_a_key_of_release_0_2_0_is_read_without_end_rate_and_last_use() -> None:
    document = {
        "_id": "key_1", "hash": "h", "name": "An agency", "roles": ["reader"], "principal": "principal_1",
        "area": "", "created_at": NOW,
    }  # fmt: skip
    read = KeyRecord.from_document(document)
    assert (read.expires_at, read.requests_per_second, read.last_used_at) == (None, None, None)
    assert not read.has_ended(NOW + 1000 * DAY)
    assert read.to_document() == document


def test_a_successor_has_holder_scope_and_rate_of_the_key_whose_place_it_takes() -> None:
    old = replace(record(), requests_per_second=5)
    new = old.successor("key_2", new_key(b"\2" * 32), NOW + DAY, fingerprint="g", expires_at=None)
    assert (new.id, new.fingerprint, new.created_at, new.expires_at) == ("key_2", "g", NOW + DAY, None)
    assert new.hash != old.hash
    for name in ("name", "roles", "area", "principal", "requests_per_second"):
        assert getattr(new, name) == getattr(old, name)


def test_a_successor_lasts_as_long_as_the_key_before_was_made_for_unless_an_end_is_given() -> None:
    old = replace(record(), expires_at=NOW + 365 * DAY)

    def end(given: datetime | None) -> datetime | None:
        return old.successor("key_2", KEY, NOW + 360 * DAY, fingerprint="g", expires_at=given).expires_at

    assert end(None) == NOW + 725 * DAY
    assert end(NOW + 361 * DAY) == NOW + 361 * DAY


def test_a_rotated_key_ends_after_the_overlap_and_never_later_than_before() -> None:
    assert end_of_overlap(record(), NOW, DAY) == NOW + DAY
    assert end_of_overlap(replace(record(), expires_at=NOW + 3 * DAY), NOW, DAY) == NOW + DAY
    assert end_of_overlap(replace(record(), expires_at=NOW + DAY), NOW, 3 * DAY) == NOW + DAY


def test_a_key_ends_at_its_end() -> None:
    ending = replace(record(), expires_at=NOW + DAY)
    for ended in (ending.has_ended, ending.grant.has_ended):
        assert [ended(NOW), ended(NOW + DAY)] == [False, True]


def test_a_key_that_was_rotated_twice_leads_to_the_last_one_that_there_is() -> None:
    first, second, third = (
        replace(record(), id=name, replaced_by=by) for name, by in (("k1", "k2"), ("k2", "k3"), ("k3", None))
    )
    keys = {key.id: key for key in (first, second, third)}
    assert [follow_rotations(keys, key_id) for key_id in ("k1", "k2", "k3", "k4")] == [third, third, third, None]
    del keys["k3"]
    assert follow_rotations(keys, "k1") == second, "the last one was revoked, and the one before it ends in its time"
