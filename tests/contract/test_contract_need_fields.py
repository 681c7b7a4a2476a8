"""A field of a need is not lost between the request, the command, the events and the answers.

`test_need_fields` holds stations to it, `test_nothing_forgotten` the gateway's views; this holds the models together.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from contract_samples import messages
from pydantic import ValidationError

from services.gateway.features.needs.request import NeedIn
from shared.contracts.stations.need_answers import NeedOutline
from shared.contracts.stations.needs import NeedSnapshot, RegisterNeed

pytestmark = pytest.mark.contract

NOT_IN_EVENTS: Final = {
    "title": "personal data: sealed, read through an audited query",
    "severity": "the station's own grade: events carry the score",
    "location": "personal data: events carry `place`, a point of the grid",
    "publish": "the publication itself",
    "external_id": "the caller's own name, perhaps about a person: asked of the owner",
    "residents": "about people: kept beside the need, read through an audited query",
}
"""Fields of the command that no event carries, each with its reason."""

NOT_IN_ANSWERS: Final = {
    "need_id": "as `id`",
    "beneficiary_groups": "as `beneficiaries.groups`",
    "published_at": "in the timeline",
    "registered_at": "in the timeline, as the draft's",
}
"""Fields of the events that answers show otherwise, each with its place."""


def commands() -> Iterator[dict[str, Any]]:
    """Bodies that the command takes, among them one with a value for every field."""
    for body in messages(RegisterNeed.__name__, RegisterNeed.model_json_schema()):
        try:
            RegisterNeed.model_validate_json(json.dumps(body))
        except ValidationError:
            continue  # the fields do not go together, which a schema cannot say
        yield body


BODIES: Final = list(commands())


def test_some_body_has_a_value_for_every_field() -> None:
    assert any(body.keys() == RegisterNeed.model_fields.keys() for body in BODIES)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(len(body)))
def test_every_field_that_is_posted_reaches_the_command(body: dict[str, Any]) -> None:
    posted = NeedIn.model_validate_json(json.dumps(body))
    assert posted.command() == RegisterNeed.model_validate_json(json.dumps(body))


@pytest.mark.parametrize("name", RegisterNeed.model_fields)
def test_every_field_of_the_command_is_in_the_events_or_has_a_reason_not_to_be(name: str) -> None:
    assert (name in NeedSnapshot.model_fields) != (name in NOT_IN_EVENTS), (
        f"add {name} to NeedSnapshot, or a reason here"
    )


@pytest.mark.parametrize("name", NeedSnapshot.model_fields)
def test_every_field_of_the_events_is_in_the_answers_or_has_its_place(name: str) -> None:
    assert (name in NeedOutline.model_fields) != (name in NOT_IN_ANSWERS), (
        f"add {name} to NeedOutline, or its place here"
    )
