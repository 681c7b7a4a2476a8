"""Assessment (评估): the social worker's judgement of an open need, in codes, and the time for that of an urgent need.

The words of all assessments of a need are one sealed list in the order of their numbers, see `text`.
"""

from datetime import datetime, timedelta
from typing import ClassVar, Final, NamedTuple

from services.stations.needs.domain.need import Assessment, Need, require_state
from shared.contracts.access import Reference
from shared.contracts.messages import Timer
from shared.contracts.need_parts import Urgency
from shared.contracts.overdue_levels import LAST_LEVEL, find_next_level
from shared.contracts.plain import Reminder
from shared.contracts.refusals import Refused
from shared.contracts.stations.assessing import AssessNeed
from shared.contracts.stations.need_intake import AssessmentDue, NeedAssessment
from shared.contracts.stations.needs import ENDED, NeedState

MOST_ASSESSMENTS: Final = 20
"""The most assessments of one need; its words stay within one document, and each stays readable."""
OPEN_STATES: Final[tuple[NeedState, ...]] = ("draft", "published", "ready", "in_service", "served")
URGENCIES: Final[tuple[Urgency, ...]] = ("low", "normal", "high", "urgent")
"""From the lowest to the highest."""


class AssessmentTerms(NamedTuple):
    """The rule of a city: needs of `least` urgency and above are assessed `within` that time of their registration.

    Where they are not, the next level is reminded after each `escalate`, the last one again after each `repeat`.
    """

    least: Urgency
    within: timedelta
    escalate: timedelta
    repeat: timedelta

    def requires(self, need: Need) -> bool:
        """Return whether the need is to be assessed: an urgent one without an assessment."""
        return not need.assessments and URGENCIES.index(need.urgency) >= URGENCIES.index(self.least)


class NeedAssessmentDue(Timer):
    """An urgent need is to be assessed by now, or the next level is to be reminded of it.

    A timer beside that of the need's next step, because both may be overdue at once.
    """

    type: ClassVar[str] = "stations.need_assessment_due"
    need_id: str


def key_of_assessment_timer(need_id: str) -> str:
    """Return the key of the need's one timer for its assessment; setting it again replaces it."""
    return f"assessment:{need_id}"


def describe_latest(need: Need) -> NeedAssessment | None:
    """Return the latest assessment as events and answers have it; None where there is none."""
    if not need.assessments:
        return None
    latest = need.assessments[-1]
    return NeedAssessment(number=len(need.assessments), at=latest.at, risk=latest.risk, domains=latest.domains)


def assessed(need: Need, asked: AssessNeed, by: Reference, now: datetime) -> Need:
    """Return the need with one more assessment, which ends the wait for the first. It is to be announced.

    Raises Refused("wrong_state") where it has ended, and after 20 assessments.
    """
    require_state(need, OPEN_STATES, "assess")
    if len(need.assessments) >= MOST_ASSESSMENTS:
        raise Refused("wrong_state", "assessed_too_often", field="need_id", most=MOST_ASSESSMENTS)
    # A domain named twice counts once; the order stays, for the reader.
    domains = tuple(dict.fromkeys(asked.domains))
    made = Assessment(at=now, by=by, risk=asked.risk, domains=domains)
    return need.model_copy(
        update={"assessments": (*need.assessments, made), "assessment_due": None, "announced": need.version + 1}
    )


def with_assessment_due(need: Need, terms: AssessmentTerms) -> Need:
    """Return the need with the instant by which it is to be assessed, or without one where it need not be.

    It counts from the registration; an instant that is set already stays, with its reminders.
    """
    if not terms.requires(need):
        return need if need.assessment_due is None else need.model_copy(update={"assessment_due": None})
    if need.assessment_due is not None:
        return need
    due = AssessmentDue(due=need.registered_at + terms.within)
    return need.model_copy(update={"assessment_due": due})


def find_assessment_reminder(need: Need) -> datetime | None:
    """Return the instant of the next reminder of an open need; None where nobody is to be reminded."""
    waits = need.assessment_due
    if waits is None or need.state in ENDED:
        return None
    return waits.due if waits.overdue is None else waits.overdue.next_at


def assessment_escalated(need: Need, now: datetime, terms: AssessmentTerms, *, left: bool = False) -> Need:
    """Return the need with the next level reminded to have it assessed. It is to be announced.

    With `left` nobody is at the station any more, and the level above is the first.
    """
    waits = need.assessment_due
    if waits is None:
        return need
    last = None if waits.overdue is None else waits.overdue.level
    level, area = find_next_level(need.area, last, left=left)
    again = terms.repeat if level == LAST_LEVEL else terms.escalate
    overdue = Reminder(step="assess_need", was_due=waits.due, level=level, area=area, next_at=now + again)
    update = {"assessment_due": waits.model_copy(update={"overdue": overdue}), "announced": need.version + 1}
    return need.model_copy(update=update)
