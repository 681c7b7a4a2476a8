"""The erasure of a donor (捐赠人): data and key are deleted, the name stays for the receipts, gifts stay nameless."""

from typing import ClassVar, Final

from services.charity.donors.domain import SEALED, Donor, forgotten, place_of
from shared.contracts.charity.consents import DonorConsentWithdrawn
from shared.contracts.charity.erasures import CharityErasureAnswered
from shared.contracts.reasons import reason
from shared.engine import HandlerTable, UnitOfWork
from shared.people.erasing import ErasureStepDue, announce
from shared.people.erasures import Erasures
from shared.people.failed_commands import Traces, open_known
from shared.people.particulars import part_texts
from shared.runtime.vault import Vault


class DonorErasureDue(ErasureStepDue):
    """The next step in the erasure of a donor is due."""

    type: ClassVar[str] = "charity.donor_erasure_due"


def _find_traces(work: UnitOfWork, vault: Vault, donor: Donor) -> Traces:
    def text(field: str, sealed: str) -> str:
        return open_known(work, vault, donor.id, sealed, *place_of(donor.id, field), record=donor)

    stored = ((name, getattr(donor, name)) for name, purpose in SEALED.items() if purpose != "key")
    texts = part_texts({name: text(name, sealed) for name, sealed in stored if sealed is not None})
    numbers = tuple((texts.get(name, ""),) for name in ("phone", "identity_number"))
    return Traces(donor.id, numbers, texts["name"])


ERASURES: Final = Erasures(
    kind="donor",
    person=Donor,
    record=Donor,
    due=DonorErasureDue,
    withdrawn=DonorConsentWithdrawn,
    tell=announce(CharityErasureAnswered),
    traces=_find_traces,
    left=forgotten,  # the name, sealed by a key of its own: receipts give it (Charity Law, art. 38)
    kept=(reason("kept_name_for_receipts"), reason("kept_gifts_nameless")),
)
HANDLERS: Final[HandlerTable] = ERASURES.handlers()
