"""A volunteer's choice (通知选择): whether to be sent notices, and in which language."""

from typing import ClassVar

from services.volunteering.matching.domain.volunteers import Volunteer
from shared.contracts.volunteering.notices import ChooseNotices, NoticeChoiceAnswer, NoticeLanguage
from shared.engine import TURN, Get, Handling, Incoming
from shared.engine.decide.entity import Entity
from shared.engine.plain import check_version


class NoticeChoice(Entity):
    """The choice made under one id of a volunteer; `id` is that id. Without one the volunteer is sent notices."""

    collection: ClassVar[str] = "notice_choices"

    wanted: bool = True
    language: NoticeLanguage | None = None


def describe_choice(choice: NoticeChoice) -> NoticeChoiceAnswer:
    """Return the choice as it is shown."""
    return NoticeChoiceAnswer(
        volunteer_id=choice.id, version=choice.version, wanted=choice.wanted, language=choice.language
    )


def choose_notices(message: Incoming[ChooseNotices]) -> Handling:
    """Keep a volunteer's choice. Answers NoticeChoiceAnswer.

    Raises Refused("not_found") for a volunteer outside the actor's area and Refused("version_mismatch") where the
    sender has seen another version of the choice, 0 where there was none.
    """
    asked = message.data
    yield [Get(Volunteer, asked.volunteer_id, message.actor.area), Get(NoticeChoice, asked.volunteer_id)]
    work = yield TURN
    volunteer = work.reach(Volunteer, asked.volunteer_id, "volunteer_id")
    before = work.get(NoticeChoice, volunteer.id) or NoticeChoice(id=volunteer.id)
    check_version(before, "notice_choice", asked.expected_version)
    after = before.model_copy(update={"wanted": asked.wanted, "language": asked.language})
    return describe_choice(before if after == before and before.version else work.put(after))
