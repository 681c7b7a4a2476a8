"""Keys as they are asked for and stored."""

from datetime import UTC, datetime

from services.gateway.access.keys import KeyRecord
from services.gateway.access.scopes import hash_key, new_key
from services.gateway.features.keys.answer import key_listed, key_made
from services.gateway.features.keys.request import KeyIn

KEY = new_key(b"\1" * 32)
ASKED = KeyIn(name="An agency", roles=("reader", "auditor"), area="110102")


def record() -> KeyRecord:
    return KeyRecord.of(
        "key_1",
        KEY,
        name=ASKED.name,
        roles=frozenset(ASKED.roles),
        area="110102",
        principal="principal_1",
        fingerprint="f",
    )


def test_a_key_is_stored_as_its_hash() -> None:
    document = record().to_document()
    assert isinstance(document.pop("created_at"), datetime)
    assert document == {
        "_id": "key_1", "hash": hash_key(KEY), "name": "An agency", "roles": ["auditor", "reader"],
        "principal": "principal_1",
        "area": "110102", "fingerprint": "f",
    }  # fmt: skip
    first = KeyRecord.of(
        "key_admin", KEY, name="admin", roles=frozenset({"administrator"}), area="", principal="principal_admin"
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
