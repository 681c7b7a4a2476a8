"""The handlers of assessments: one is made, or has not been made in time."""

from functools import partial
from typing import Final

from services.stations.needs.actions import current_need, load_need
from services.stations.needs.announcing import announce_change, meet_assessment_time
from services.stations.needs.domain.answer import to_answer
from services.stations.needs.domain.assessed_words import open_assessments, write_assessments
from services.stations.needs.domain.assessment import NeedAssessmentDue, assessed
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText, place_of
from services.stations.needs.policy import NeedsPolicy
from services.stations.network.domain import Station
from services.stations.network.keeping import is_left
from shared.contracts import Refused
from shared.contracts.stations.assessing import AssessNeed, NeedAssessed
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, UnitOfWork, take_turn
from shared.engine.decide.actor_references import refer, reference_load
from shared.people import key_of
from shared.people.reading import loaded_keys
from shared.runtime.vault import Vault


def assess_need(message: Incoming[AssessNeed], vault: Vault) -> Handling:
    """Keep an assessment of the need beside the earlier ones, its words sealed.

    Raises Refused as `assessed` does, and "wrong_state" where the words of the need are erased.
    """
    yield [reference_load(message.actor)]
    work = yield from take_turn(partial(load_need, message, with_text=True))
    before = current_need(work, message.data)
    text = work.get(NeedText, before.id)
    if text is None:
        raise Refused("wrong_state", "words_erased", field="need_id")
    after = assessed(before, message.data, refer(work, vault), work.now)
    _keep_words(work, vault, text, message.data)
    return to_answer(announce_change(work, after, before, NeedAssessed))


def _keep_words(work: UnitOfWork, vault: Vault, text: NeedText, asked: AssessNeed) -> None:
    place = place_of(text.id, "assessments")
    opened = loaded_keys(work, vault, text.id, text).open(text.assessments, text.id, *place) if text.assessments else ""
    words = write_assessments(open_assessments(opened) if opened else (), asked)
    work.put(text.model_copy(update={"assessments": key_of(work, vault, text.id, text).seal(words, *place)}))


def follow_assessment_time(message: Incoming[NeedAssessmentDue], policy: NeedsPolicy) -> Handling:
    """Remind the next level of an urgent need that stands without an assessment."""
    yield [Get(Need, message.data.need_id)]
    work = yield TURN
    need = work.get(Need, message.data.need_id)
    if need is not None:
        yield [Get(Station, need.station_id)]
        meet_assessment_time(work, need, policy, left=is_left(work, need.station_id))


HANDLERS: Final[HandlerTable] = {AssessNeed: assess_need, NeedAssessmentDue: follow_assessment_time}
