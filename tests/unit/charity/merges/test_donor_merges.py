"""Two registrations of one giver become one donor, and may be parted again; gifts stay under the id of their day."""

import pytest
from charity_in_memory import COMMUNITY, CharityInMemory, gift_of

from services.charity.donations.domain import Donation
from shared.contracts.access import Actor
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.charity.merges import DonorsMerged, MergeDonors, UnmergeDonors
from shared.contracts.refusals import Refused
from shared.people.identities import Identity


@pytest.fixture
def charity() -> CharityInMemory:
    return CharityInMemory()


def register(charity: CharityInMemory, area: str = COMMUNITY) -> str:
    donor: str = charity.engine.command(RegisterDonor(name="Lin Invented", area=area)).id
    return donor


def test_gifts_stay_where_they_were_given_and_later_ones_go_to_the_survivor(charity: CharityInMemory) -> None:
    old, new = register(charity), register(charity)
    charity.engine.command(gift_of(COMMUNITY, 2, donor_id=old))
    charity.engine.command(MergeDonors(donor_id=old, into_id=new))
    charity.engine.command(gift_of(COMMUNITY, 3, donor_id=old))
    charity.engine.command(UnmergeDonors(donor_id=old, reason_code="different_people"))
    charity.engine.command(gift_of(COMMUNITY, 1, donor_id=old))
    gifts = {gift.goods[0].quantity: gift.donor_id for gift in charity.engine.all(Donation)}
    assert gifts == {2: old, 3: new, 1: old}


def test_the_first_of_a_chain_stands_for_the_last_and_the_last_merge_is_undone_first(charity: CharityInMemory) -> None:
    first, second, last = (register(charity) for _ in range(3))
    charity.engine.command(MergeDonors(donor_id=first, into_id=second))
    charity.engine.command(MergeDonors(donor_id=second, into_id=last))
    assert charity.engine.one(Identity, first).survivor == last
    with pytest.raises(Refused) as refused:
        charity.engine.command(UnmergeDonors(donor_id=first, reason_code="merged_by_mistake"))
    assert refused.value.rule == "merge_followed_by_another"
    for donor in (second, first):
        charity.engine.command(UnmergeDonors(donor_id=donor, reason_code="merged_by_mistake"))
    assert all(identity.alone and not identity.others for identity in charity.engine.all(Identity))


def test_both_must_lie_in_the_area_of_the_actor(charity: CharityInMemory) -> None:
    here, elsewhere = register(charity), register(charity, "310101002003")
    local = Actor(kind="key", id="key_local", roles=("charity_officer",), area=COMMUNITY[:6])
    with pytest.raises(Refused) as refused:
        charity.engine.command(MergeDonors(donor_id=here, into_id=elsewhere), actor=local)
    assert refused.value.code == "not_found"


def test_the_event_names_ids_reason_and_actor_alone(charity: CharityInMemory) -> None:
    old, new = register(charity), register(charity)
    charity.engine.command(MergeDonors(donor_id=old, into_id=new, expected_version=1, expected_into_version=1))
    (event,) = charity.engine.emitted(DonorsMerged)
    assert (event.merged_id, event.survivor_id, event.state) == (old, new, "merged")
    assert {i.id: (i.version, i.survivor_id, i.merged_ids) for i in event.identities} == {
        new: (2, new, (old,)),
        old: (2, new, ()),
    }
