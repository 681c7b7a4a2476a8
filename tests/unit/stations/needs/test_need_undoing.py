"""A confirmation that was wrong is taken back within the period, and stated again."""

from datetime import timedelta

import pytest
from stations_in_memory import StationsInMemory

from services.stations.needs.domain.text import NeedText
from services.stations.needs.policy import NeedsPolicy
from shared.contracts import Refused
from shared.contracts.charity.linking import ResourcesDelivered
from shared.contracts.need_parts import LineDelivered
from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.needs import (
    CancelNeed,
    ConfirmationUndone,
    ConfirmNeed,
    EvaluateNeed,
    NeedConfirmed,
    NeedUnmet,
    UndoConfirmation,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def undo(stations: StationsInMemory, need_id: str) -> NeedAnswer:
    answer = stations.engine.command(UndoConfirmation(need_id=need_id, reason_code="wrong_amounts"))
    assert isinstance(answer, NeedAnswer)
    return answer


def confirm(stations: StationsInMemory, need_id: str, quilts: int) -> NeedAnswer:
    stated = (LineDelivered(line_id="l1", amount=quilts),)
    answer = stations.engine.command(ConfirmNeed(need_id=need_id, delivered=stated))
    assert isinstance(answer, NeedAnswer)
    return answer


def test_a_need_is_served_again_after_the_undoing_and_other_amounts_are_stated(stations: StationsInMemory):
    need_id = stations.serve()
    confirm(stations, need_id, 3)
    answer = undo(stations, need_id)
    assert answer.state == "served"
    (event,) = stations.engine.emitted(ConfirmationUndone)
    assert (event.undone_for, event.state, event.version) == ("wrong_amounts", "served", answer.version)
    assert confirm(stations, need_id, 2).state == "partly_served"
    assert [event.delivered for event in stations.engine.emitted(NeedConfirmed)] == [(3, 5000), (2, 5000)]


def test_a_need_without_volunteers_has_a_day_to_be_stated_again_though_it_is_due(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 2, 5000)
    confirm(stations, need_id, 2)
    stations.link(need_id, 2, 2, 5000, kind=ResourcesDelivered)
    stations.engine.advance(2 * DAY)
    assert undo(stations, need_id).state == "published"
    stations.engine.advance(DAY - HOUR)
    assert confirm(stations, need_id, 1).state == "partly_served"
    undo(stations, need_id)
    stations.engine.advance(DAY)
    assert stations.need(need_id).state == "unmet"
    assert len(stations.engine.emitted(NeedUnmet)) == 1


def test_a_rating_goes_with_the_confirmation(stations: StationsInMemory):
    need_id = stations.serve()
    confirm(stations, need_id, 3)
    stations.engine.command(EvaluateNeed(need_id=need_id, rating=5))
    answer = undo(stations, need_id)
    assert (answer.state, answer.rating) == ("served", None)


def test_note_and_comment_go_with_the_confirmation_and_do_not_stand_under_the_next_one(stations: StationsInMemory):
    need_id = stations.serve()
    stations.engine.command(ConfirmNeed(need_id=need_id, note="Invented: she signed for three"))
    stations.engine.command(EvaluateNeed(need_id=need_id, rating=5, comment="Invented: she is glad"))
    text = stations.text(need_id)
    assert all((text.confirm_note, text.evaluation_comment))
    undo(stations, need_id)
    assert stations.text(need_id) == text.model_copy(
        update={"confirm_note": "", "evaluation_comment": "", "version": text.version + 1}
    )
    confirm(stations, need_id, 2)
    assert not stations.text(need_id).confirm_note


def test_a_confirmation_is_undone_also_where_the_words_are_erased(stations: StationsInMemory):
    need_id = stations.serve()
    confirm(stations, need_id, 3)
    stations.engine.entities.pop((NeedText, need_id))
    assert undo(stations, need_id).state == "served"


def test_after_the_undoing_the_need_can_be_cancelled_where_nobody_served(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 3, 5000)
    stations.engine.command(ConfirmNeed(need_id=need_id))
    undo(stations, need_id)
    assert stations.engine.command(CancelNeed(need_id=need_id)).state == "cancelled"
    assert stations.engine.timers == {}


def test_an_old_confirmation_stays(stations: StationsInMemory):
    need_id = stations.serve()
    confirm(stations, need_id, 3)
    stations.engine.advance(7 * DAY + HOUR)
    with pytest.raises(Refused) as refused:
        undo(stations, need_id)
    assert (refused.value.code, refused.value.rule) == ("wrong_state", "confirmed_too_long_ago")
    assert refused.value.values["days"] == 7


def test_the_city_sets_the_period():
    stations = StationsInMemory(NeedsPolicy(need_undo_days=30))
    need_id = stations.serve()
    confirm(stations, need_id, 3)
    stations.engine.advance(29 * DAY)
    assert undo(stations, need_id).state == "served"


def test_only_a_confirmation_is_undone(stations: StationsInMemory):
    need_id = stations.serve()
    with pytest.raises(Refused) as refused:
        undo(stations, need_id)
    assert (refused.value.rule, refused.value.values["action"]) == ("need_not_in_state", "undo")
