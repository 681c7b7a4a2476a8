"""The body that asks for a copy."""

from typing import Literal

from pydantic import ConfigDict, Field

from shared.contracts.copies import MOST_PEOPLE
from shared.contracts.messages import Message
from shared.contracts.persons import PersonReference

CopyReason = Literal["asked_by_person", "asked_by_guardian", "asked_by_kin"]
"""Personal Information Protection Law, art. 45, 31 and 49."""


class CopyIn(Message):
    """The references by which the services know the person, and the one who has asked for the copy."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"people": [{"kind": "volunteer", "id": "vol_00k3v9x2a4b5c6d7e8f9"}], "reason": "asked_by_person"}
            ]
        }
    )

    people: tuple[PersonReference, ...] = Field(min_length=1, max_length=MOST_PEOPLE)
    reason: CopyReason
