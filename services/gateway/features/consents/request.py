"""Requests about consents: their bodies, and the message of the owner to whom each goes."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, ConfigDict, Field

from services.gateway.plain.request import action_body
from shared.contracts.charity.consents import (
    GiveDonorConsent,
    ReadSharedDonor,
    RenewDonorConsent,
    WithdrawDonorConsent,
)
from shared.contracts.consents import (
    MOST_SCOPES,
    ConsentPurpose,
    ConsentScope,
    ConsentTerms,
    GiveConsent,
    ReadShared,
    RenewConsent,
    WithdrawConsent,
)
from shared.contracts.messages import Message
from shared.contracts.persons import PersonKind, PersonReference
from shared.contracts.refusals import broken_rule
from shared.contracts.stations.consents import (
    GiveNeedConsent,
    GiveResidentConsent,
    ReadSharedNeed,
    ReadSharedResident,
    RenewNeedConsent,
    RenewResidentConsent,
    WithdrawNeedConsent,
    WithdrawResidentConsent,
)
from shared.contracts.volunteering.consents import (
    GiveVolunteerConsent,
    ReadSharedVolunteer,
    RenewVolunteerConsent,
    WithdrawVolunteerConsent,
)

GIVE: Final[Mapping[PersonKind, type[GiveConsent]]] = {
    "volunteer": GiveVolunteerConsent, "donor": GiveDonorConsent, "need": GiveNeedConsent,
    "resident": GiveResidentConsent,
}  # fmt: skip
RENEW: Final[Mapping[PersonKind, type[RenewConsent]]] = {
    "volunteer": RenewVolunteerConsent, "donor": RenewDonorConsent, "need": RenewNeedConsent,
    "resident": RenewResidentConsent,
}  # fmt: skip
WITHDRAW: Final[Mapping[PersonKind, type[WithdrawConsent]]] = {
    "volunteer": WithdrawVolunteerConsent, "donor": WithdrawDonorConsent, "need": WithdrawNeedConsent,
    "resident": WithdrawResidentConsent,
}  # fmt: skip
READ: Final[Mapping[PersonKind, type[ReadShared]]] = {
    "volunteer": ReadSharedVolunteer, "donor": ReadSharedDonor, "need": ReadSharedNeed,
    "resident": ReadSharedResident,
}  # fmt: skip


def _require_consents(person: PersonReference) -> PersonReference:
    """Return the person. Raises PydanticCustomError for a kind of person who gives no consents."""
    if person.kind not in GIVE:
        raise broken_rule("no_consents_of_kind")
    return person


Consenting = Annotated[PersonReference, AfterValidator(_require_consents)]
"""A person of a kind that gives consents: not a social worker."""


class ConsentIn(ConsentTerms):
    """A consent that a person, or a guardian, has given just now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person": {"kind": "volunteer", "id": "vol_00k3v9x2a4b5c6d7e8f9"},
                    "scopes": ["identity", "contact"],
                    "purpose": "insurance",
                    "recipient": "principal_insurer",
                    "expires_at": "2027-03-01T00:00:00+08:00",
                }
            ]
        }
    )

    person: Consenting


RenewalIn: Final = action_body(RenewConsent)


class SharedIn(Message):
    """The data of a person that an agency asks for, and the purpose: both as the person has consented."""

    person: Consenting
    scopes: tuple[ConsentScope, ...] = Field(min_length=1, max_length=MOST_SCOPES)
    purpose: ConsentPurpose


def find_kind(consent_id: str) -> PersonKind | None:
    """Return the kind of the person who gave the consent, which its id begins with; None for no id of a consent."""
    return next((kind for kind in GIVE if consent_id.startswith(f"{kind}_consent_")), None)
