"""L2, L3, L4: after any events, in any order and repeated, nobody is booked twice and minutes are true."""

import random
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from needs_drawn import AREAS, FEW_PEOPLE, MANY_NEEDS, NEED, PEOPLE, Need, in_batches, messages, numbered_event
from volunteering_in_memory import (
    COMMUNITY,
    HOUR,
    NEIGHBOUR,
    VolunteeringInMemory,
    registration,
)

from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.timebank.domain.minting import HOLDER_KIND
from shared.contracts.refusals import Refused
from shared.contracts.stations.amending import NeedAmended
from shared.contracts.stations.needs import NeedCancelled, NeedConfirmed, NeedPublished, NeedUnmet
from shared.contracts.stations.reopening import EndUndone
from shared.contracts.volunteering.dispatch import StaffingSnapshot
from shared.contracts.volunteering.timebank import HoursCredited
from shared.engine.decide.memory import START
from shared.ledger.core import Account
from shared.people.identities import Identity

ENDS = {"cancelled": (NeedCancelled, 5), "unmet": (NeedUnmet, 6), "confirmed": (NeedConfirmed, 7)}
COURSES: dict[str, list[tuple[Any, int]]] = {
    "open": [],
    **{end: [told] for end, told in ENDS.items()},
    "reopened": [(NeedUnmet, 6), (EndUndone, 7)],
    "reopened, cancelled": [(NeedUnmet, 6), (EndUndone, 7), (NeedCancelled, 8)],
    "cancelled, reopened, confirmed": [(NeedCancelled, 5), (EndUndone, 7), (NeedConfirmed, 9)],
    "amended": [(NeedAmended, 4)],
    "amended twice": [(NeedAmended, 4), (NeedAmended, 5)],
    "amended, cancelled": [(NeedAmended, 4), (NeedCancelled, 6)],
    "unmet, reopened, amended": [(NeedUnmet, 6), (EndUndone, 7), (NeedAmended, 8)],
}
OPEN = {"open", "reopened", "amended", "amended twice", "unmet, reopened, amended"}


def as_amended(need: Need, course: str, version: int) -> Need:
    """The request of that version of the need: each amendment asks for other people, at another time, next door."""
    times = sum(kind is NeedAmended and version >= since for kind, since in COURSES[course])
    _, headcount, skills, starts, lasts = need
    return need if not times else (NEIGHBOUR, 5 - headcount, skills, starts + times, lasts)


class Story:
    """People do things at random."""

    def __init__(self, people: list[Any], needs: list[Need], chance: random.Random) -> None:
        self.service, self.needs, self.chance = VolunteeringInMemory(), [*needs], chance
        self.versions = count(10)
        for area, standing, skills in people:
            self.service.volunteer(area, standing=standing, skills=skills)
        for number, need in enumerate(needs):
            self.service.engine.event(numbered_event(NeedPublished, number, need, 2))

    def step(self) -> None:
        number = self.chance.randrange(len(self.needs))
        need = self.needs[number]
        act = self.chance.choice(["publish", *["answer"] * 3, "end", "reopen", "amend", "wait", "register"])
        if act == "publish":
            self.service.engine.event(numbered_event(NeedPublished, number, need, 2))
        elif act == "end" and self.chance.random() < 0.4:
            kind, _ = ENDS[self.chance.choice(sorted(ENDS))]
            self.service.engine.event(numbered_event(kind, number, need, next(self.versions)))
        elif act == "reopen":
            if self.chance.random() < 0.5:
                area, headcount, skills, starts, lasts = need
                self.needs[number] = need = (area, headcount, skills, starts + self.chance.randint(1, 3), lasts)
            self.service.engine.event(numbered_event(EndUndone, number, need, next(self.versions)))
        elif act == "amend":
            area, headcount, skills, starts, lasts = need
            headcount, starts = self.chance.choice([(self.chance.randint(1, 4), starts), (headcount, starts + 1)])
            self.needs[number] = need = (self.chance.choice([area, NEIGHBOUR]), headcount, skills, starts, lasts)
            self.service.engine.event(numbered_event(NeedAmended, number, need, next(self.versions)))
        elif act == "wait":
            self.service.wait(timedelta(minutes=self.chance.choice([1, 10, 40, 90])))
        elif act == "register":
            self.service.volunteer(self.chance.choice(AREAS), standing=self.chance.random() < 0.5)
        else:
            self.answer()

    def answer(self) -> None:
        rows = [row.id for s in self.service.engine.all(Staffing) for row in s.dispatches]
        if not rows:
            return
        actions = (
            self.service.accept,
            self.service.accept,
            self.service.decline,
            self.service.check_in,
            self.service.check_out,
        )
        try:
            self.chance.choice(actions)(self.chance.choice(rows))
        except Refused:
            return  # a rule held; the laws are looked at after every step


