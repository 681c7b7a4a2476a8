"""Answers about consents, and the data that one opens."""

from typing import Any, cast

from pydantic import create_model

from services.gateway.http.answers import Answer, PersonAnswer
from services.gateway.http.worded import NextStepAnswer
from services.gateway.projection.plain import PlainView
from shared.contracts.consents import ConsentShape, SharedContact, SharedIdentity, SharedRecord, SharedWords
from shared.contracts.consents import SharedAnswer as OwnersAnswer
from shared.contracts.need_parts import Place
from shared.contracts.persons import PersonReference

# As the plain form makes its answers: the sentence of the next step stands in no view.
ConsentAnswer = cast(
    "type[ConsentShape]",
    create_model(
        "ConsentAnswer",
        __base__=(ConsentShape,),
        __doc__=ConsentShape.__doc__,
        next_step=cast("Any", (NextStepAnswer | None, None)),
    ),
)


def consent_from_view(view: PlainView) -> ConsentShape:
    """Return the consent as its view has it."""
    return ConsentAnswer.model_validate(view.shape)


def consent_from_owner(shape: ConsentShape) -> ConsentShape:
    """Return the consent as its owner has answered a command."""
    return ConsentAnswer.model_validate(shape.model_dump(mode="json"))


class SharedAnswer(Answer):
    """The scopes that were asked for, each where its consent opens it; the others are null."""

    person: PersonAnswer
    identity: SharedIdentity | None
    identity_number: str | None
    contact: SharedContact | None
    location: Place | None
    service_record: SharedRecord | None
    need_words: SharedWords | None


def shared_from_owner(person: PersonReference, opened: OwnersAnswer) -> SharedAnswer:
    """Return the data as the person's owner has opened it."""
    return SharedAnswer(
        person=PersonAnswer.of(person),
        identity=opened.identity,
        identity_number=opened.identity_number,
        contact=opened.contact,
        location=opened.location,
        service_record=opened.service_record,
        need_words=opened.need_words,
    )
