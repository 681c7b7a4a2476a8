"""Requests about consents: each goes to the owner of the person, and an agency's key reads by consent alone."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from pydantic import ValidationError

from services.gateway.access.key_record import KeyRecord
from services.gateway.access.scopes import valid_scope
from services.gateway.features.consents.request import GIVE, READ, RENEW, WITHDRAW, SharedIn, find_kind
from shared.contracts.access import permissions_of
from shared.contracts.persons import OWNERS, PersonKind

CONSENTING = tuple(kind for kind in get_args(PersonKind) if kind != "worker")


@pytest.mark.parametrize("kind", CONSENTING)
def test_each_message_about_a_person_goes_to_the_owner_of_that_kind(kind: PersonKind) -> None:
    assert {table[kind].to for table in (GIVE, RENEW, WITHDRAW, READ)} == {OWNERS[kind]}  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", CONSENTING)
def test_the_id_of_a_consent_tells_its_owner(kind: PersonKind) -> None:
    assert find_kind(f"{kind}_consent_01kahn2r3xw8qz4m6t5v") == kind


def test_no_consent_is_asked_of_a_social_worker() -> None:
    with pytest.raises(ValidationError, match="no_consents_of_kind"):
        SharedIn.model_validate(
            {"person": {"kind": "worker", "id": "worker_1"}, "scopes": ["contact"], "purpose": "insurance"}
        )


def test_another_id_is_none_of_a_consent() -> None:
    assert [find_kind(text) for text in ("", "consent_1", "vol_1", "need_1")] == [None] * 4


def test_an_agencys_key_is_an_actor_of_its_own_kind_and_may_only_read() -> None:
    record = KeyRecord(
        "key_9", "h", "Insurer", frozenset({"agency", "reader"}), "1101", "principal_insurer",
        datetime(2026, 3, 2, tzinfo=UTC),
    )  # fmt: skip
    actor = record.grant.actor
    assert (actor.kind, actor.principal) == ("agency", "principal_insurer")
    assert permissions_of(actor) == {"read", "shared:read", "webhooks:manage"}


def test_no_key_of_an_agency_has_a_role_by_which_staff_read_about_people() -> None:
    assert valid_scope(frozenset({"agency", "reader"}), "1101")
    assert valid_scope(frozenset({"agency"}), "")
    for role in ("personal_reader", "station_worker", "administrator", "platform", "auditor"):
        assert not valid_scope(frozenset({"agency", role}), "")