@examples(50)
@given(FEW_PEOPLE, MANY_NEEDS, st.randoms(use_true_random=False))
def test_nobody_is_booked_twice_and_no_need_gets_too_many_whatever_people_do(
    people: list[Any], needs: list[Need], chance: random.Random
) -> None:
    story = Story(people, needs, chance)
    for _ in range(40):
        story.step()
        assert story.service.broken_laws() == []
    heard: dict[str, StaffingSnapshot] = {}
    for event in story.service.engine.events:
        if isinstance(event.data, StaffingSnapshot):
            assert event.data.confirmed <= event.data.headcount
            assert event.subject not in heard or heard[event.subject].version < event.data.version
            heard[event.subject] = event.data
    for need_id, said in heard.items():
        now = story.service.staffing(need_id)
        assert (said.state, said.confirmed, said.offered) == (now.state, now.held, now.offered)
    credited = [credit.dispatch_id for credit in story.service.engine.emitted(HoursCredited)]
    assert len(credited) == len(set(credited))


class MergingStory(Story):
    """Coordinators merge registrations and part them again meanwhile."""

    def step(self) -> None:
        act = self.chance.choice(["merge", "unmerge", "people", "people", "people"])
        if act == "people":
            super().step()
            return
        people = [volunteer.id for volunteer in self.service.engine.all(Volunteer)]
        try:
            if act == "merge":
                self.service.merge(self.chance.choice(people), self.chance.choice(people))
            else:
                self.service.unmerge(self.chance.choice(people))
        except Refused:
            return


@examples(15)
@given(FEW_PEOPLE, MANY_NEEDS, st.randoms(use_true_random=False))
def test_nobody_is_booked_twice_under_any_of_their_ids_whoever_is_merged_and_parted(
    people: list[Any], needs: list[Need], chance: random.Random
) -> None:
    story = MergingStory(people, needs, chance)
    for _ in range(40):
        story.step()
        assert story.service.broken_laws() == []
    before = sum(account.balance for account in story.service.engine.all(Account) if account.kind == HOLDER_KIND)
    identities = {identity.id: identity for identity in story.service.engine.all(Identity)}
    for identity in identities.values():
        assert identity.alone or identity.id in identities[identity.survivor].others
        person = story.service.person(identity.id)
        assert identity.alone or not (person.tags or person.bookings or person.offers)
    # In the end all are parted: every merge can be undone, the last of a chain first.
    story.service.wait(timedelta(hours=12))
    for _ in range(len(identities)):
        for identity in story.service.engine.all(Identity):
            with suppress(Refused):
                story.service.unmerge(identity.id)
    assert all(identity.alone and not identity.others for identity in story.service.engine.all(Identity))
    after = sum(account.balance for account in story.service.engine.all(Account) if account.kind == HOLDER_KIND)
    assert after == before
    assert story.service.broken_laws() == []


