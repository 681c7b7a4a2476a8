"""The body of a search for residents who are one person. Personal data stands in a body and never in a URL."""

from pydantic import ConfigDict, Field, model_validator

from services.gateway.features.people.request import Why, refuse_name
from shared.contracts.finding import PersonDetails
from shared.contracts.messages import Id, Message
from shared.contracts.refusals import broken_rule


class DuplicateResidentsIn(Message):
    """The resident whose duplicates are wanted, registered or described, and the reason."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"resident_id": "resident_00k3v9x2a4b5c6d7e8f9", "why": "two records with one face"},
                {"details": {"name": "Ma Example", "birth_year": 1944}, "why": "before a registration"},
            ]
        }
    )

    resident_id: Id | None = None
    details: PersonDetails | None = Field(default=None, description="The person described. Personal data.")
    why: Why

    @model_validator(mode="after")
    def _names_one(self) -> "DuplicateResidentsIn":
        if (self.resident_id is None) == (self.details is None):
            raise broken_rule("id_or_details", field="resident_id")
        refuse_name(self.why, None if self.details is None else self.details.name)
        return self
