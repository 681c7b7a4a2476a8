"""The volunteering service without servers, with short methods for the actions around it."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import combinations, count
from typing import Any

from idle_patrols import advance

from services.volunteering.declaration import DECLARATION
from services.volunteering.dispatch.domain.dispatch_states import HELD
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.timebank.domain.minting import HOLDER_KIND
from services.volunteering.timebank.domain.overlaps import sum_taken_back
from shared.catalogue import NoOwner
from shared.contracts.access import Actor
from shared.contracts.envelope import CloudEvent, to_cloud_event
from shared.contracts.need_parts import Place, VolunteerRequest
from shared.contracts.stations.amending import NeedAmended
from shared.contracts.stations.needs import (
    ConfirmationUndone,
    NeedCancelled,
    NeedConfirmed,
    NeedPublished,
    NeedSnapshot,
    NeedUnmet,
)
from shared.contracts.stations.reopening import EndUndone
from shared.contracts.volunteering.dispatch import (
    AcceptOffer,
    AdjustHours,
    CheckIn,
    CheckOut,
    DeclineOffer,
    DispatchAnswer,
    StaffingSnapshot,
    StateHours,
)
from shared.contracts.volunteering.merges import MergeVolunteers, UnmergeVolunteers, VolunteerMergeAnswer
from shared.contracts.volunteering.people import RegisterVolunteer, VolunteerAnswer, Window
from shared.engine import Policy
from shared.engine.decide.memory import START, MemoryEngine
from shared.engine.store.replicas import Share
from shared.ledger.checks import violations
from shared.ledger.core import Account, Transfer
from shared.people.identities import Identity
from shared.runtime.vault import Vault

COMMUNITY, NEIGHBOUR = "110102009017", "110102009018"
OTHER_STREET, OTHER_DISTRICT, OTHER_CITY = "110102010001", "110105001001", "310101002003"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PLACE = Place(lon=116.34, lat=39.93)
STAFFING = "volunteering.staffing."
SECOND = Actor(kind="key", id="key_second", roles=("administrator",), on_behalf_of="principal_second")
"""A second person, who has checked nobody in or out."""
_PHONES = count(1)


class VolunteeringInMemory:
    """The service; a need is known by a name."""

    def __init__(self, *policies: Policy, share: Share | None = None) -> None:
        self.vault = Vault(bytes(32))
        given = {"vault": self.vault, "catalogue_owner": NoOwner(), "share": share or Share()}
        self.engine = MemoryEngine(DECLARATION.handlers(*policies, **given))
        given_policy = next((each for each in policies if isinstance(each, DispatchPolicy)), DispatchPolicy())
        self._patrol_interval = given_policy.recheck_interval

    # ---- actions ---------------------------------------------------------------------------------------------

    def volunteer(self, area: str = COMMUNITY, *, standing: bool = False, **more: Any) -> str:
        answer: VolunteerAnswer = self.engine.command(registration(area, standing=standing, **more))
        return answer.id

    def publish(self, need: str, headcount: int = 1, **more: Any) -> None:
        self.engine.event(need_event(NeedPublished, need, headcount, now=self.engine.now, **more))

    def cancel(self, need: str, headcount: int = 1) -> None:
        self.engine.event(need_event(NeedCancelled, need, headcount, now=self.engine.now, version=8))

    def unmet(self, need: str, headcount: int = 1) -> None:
        self.engine.event(need_event(NeedUnmet, need, headcount, now=self.engine.now, version=8))

    def reopen(self, need: str, headcount: int = 1, *, version: int = 9, **more: Any) -> None:
        told = need_event(
            EndUndone, need, headcount, now=self.engine.now, version=version, reopened_for="still_needed", **more
        )
        self.engine.event(told)
        self.wait()

    def amend(self, need: str, headcount: int = 1, *, version: int = 5, **more: Any) -> None:
        """The need asks for these people from now on."""
        told = {"amended": ("headcount",), "amended_for": "entered_wrongly", **more}
        self.engine.event(need_event(NeedAmended, need, headcount, now=self.engine.now, version=version, **told))
        self.wait()

    def confirm(self, need: str, headcount: int = 1, **more: Any) -> None:
        more = {"version": 9, **more}
        self.engine.event(need_event(NeedConfirmed, need, headcount, now=self.engine.now, **more))

    def undo(self, need: str, headcount: int = 1, *, version: int = 10, **more: Any) -> None:
        more = {"undone_for": "wrong_amounts", **more}
        self.engine.event(need_event(ConfirmationUndone, need, headcount, now=self.engine.now, version=version, **more))
        self.wait()

    def accept(self, dispatch: str, **more: Any) -> DispatchAnswer:
        answer: DispatchAnswer = self.engine.command(AcceptOffer(dispatch_id=dispatch, **more))
        return answer

    def decline(self, dispatch: str) -> DispatchAnswer:
        answer: DispatchAnswer = self.engine.command(DeclineOffer(dispatch_id=dispatch))
        return answer

    def check_in(self, dispatch: str) -> DispatchAnswer:
        answer: DispatchAnswer = self.engine.command(CheckIn(dispatch_id=dispatch))
        return answer

    def check_out(self, dispatch: str) -> DispatchAnswer:
        answer: DispatchAnswer = self.engine.command(CheckOut(dispatch_id=dispatch))
        return answer

    def state(self, need: str) -> str:
        return self.staffing(need).state

    def state_hours(self, dispatch: str, left: timedelta, came: timedelta | None = None, **more: Any) -> DispatchAnswer:
        """State the time of a service, in hours and minutes after the start of the test."""
        times = {"left_at": START + left, "came_at": None if came is None else START + came}
        stated = StateHours(dispatch_id=dispatch, **{"reason_code": "forgot_check_out", **times, **more})
        answer: DispatchAnswer = self.engine.command(stated, actor=SECOND)
        return answer

    def adjust(self, dispatch: str, minutes: int, reason: str = "recorded_wrongly", **more: Any) -> DispatchAnswer:
        adjusted = AdjustHours(dispatch_id=dispatch, minutes=minutes, reason_code=reason)
        answer: DispatchAnswer = self.engine.command(adjusted, **{"actor": SECOND, **more})
        return answer

    def promise(self, need: str, volunteer: str, **more: Any) -> str:
        """Publish the need, and have the volunteer alone accept an offer for it; return the dispatch."""
        self.publish(need, **more)
        for row in self.dispatches(need, "offered"):
            if row.volunteer_id != volunteer:
                self.decline(row.id)
        (own,) = (row.id for row in self.dispatches(need, "offered") if row.volunteer_id == volunteer)
        self.accept(own)
        return own

    def merge(self, volunteer: str, into: str, **more: Any) -> VolunteerMergeAnswer:
        asked = MergeVolunteers(volunteer_id=volunteer, into_id=into, **more)
        answer: VolunteerMergeAnswer = self.engine.command(asked)
        return answer

    def unmerge(self, volunteer: str, **more: Any) -> VolunteerMergeAnswer:
        asked = UnmergeVolunteers(volunteer_id=volunteer, reason_code="different_people", **more)
        answer: VolunteerMergeAnswer = self.engine.command(asked)
        return answer

    def wait(self, time: timedelta = timedelta(seconds=1)) -> None:
        advance(self.engine, self.engine.now + time, self._patrol_interval)

    def serve(self, need: str, stay: timedelta = HOUR) -> None:
        """Everyone who promised comes when it begins, stays, and leaves."""
        self.wait(self.staffing(need).starts_at - self.engine.now)
        rows = self.dispatches(need, "accepted")
        for row in rows:
            self.check_in(row.id)
        self.wait(stay)
        for row in rows:
            self.check_out(row.id)

    # ---- observations ----------------------------------------------------------------------------------------

    def staffing(self, need: str) -> Staffing:
        return self.engine.one(Staffing, need)

    def dispatches(self, need: str, *states: str) -> list[Dispatch]:
        return [row for row in self.staffing(need).dispatches if not states or row.state in states]

    def states(self, need: str) -> list[str]:
        return sorted(row.state for row in self.dispatches(need))

    def person(self, volunteer: str) -> Volunteer:
        return self.engine.one(Volunteer, volunteer)

    def minutes(self, volunteer: str) -> int:
        return sum(a.balance for a in self.engine.all(Account) if a.id == f"timebank:{volunteer}")

    def last_event(self, need: str) -> StaffingSnapshot:
        """The last event about the need's staffing."""
        data: StaffingSnapshot = [e.data for e in self.engine.events if e.subject == need][-1]
        return data

    def announced(self, need: str) -> list[str]:
        return [e.type.removeprefix(STAFFING) for e in self.engine.events if e.subject == need]

    def broken_laws(self) -> list[str]:
        """L3 and L4, over everything that is stored."""
        staffings = self.engine.all(Staffing)
        broken = [str(fault) for fault in violations(self.engine.all(Account), self.engine.all(Transfer))]
        broken += [f"{s.id} got too many" for s in staffings if s.held > s.headcount]
        held = [(row.volunteer_id, s, row) for s in staffings for row in s.dispatches if row.state in HELD]
        for (who, one, row), (other_who, other, other_row) in combinations(held, 2):
            if who == other_who and one.starts_at < other.ends_at and other.starts_at < one.ends_at:
                broken.append(f"{who} is booked twice: {row.id}, {other_row.id}")
        survivors = {identity.id: identity.survivor for identity in self.engine.all(Identity)}
        for (who, one, row), (other_who, other, other_row) in combinations(held, 2):
            one_person = who != other_who and survivors.get(who, who) == survivors.get(other_who, other_who)
            open_still = {"accepted", "checked_in"} & {row.state, other_row.state}
            if one_person and open_still and one.starts_at < other.ends_at and other.starts_at < one.ends_at:
                broken.append(f"{who} is booked twice as {other_who}: {row.id}, {other_row.id}")
        broken += self._disagreements([(survivors.get(who, who), s, row) for who, s, row in held], survivors)
        return broken

    def _disagreements(self, held: list[tuple[str, Staffing, Dispatch]], survivors: Mapping[str, str]) -> list[str]:
        """The differences about each person between the volunteers' documents, the staffings and the time bank."""
        promised = {(who, row.id) for who, _, row in held}
        noted = {(v.id, hold.dispatch_id) for v in self.engine.all(Volunteer) for hold in v.bookings}
        recent = {(who, row.id) for who, s, row in held if s.ends_at > self.engine.now - timedelta(hours=20)}
        credited = Counter[str]()
        for who, _, row in held:
            credited[who] += row.minutes if row.state == "credited" else 0
        for staffing in self.engine.all(Staffing):
            for dispatch_id, minutes in staffing.short:
                credited[next(who for who, _, row in held if row.id == dispatch_id)] += minutes
        for cause, minutes in sum_taken_back(self.engine.all(Transfer)).items():
            credited[next(who for who, _, row in held if row.id == cause)] -= minutes
        accounts = Counter[str]()
        for account in self.engine.all(Account):
            if account.kind == HOLDER_KIND:
                accounts[survivors.get(account.holder, account.holder)] += account.balance
        wrong = [f"{who} is booked for {row}, which is over" for who, row in noted - promised]
        wrong += [f"{who} promised {row} without a booking" for who, row in recent - noted]
        return wrong + ([] if +credited == +accounts else [f"credited {credited}, in accounts {accounts}"])