@examples(40)
@given(
    PEOPLE,
    st.lists(st.tuples(NEED, st.sampled_from(sorted(COURSES))), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_any_order_and_repetition_of_the_same_events_ends_the_same(
    people: list[Any], courses: list[tuple[Need, str]], chance: random.Random
) -> None:
    ended = [n for n, (_, course) in enumerate(courses) if course not in OPEN]
    events = [numbered_event(NeedPublished, n, need, 2) for n, (need, _) in enumerate(courses)]
    events += [
        numbered_event(kind, n, as_amended(need, course, version), version)
        for n, (need, course) in enumerate(courses)
        for kind, version in COURSES[course]
    ]
    ends = []
    for order in (events, chance.sample(events * 2, len(events) * 2)):
        service = VolunteeringInMemory()
        for area, _, skills in people:
            service.volunteer(area, standing=True, skills=skills)
        in_batches(service, messages(service, list(order)), chance)
        service.wait(6 * timedelta(minutes=5))
        ends.append({s.id: (s.state, s.ended, s.offered) for s in service.engine.all(Staffing) if s.ended})
        booked = {hold.dispatch_id for v in service.engine.all(Volunteer) for hold in v.bookings}
        assert not any(f"dsp_need_{n}." in dispatch for n in ended for dispatch in booked)
        for n, (need, course) in enumerate(courses):
            wanted, known = as_amended(need, course, 99), service.staffing(f"need_{n}")
            if course in OPEN:
                asked = (known.area, known.headcount, known.starts_at, known.next_slot, known.lower_to)
                assert asked == (wanted[0], wanted[1], START + wanted[3] * HOUR, None, None)
    assert ends[0] == ends[1]
    assert set(ends[0]) == {f"need_{n}" for n in ended}


@examples(40)
@given(st.integers(1, 40), st.integers(1, 60), st.randoms(use_true_random=False))
def test_needs_of_one_place_and_slot_in_one_batch_use_everyone_before_any_waits(
    needs: int, people: int, chance: random.Random
) -> None:
    service = VolunteeringInMemory()
    for _ in range(people):
        service.volunteer(standing=True)
    events = [numbered_event(NeedPublished, n, (COMMUNITY, 1, (), 2, 1), 2) for n in range(needs)]
    in_batches(service, messages(service, events), chance)
    staffed = sum(s.state == "staffed" for s in service.engine.all(Staffing))
    waiting = sum(s.state == "waiting" for s in service.engine.all(Staffing))
    assert (staffed, waiting) == (min(needs, people), max(0, needs - people))


@examples(40)
@given(
    st.lists(st.tuples(st.sampled_from((COMMUNITY, NEIGHBOUR)), st.integers(0, 3)), min_size=1, max_size=60),
    st.integers(0, 12),
    st.randoms(use_true_random=False),
)
def test_no_ring_is_passed_over_while_it_still_has_somebody(
    needs: list[tuple[str, int]], people: int, chance: random.Random
) -> None:
    service = VolunteeringInMemory()
    for _ in range(people):
        service.volunteer(COMMUNITY, standing=True)
    for _ in needs:
        service.volunteer(NEIGHBOUR, standing=True)
    events = [
        numbered_event(NeedPublished, n, (area, 1, (), 2 + 2 * slot, 1), 2) for n, (area, slot) in enumerate(needs)
    ]
    in_batches(service, messages(service, events), chance)
    taken = {(who, row) for who in service.engine.all(Volunteer) for row in (h.starts for h in who.bookings)}
    for slot in range(4):
        asked = sum(need == (COMMUNITY, slot) for need in needs)
        rows = [r for n, need in enumerate(needs) if need == (COMMUNITY, slot) for r in service.dispatches(f"need_{n}")]
        starts = {service.staffing(f"need_{n}").hold("").starts for n, need in enumerate(needs) if need[1] == slot}
        lent = sum(who.area == COMMUNITY for who, begins in taken if begins in starts) - sum(
            row.ring == "community" for row in rows
        )
        assert sum(row.ring == "community" for row in rows) == min(asked, people - lent)


@examples(40)
@given(st.integers(1, 12), st.integers(1, 12), st.randoms(use_true_random=False))
def test_registrations_and_needs_in_any_mixture_leave_nobody_idle_beside_a_waiting_need(
    needs: int, people: int, chance: random.Random
) -> None:
    service = VolunteeringInMemory()
    mixed = messages(service, [numbered_event(NeedPublished, n, (COMMUNITY, 1, (), 2, 1), 2) for n in range(needs)])
    for n in range(people):
        asked = registration(standing=True)
        mixed.append(service.engine.incoming("command", asked, asked.type, f"register-{n}"))
    chance.shuffle(mixed)
    in_batches(service, mixed, chance)
    service.wait(timedelta(minutes=11))
    staffed = sum(s.state == "staffed" for s in service.engine.all(Staffing))
    assert staffed == min(needs, people)
