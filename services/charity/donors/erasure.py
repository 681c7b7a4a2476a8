"""The erasure of a donor (捐赠人): the phone and its key go, the name stays for the receipts, gifts stay nameless."""

from typing import ClassVar, Final

from services.charity.donors.domain import Donor, forgotten, place_of
from shared.contracts.charity.consents import DonorConsentWithdrawn
from shared.contracts.charity.erasures import CharityErasureAnswered
from shared.contracts.reasons import reason
from shared.engine import HandlerTable, UnitOfWork
from shared.people.erasing import ErasureStepDue, announce
from shared.people.erasures import Erasures
from shared.people.failed_commands import Traces, open_known
from shared.runtime.vault import Vault


class DonorErasureDue(ErasureStepDue):
    """The next step in the erasure of a donor is due."""

    type: ClassVar[str] = "charity.donor_erasure_due"


def _find_traces(work: UnitOfWork, vault: Vault, donor: Donor) -> Traces:
    def text(field: str) -> str:
        sealed: str | None = getattr(donor, field)
        place = place_of(donor.id, field)
        return "" if sealed is None else open_known(work, vault, donor.id, sealed, *place, record=donor)

    numbers = ((text("phone_sealed"),), (text("identity_number_sealed"),))
    return Traces(donor.id, numbers, text("name_sealed"))


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
