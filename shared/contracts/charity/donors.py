"""Donors (捐赠人): personal data that stays with charity."""

from typing import ClassVar

from pydantic import SerializerFunctionWrapHandler, model_serializer

from shared.contracts.messages import (
    Answer,
    Command,
    EventData,
    Id,
    Message,
    Name,
    OffsetInstant,
    Phone,
    command,
    event,
)


@event
class DonorRegistered(EventData):
    """A donor was registered. Name and phone stay with charity."""

    type: ClassVar[str] = "charity.donor.registered"
    donor_id: Id


class DonorDetails(Message):
    """Name and phone of a donor. Personal data: stays with charity, encrypted."""

    name: Name
    phone: Phone | None = None

    # A donor given by name alone is sent without `phone`, as 0.1.0 sends it: the body of a command is compared with the
    # first one under its Idempotency-Key, also when a request is repeated across an upgrade.
    @model_serializer(mode="wrap")
    def _leave_out_phone_not_given(self, to_fields: SerializerFunctionWrapHandler) -> dict[str, object]:
        fields: dict[str, object] = to_fields(self)
        return fields if "phone" in self.model_fields_set else {"name": fields["name"]}


@command
class RegisterDonor(Command):
    """Register a donor. Answers DonorAnswer."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "RegisterDonor"
    name: Name
    phone: Phone | None = None


class DonorAnswer(Answer):
    """A donor as charity answers: nothing about the person."""

    id: Id
    version: int


class DonorDetailsAnswer(DonorAnswer):
    """A donor with name and phone. Personal data: each answer leaves an audit row."""

    name: str
    phone: str | None
    registered_at: OffsetInstant
