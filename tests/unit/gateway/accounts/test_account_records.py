"""Accounts, codes and sessions as they are stored and shown."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from services.gateway.access.account_record import AccountRecord, permissions_beyond
from services.gateway.access.one_time_codes import hash_code, new_code
from services.gateway.access.scopes import SESSION_PREFIX, hash_key, looks_like_key, new_session_token
from services.gateway.access.session_record import SessionRecord
from services.gateway.features.accounts.answer import show_account, show_session
from services.gateway.features.accounts.request import AccountIn, PasswordIn, SessionIn
from shared.contracts.access import ROLES, Actor, permissions_of

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACCOUNT = AccountRecord("account_1", "elm-lane", frozenset({"station_worker"}), "110102009", NOW, "f")


def test_an_account_is_read_as_it_was_stored_and_its_state_follows_from_the_facts() -> None:
    assert AccountRecord.from_document(ACCOUNT.to_document()) == ACCOUNT
    states = [
        AccountRecord("a", "n", frozenset(), "", NOW, "f", password, None, None, suspended, ended).state
        for password, suspended, ended in ((None, None, None), ("h", None, None), ("h", NOW, None), (None, NOW, NOW))
    ]
    assert states == ["new", "active", "suspended", "ended"]


def test_no_answer_shows_a_password_or_a_code() -> None:
    record = AccountRecord("a", "n", frozenset(), "", NOW, "f", "$argon2id$secret", "c0de", NOW)
    text = show_account(record).model_dump_json()
    assert "argon2" not in text
    assert "c0de" not in text


def test_a_session_keeps_the_hash_of_its_token_and_ends_when_it_is_idle_or_old() -> None:
    token = new_session_token()
    session = SessionRecord.begin("session_1", token, ACCOUNT, NOW, 12 * HOUR)
    assert looks_like_key(token, SESSION_PREFIX)
    assert not looks_like_key(token)
    assert session.hash == hash_key(token)
    assert token not in str(session.to_document())
    assert SessionRecord.from_document(session.to_document()) == session
    assert session.idle_ends_at(HOUR / 2) == NOW + HOUR / 2
    assert session.idle_ends_at(24 * HOUR) == NOW + 12 * HOUR
    assert session.grant.actor == Actor(kind="person", id="account_1", roles=("station_worker",), area="110102009")
    assert (session.grant.stored_id, session.grant.ends_at) == ("session_1", NOW + 12 * HOUR)
    assert show_session(session, HOUR, "session_1").current


def test_a_code_counts_however_it_is_typed() -> None:
    code, hashed = new_code()
    assert len(code) == 19
    assert new_code()[0] != code
    assert code not in hashed
    for typed in (code, code.lower(), code.replace("-", ""), f" {code} ", code.replace("0", "o").replace("1", "l")):
        assert hash_code(typed) == hashed
    for other in ("", "short", code + "A", "U" * 16, "é" * 16):
        assert hash_code(other) is None


def test_nobody_makes_an_account_that_may_do_more_than_they() -> None:
    supervisor = permissions_of(Actor(kind="key", id="k", roles=("supervisor",)))
    assert permissions_beyond(frozenset({"station_worker", "reader"}), supervisor) == []
    assert "donations:record" in permissions_beyond(frozenset({"charity_officer"}), supervisor)
    assert "keys:manage" in permissions_beyond(frozenset({"administrator"}), supervisor)
    assert all(not permissions_beyond(frozenset({role}), ROLES["administrator"]) for role in ROLES)


def test_a_name_is_no_number_of_a_person_and_capitals_do_not_matter() -> None:
    assert SessionIn(name="Elm-Lane", password="x").name == "elm-lane"
    for name in ("el", "13800000000", "m13800000000", "elm lane", "榆树", "a" * 33):
        with pytest.raises(ValidationError):
            AccountIn(name=name, roles=("reader",))


def test_a_password_of_seven_characters_is_too_short_and_of_any_script_eight_are_enough() -> None:
    with pytest.raises(ValidationError, match="at least 8"):
        PasswordIn(code="c", password="x7#kQ2!")
    assert PasswordIn(code="c", password="榆树下的七只白鹭")
    assert "herons" not in repr(PasswordIn(code="c", password="seven grey herons"))
