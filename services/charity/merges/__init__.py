"""Merges (合并): two registrations of one giver become one donor, and may be parted again.

Owns `merges`, the history, and `identities`, the ids of donors who were merged, which other capabilities read;
`shared/people/merges` has the rules. No gift, receipt or account is touched: they stay under the id of their day.
"""

from typing import Final

from services.charity.donors.domain import Donor
from shared.contracts.charity import merges as contract
from shared.people.merges import Merge, Merges

MERGES: Final = Merges(
    kind="donor",
    person=Donor,
    record=Merge,
    merge=contract.MergeDonors,
    unmerge=contract.UnmergeDonors,
    merged=contract.DonorsMerged,
    unmerged=contract.DonorsUnmerged,
    answer=contract.DonorMergeAnswer,
)
CAPABILITY: Final = MERGES.declare()
