"""The erasure of the person whom a need is about: the words go once the need has ended, the need itself stays."""

from datetime import timedelta

import pytest
from erasing import counts, fail, letters
from opened import opened
from stations_in_memory import COMMUNITY, StationsInMemory

from services.stations.needs.domain.text import NeedText
from shared.contracts.erasure_parts import ErasureOutcome
from shared.contracts.refusals import Refused
from shared.contracts.stations.erasures import ErasureCompleted, ErasureProgressed, RequestErasure
from shared.contracts.stations.needs import CancelNeed, ConfirmNeed, EvaluateNeed
from shared.engine.decide.external_ids import ExternalId
from shared.people import DataKey
from shared.people.erasing import RETRY
from shared.people.keys import ring_of


def erase(stations: StationsInMemory, need_id: str) -> None:
    asked = {"people": [{"kind": "need", "id": need_id}], "ground": "purpose_ended", "area": COMMUNITY}
    stations.engine.command(RequestErasure.model_validate(asked))
    stations.engine.advance(timedelta(minutes=1))


def reported(stations: StationsInMemory) -> list[ErasureOutcome]:
    """The outcomes about the need, as the report has had them."""
    return [
        event.people[0] for kind in (ErasureProgressed, ErasureCompleted) for event in stations.engine.emitted(kind)
    ]


def test_the_words_of_an_ended_need_go_with_their_key(stations: StationsInMemory) -> None:
    need_id = stations.serve(external_id="case-17")
    stations.engine.command(ConfirmNeed(need_id=need_id, note="Grandmother Yu was glad."))
    fail(stations.engine, stations.vault, 1, stations.asked())
    other = fail(stations.engine, stations.vault, 2, stations.asked(title="Rice for Grandfather Qi"))
    before = stations.need(need_id)
    erase(stations, need_id)
    assert stations.engine.all(NeedText) == []
    assert stations.engine.all(DataKey) == []
    assert stations.engine.all(ExternalId) == []
    assert letters(stations.engine) == [other]
    assert stations.need(need_id) == before
    (outcome,) = reported(stations)
    assert counts(outcome) == {"personal_record": 1, "data_key": 1, "external_ids": 1, "failed_messages": 1}
    assert [kept.code for kept in outcome.kept] == ["kept_need_nameless"]


def test_of_a_need_of_the_release_before_the_words_open_by_the_key_beside_them_and_go_with_it(
    stations: StationsInMemory,
) -> None:
    need_id = stations.serve()
    stations.engine.command(ConfirmNeed(need_id=need_id))
    text = stations.text(need_id)
    key = DataKey(id=f"person:{need_id}", version=1, wrapped=str(text.data_key), ring=ring_of(str(text.data_key)))
    stations.engine.entities[DataKey, key.id] = key
    stations.engine.entities[NeedText, need_id] = text.model_copy(update={"data_key": None})
    fail(stations.engine, stations.vault, 1, stations.asked())
    stations.engine.command(EvaluateNeed(need_id=need_id, rating=5, comment="Yu was very glad"))
    text = stations.text(need_id)
    assert text.data_key is None, "one key for one person"
    assert opened(stations.engine, stations.vault, text, "evaluation_comment") == "Yu was very glad"
    erase(stations, need_id)
    assert (stations.engine.all(NeedText), stations.engine.all(DataKey), letters(stations.engine)) == ([], [], [])


def test_an_open_need_keeps_its_words_until_it_has_ended(stations: StationsInMemory) -> None:
    need_id = stations.register().id
    erase(stations, need_id)
    (waits,) = reported(stations)
    assert (waits.state, waits.waiting and dict(waits.waiting.args)) == ("waiting", {"state": "published"})
    assert len(stations.engine.all(NeedText)) == 1
    stations.engine.advance(RETRY)
    assert len(reported(stations)) == 1, "it is said once that something is open"
    stations.engine.command(CancelNeed(need_id=need_id, reason="she has moved", reason_code="no_longer_needed"))
    stations.engine.advance(RETRY)
    assert reported(stations)[-1].state == "erased"
    assert stations.engine.all(NeedText) == []


def test_no_words_are_kept_about_somebody_who_was_erased(stations: StationsInMemory) -> None:
    need_id = stations.serve()
    stations.engine.command(ConfirmNeed(need_id=need_id))
    erase(stations, need_id)
    with pytest.raises(Refused) as refusal:
        stations.engine.command(EvaluateNeed(need_id=need_id, rating=5, comment="Yu was very glad"))
    assert (refusal.value.code, refusal.value.rule) == ("wrong_state", "words_erased")
    assert stations.engine.command(EvaluateNeed(need_id=need_id, rating=5), "wordless").rating == 5
