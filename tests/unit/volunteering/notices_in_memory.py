"""The worker's steps without servers: events are read as they come, and a test answers for the adapter."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from volunteering_in_memory import VolunteeringInMemory

from services.volunteering.answer_links.domain import AnswerLink
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.notices.choices import NoticeChoice, combine_choices
from services.volunteering.notices.domain.calls import Call
from services.volunteering.notices.domain.notices import Notice, Part
from services.volunteering.notices.domain.planning import Rules
from services.volunteering.notices.domain.sending import (
    TELEPHONES,
    Accepted,
    Result,
    Sending,
    Verdict,
    Way,
    find_contact,
    judge,
)
from services.volunteering.notices.domain.texts import text_of
from services.volunteering.notices.policy import NoticePolicy
from services.volunteering.notices.steps import (
    DispatchesChanged,
    NoticeBegun,
    NoticeTried,
    begin_step,
    link_step,
    plan_step,
    record_step,
)
from services.volunteering.people.domain import VolunteerPerson
from shared.contracts.envelope import CloudEvent
from shared.contracts.reasons import Reason
from shared.engine.decide.batch import decide
from shared.engine.decide.handlers import Handler
from shared.engine.decide.incoming import Incoming
from shared.people.identities import Identity

RULES = Rules(NoticePolicy(), DispatchPolicy(), ZoneInfo("Asia/Shanghai"))


class NoticesInMemory:
    """A worker over the service's memory. `sent` has the id and the text of each message that left."""

    def __init__(self, service: VolunteeringInMemory, rules: Rules = RULES) -> None:
        self.service, self.rules = service, rules
        self.sent: list[tuple[str, Reason]] = []
        self.answer: Result = Accepted()
        """The adapter's answer to each message from now on."""
        self.doubted = False
        """Whether a message to the volunteer has reached somebody else."""
        self.ways: Collection[Way] = TELEPHONES
        """The ways of the city."""
        self._read = 0

    def follow(self, events: Sequence[CloudEvent] | None = None) -> None:
        """Read the events since the last time, or these."""
        news = self.service.engine.events[self._read :] if events is None else events
        self._read = len(self.service.engine.events) if events is None else self._read
        for event in news:
            ids = [part.dispatch_id for part in getattr(event.data, "changed", ())]
            if event.type.startswith("volunteering.staffing.") and ids:
                self._run(DispatchesChanged(event.subject, ids), plan_step(self.rules))

    def send(self, *, crash: bool = False) -> None:
        """Try the due notices; with `crash` the process dies before the results of those handed on are recorded."""
        for notice in self.due():
            verdict = self._judge(notice)
            if not isinstance(verdict, Sending):
                self.record(notice, verdict)
                continue
            self._run(NoticeBegun(notice.id), begin_step)
            self._hand_on(notice)
            if not crash:
                self.record(notice, self.answer)

    def record(self, notice: Notice, result: Result) -> None:
        """Record the result of a try."""
        tried = NoticeTried(notice.id, notice.need_id, notice.dispatch_id, notice.template, result)
        self._run(tried, record_step(self.rules))

    def keep_link(self, link: AnswerLink) -> None:
        """Keep the link of a try."""
        self._run(link, link_step)

    def work(self) -> None:
        """Read, then send."""
        self.follow()
        self.send()

    def due(self) -> list[Notice]:
        return [one for one in self.notices() if one.due is not None and one.due <= self.service.engine.now]

    def notices(self, *templates: str) -> list[Notice]:
        return [one for one in self.service.engine.all(Notice) if not templates or one.template in templates]

    def states(self) -> dict[str, str]:
        """The state of each notice by template; of one dispatch."""
        return {one.template: one.state for one in self.notices()}

    def calls(self) -> list[Call]:
        return self.service.engine.all(Call)

    def _part(self, notice: Notice) -> Part:
        staffing = self.service.engine.one(Staffing, notice.need_id)
        dispatch = staffing.dispatch(notice.dispatch_id)
        assert dispatch is not None
        return Part(staffing, dispatch)

    def _judge(self, notice: Notice) -> Verdict:
        engine = self.service.engine
        ids = self._ids_of(notice.volunteer_id)
        person: Any = engine.entities.get((VolunteerPerson, ids[0]))
        profile: Any = engine.entities.get((Volunteer, ids[0]))
        contact = find_contact(person, profile, doubted=self.doubted, ways=self.ways)
        choices: Any = [engine.entities.get((NoticeChoice, one)) or NoticeChoice(id=one) for one in ids]
        wanted = combine_choices(choices).wanted
        return judge(notice, self._part(notice), wanted=wanted, contact=contact, now=engine.now, rules=self.rules)

    def _hand_on(self, notice: Notice) -> None:
        if isinstance(self.answer, Accepted):
            self.sent.append((notice.id, text_of(notice, self._part(notice))))

    def _ids_of(self, volunteer_id: str) -> tuple[str, ...]:
        known: Any = self.service.engine.entities
        own = known.get((Identity, volunteer_id))
        ids: tuple[str, ...] = (volunteer_id,) if own is None else known[Identity, own.survivor].ids
        return ids

    def _run(self, data: object, handler: Handler) -> None:
        engine = self.service.engine
        message: Incoming[Any] = Incoming("timer", f"step:{len(engine.seen)}", "s", "step", data, engine.now, "c", "")
        decisions = decide([(message, handler)], engine.fetch, engine.now)
        for outcome in decisions.outcomes:
            if outcome.failure is not None:
                raise outcome.failure
        engine.keep(decisions)


def minutes_from_start(at: datetime | None, start: datetime) -> int:
    """Return the whole minutes from the start of the test to the instant."""
    assert at is not None
    return int((at - start).total_seconds()) // 60