KNOWN_TO_0_2 = frozenset(
    {"id", "version", "volunteer_id", "state", "ring", "wave", "standing", "expires_at", "checked_in_at",
     "checked_out_at", "minutes", "why"}
)  # fmt: skip
"""The fields of a dispatch that release 0.2 knows; the others it drops when it changes any dispatch of the need."""


def store_by_release_0_2(service: VolunteeringInMemory, need: str) -> None:
    """Have the need's dispatches stored by a replica of release 0.2, which writes the field `dispatches` alone."""
    document = service.staffing(need).to_document()
    parts = [{name: part[name] for name in part if name in KNOWN_TO_0_2} for part in document["dispatches"]]
    service.engine.entities[Staffing, need] = Staffing.from_document({**document, "dispatches": parts})


def registration(area: str = COMMUNITY, *, standing: bool = False, **more: Any) -> RegisterVolunteer:
    # Each one registered is another person: two with one name and one telephone would be checked first.
    fields: dict[str, Any] = {
        "name": "Li Invented", "phone": f"138{next(_PHONES):08}", "location": PLACE, **more,
    }  # fmt: skip
    return RegisterVolunteer(area=area, standing_acceptance=standing, **fields)


def need_event(
    kind: type[NeedSnapshot],
    need: str,
    headcount: int = 1,
    *,
    area: str = COMMUNITY,
    starts: timedelta = HOUR,
    lasts: timedelta = 2 * HOUR,
    version: int = 2,
    score: int = 50,
    now: datetime = START,
    place: Place = PLACE,
    skills: tuple[str, ...] = (),
    languages: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
    urgency: str = "normal",
    theme: str = "elderly_care",
    people: bool = True,
    registered: datetime | None = None,
    **more: Any,
) -> CloudEvent:
    """The event of stations about a need; its slot begins `starts` after the start of the test."""
    begins = START + starts
    asked = VolunteerRequest(
        headcount=headcount, skills=skills, languages=languages, starts_at=begins, ends_at=begins + lasts
    )
    data = kind(
        need_id=need, version=version, state="published", station_id="st_1", area=area, theme=theme,
        urgency=urgency, score=score, due=begins + lasts, place=place, beneficiaries=1,
        beneficiary_groups=groups, volunteers=asked if people else None, published_at=now,
        registered_at=registered, **more,
    )  # fmt: skip
    return to_cloud_event(
        data, subject=need, version=version, nth=0, time=now, area=area,
        correlation="c", causation="c", traceparent="",
    )  # fmt: skip


def window(days: tuple[int, ...], start: str, end: str) -> Window:
    return Window(days=days, start=start, end=end)
