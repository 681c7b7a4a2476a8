"""The erasure of a donor (捐赠人): the phone and its key go, the name stays for the receipts, gifts stay nameless."""

from typing import ClassVar, Final

from services.charity.donors.domain import SEALED, Donor, forgotten, place_of
from shared.contracts.charity.consents import DonorConsentWithdrawn
from shared.contracts.charity.erasures import CharityErasureAnswered
from shared.contracts.reasons import reason
from shared.contracts.stations.erasures import ErasureRequested
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.people import key_loads
from shared.people.consents import ConsentsToEnd, end_consents
from shared.people.erasing import (
    ErasurePart,
    ErasureStepDue,
    NamesOf,
    announce,
    delete_key,
    delete_names,
    explain_other_ids,
    finish,
    follow_requests,
    go_on,
    open_part,
    part_load,
)
from shared.people.failed_commands import FailedCommands, Traces, open_known, search_page
from shared.people.identities import identity_load
from shared.runtime.vault import Vault

TELL: Final = announce(CharityErasureAnswered)


class DonorErasureDue(ErasureStepDue):
    """The next step in the erasure of a donor is due."""

    type: ClassVar[str] = "charity.donor_erasure_due"


def erase_donor(message: Incoming[DonorErasureDue], vault: Vault) -> Handling:
    """End the consents, search the failed commands for the donor; then delete phone, key and external ids.

    The name stays, sealed by a key of its own: receipts give it (Charity Law, art. 38).
    """
    work = yield from take_turn(lambda: _load(message))
    part = open_part(work, message)
    if part is None:
        return
    donor = work.get(Donor, part.subject)
    if donor is None or not part.reaches(donor.area):
        finish(work, part, "unknown", TELL)
        return
    part, ended = end_consents(work, part, DonorConsentWithdrawn)
    part, last = search_page(work, vault, part, _find_traces(work, vault, donor))
    if not (ended and last):
        go_on(work, part, DonorErasureDue)
        return
    if (left := forgotten(donor)) != donor:
        work.put(left)
        part = part.counted("personal_record")
    part = delete_names(work, delete_key(work, part))
    kept = [reason("kept_name_for_receipts"), reason("kept_gifts_nameless"), *explain_other_ids(work, donor.id)]
    finish(work, part, "erased", TELL, kept)


def _load(message: Incoming[DonorErasureDue]) -> Loading:
    work = yield part_load(message)
    part = work.get(ErasurePart, message.data.part_id)
    if part is not None:
        keys = (key for purpose in set(SEALED.values()) for key in key_loads(part.subject, purpose))
        yield [
            Get(Donor, part.subject),
            identity_load(part.subject),
            *keys,
            NamesOf(part.subject),
            ConsentsToEnd(part.subject),
            FailedCommands(part.searched),
        ]


def _find_traces(work: UnitOfWork, vault: Vault, donor: Donor) -> Traces:
    def text(field: str) -> str:
        sealed: str | None = getattr(donor, field)
        place = place_of(donor.id, field)
        return "" if sealed is None else open_known(work, vault, donor.id, sealed, *place, purpose=SEALED[field])

    numbers = ((text("phone_sealed"),), (text("identity_number_sealed"),))
    return Traces(donor.id, numbers, text("name_sealed"))


HANDLERS: Final[HandlerTable] = {
    ErasureRequested: follow_requests("charity", DonorErasureDue),
    DonorErasureDue: erase_donor,
}
