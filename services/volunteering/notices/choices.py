"""A volunteer's choice (通知选择): whether to be sent notices, and in which language."""

from collections.abc import Sequence
from typing import ClassVar

from services.volunteering.dispatch.storage import MAX_MILLIS
from services.volunteering.matching.domain.volunteers import Volunteer
from shared.contracts.volunteering.notices import ChooseNotices, NoticeChoiceAnswer, NoticeLanguage
from shared.engine import TURN, Get, Handling, Incoming, Store, UnitOfWork
from shared.engine.decide.entity import Entity
from shared.engine.plain import check_version
from shared.people.identities import identity_load, identity_of, require_alone


class NoticeChoice(Entity):
    """The choice made under one id of a volunteer; `id` is that id. Without one the volunteer is sent notices."""

    collection: ClassVar[str] = "notice_choices"

    wanted: bool = True
    language: NoticeLanguage | None = None


def read_choices(store: Store, ids: Sequence[str]) -> list[NoticeChoice]:
    """Return the choice under each of the ids, the default where there is none. Raises PyMongoError."""
    rows = store[NoticeChoice.collection].find({"_id": {"$in": list(ids)}}).limit(len(ids)).max_time_ms(MAX_MILLIS)
    found = {row["_id"]: NoticeChoice.from_document(row) for row in rows}
    return [found.get(one) or NoticeChoice(id=one) for one in ids]


def describe_choice(choice: NoticeChoice) -> NoticeChoiceAnswer:
    """Return the choice as it is shown."""
    return NoticeChoiceAnswer(
        volunteer_id=choice.id, version=choice.version, wanted=choice.wanted, language=choice.language
    )


def combine_choices(choices: Sequence[NoticeChoice]) -> NoticeChoice:
    """Return the choice of a person with these, under one id each, the surviving one first.

    None are wanted where one of the registrations that were merged said so; the language is the first that was chosen.
    """
    language = next((choice.language for choice in choices if choice.language is not None), None)
    return choices[0].model_copy(update={"wanted": all(choice.wanted for choice in choices), "language": language})


def choose_notices(message: Incoming[ChooseNotices]) -> Handling:
    """Keep a volunteer's choice under every id of the person. Answers NoticeChoiceAnswer.

    Raises Refused("not_found") for a volunteer outside the actor's area, Refused("wrong_state") for an id that was
    merged, naming the survivor, and Refused("version_mismatch") where the sender has seen another version of the
    choice, 0 where there was none.
    """
    asked = message.data
    work = yield [Get(Volunteer, asked.volunteer_id, message.actor.area), identity_load(asked.volunteer_id)]
    work = yield [Get(NoticeChoice, one) for one in identity_of(work, asked.volunteer_id).ids]
    work = yield TURN
    work.reach(Volunteer, asked.volunteer_id, "volunteer_id")
    identity = identity_of(work, asked.volunteer_id)
    require_alone(identity, "volunteer_id")
    choices = [work.get(NoticeChoice, one) or NoticeChoice(id=one) for one in identity.ids]
    check_version(choices[0], "notice_choice", asked.expected_version)
    chosen = [_choose(work, before, asked) for before in choices]
    return describe_choice(chosen[0])


def _choose(work: UnitOfWork, before: NoticeChoice, asked: ChooseNotices) -> NoticeChoice:
    after = before.model_copy(update={"wanted": asked.wanted, "language": asked.language})
    return before if after == before and before.version else work.put(after)
