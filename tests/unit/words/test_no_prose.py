"""The search for sentences sees one where it should; the services' own fixtures apply it after each of their tests."""

from contract_samples import sample_data
from prose import find_prose

from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts

load_contracts()


def test_a_sentence_is_found_with_its_place() -> None:
    stored = {"waiting": [{"reason": "nothing is left of it"}], "name": "Elm Hall station", "state": "in_service"}
    assert list(find_prose(stored)) == [".waiting[0].reason: nothing is left of it"]
    assert list(find_prose({"detail": "资源已用完"})) == [".detail: 资源已用完"]


def test_codes_ids_instants_and_commodities_are_no_sentences() -> None:
    codes = ["chosen_by_points", "need_1.2", "2030-05-01T10:00:00+08:00", "goods:rice", "a, b", "If-Match"]
    assert list(find_prose(codes)) == []


def test_no_sample_of_an_event_holds_a_sentence() -> None:
    assert [kind for kind in EVENTS if list(find_prose(sample_data(kind)))] == []
