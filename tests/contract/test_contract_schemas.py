"""The messages of services are written down as JSON Schemas; a change shows whom it breaks."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest
from contract_samples import sample
from jsonschema_rs import Draft202012Validator, meta

from shared.contracts import export
from shared.contracts.envelope import event_path, read_event
from shared.contracts.messages import COMMANDS, EVENTS, QUERIES, answer_type, answers_of
from shared.contracts.registry import SERVICES, load_contracts
from tests.each import for_each

pytestmark = pytest.mark.contract
load_contracts()


@cache
def committed() -> dict[str, Any]:
    """Return the schemas as they are kept, read once for all tests, which leave them as they are."""
    return export.read_committed()


def test_the_committed_schemas_are_those_of_the_models():
    found = export.differences(committed(), export.schemas())
    listed = "\n  ".join(found)
    assert not found, f"the contracts differ from shared/contracts/schemas:\n  {listed}\n{export.HOW_TO_ACCEPT}"


def test_every_event_command_query_answer_and_the_envelope_has_a_schema():
    assert set(committed()) == {
        "cloudevent.json",
        *(f"{kind.split('.')[0]}/events/{kind}.json" for kind in EVENTS),
        *(f"{service}/commands/{kind}.json" for service, kind in COMMANDS),
        *(f"{service}/queries/{kind}.json" for service, kind in QUERIES),
        *(f"{service}/answers/{name}.json" for service in SERVICES for name in answers_of(service)),
    }


@for_each(("service", "kind"), sorted(QUERIES))
def test_a_query_declares_an_answer_that_has_a_schema(service: str, kind: str):
    declared = answer_type(QUERIES[service, kind])
    answers = [part for part in get_args(declared) or (declared,) if part is not type(None)]
    assert [answers_of(service).get(answer.__name__) for answer in answers] == answers
    assert len(answers) == 1


@for_each("path", sorted(committed()))
def test_every_schema_is_valid_and_names_itself(path: str):
    schema = committed()[path]
    meta.validate(schema)
    assert schema["$id"] == f"/schemas/{path}"


@for_each("kind", sorted(EVENTS))
def test_an_event_as_sent_fits_its_schema_and_the_envelopes(kind: str):
    sent = json.loads(sample(kind).model_dump_json())
    Draft202012Validator(committed()["cloudevent.json"]).validate(sent)
    Draft202012Validator(committed()[event_path(kind)]).validate(sent["data"])
    # An absolute URI, as CloudEvents 1.0 wants it: some SDKs read nothing else. It is the schema's id, resolved.
    assert urlsplit(sent["dataschema"]).scheme
    assert sent["dataschema"].endswith(":" + committed()[event_path(kind)]["$id"])


@for_each("kind", sorted(EVENTS))
def test_a_reader_of_today_ignores_what_a_newer_speaker_adds_anywhere(kind: str):
    event = sample(kind)
    sent = json.loads(event.model_dump_json())
    _add_everywhere(sent["data"])
    read = read_event(json.dumps(sent))
    assert read.data == event.data
    Draft202012Validator(committed()[event_path(kind)]).validate(sent["data"])


def _add_everywhere(value: object) -> None:
    if isinstance(value, dict):
        # The values of a reason are named by its code: of a code that is known none is added.
        for part in [part for name, part in value.items() if name != "args"]:
            _add_everywhere(part)
        value["added_by_a_newer_speaker"] = 1
    elif isinstance(value, list):
        for part in value:
            _add_everywhere(part)


def _changed(path: str, change: str) -> list[str]:
    before = committed()
    now = before | {path: copy.deepcopy(before[path])}
    properties = now[path]["properties"]
    if change == "field removed":
        properties.popitem()
    elif change == "field added":
        properties["hint"] = {"type": "string"}
    elif change == "field added that must be there":
        properties["hint"] = {"type": "string"}
        now[path].setdefault("required", []).append("hint")
    elif change == "type of a field changed":
        next(iter(properties.values()))["type"] = "boolean"
    elif change == "reworded":
        now[path]["description"] = "Other words."
    elif change == "not said any more":
        del now[path]
    return export.differences(before, now)


EVENT, COMMAND = "stations/events/stations.need.published.json", "stations/commands/RegisterNeed.json"
QUERY, ANSWER = "stations/queries/ReadNeed.json", "stations/answers/NeedAnswer.json"


@pytest.mark.parametrize(
    ("path", "change", "weight"),
    [
        (EVENT, "field removed", "BREAKS"),
        (EVENT, "field added", "adds"),
        (EVENT, "field added that must be there", "BREAKS"),
        (EVENT, "type of a field changed", "BREAKS"),
        (EVENT, "reworded", "words"),
        (EVENT, "not said any more", "BREAKS"),
        (COMMAND, "field added", "BREAKS"),
        (COMMAND, "field added that must be there", "BREAKS"),
        (COMMAND, "field removed", "BREAKS"),
        (QUERY, "field added", "BREAKS"),
        (QUERY, "field removed", "BREAKS"),
        (ANSWER, "field added", "adds"),
        (ANSWER, "field removed", "BREAKS"),
    ],
)
def test_a_change_is_told_with_whether_it_breaks_someone(path: str, change: str, weight: str):
    lines = _changed(path, change)
    assert lines, "the change was not seen"
    assert all(path in line for line in lines)
    heaviest = "BREAKS" if any(line.startswith("BREAKS") for line in lines) else lines[0].split()[0]
    assert heaviest == weight, lines


def test_check_says_what_differs_and_how_to_accept_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    monkeypatch.setattr(export, "FOLDER", tmp_path)
    assert export.main(["--check"]) == 1
    out, err = capsys.readouterr()
    assert "adds   stations/events/stations.need.published.json" in out
    assert "python -m shared.contracts.export" in err


def test_export_writes_what_check_then_accepts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    monkeypatch.setattr(export, "FOLDER", tmp_path)
    (tmp_path / "nobody" / "events").mkdir(parents=True)
    (tmp_path / "nobody" / "events" / "nobody.says.this.json").write_text("{}")
    assert export.main([]) == 0
    assert export.main(["--check"]) == 0
    assert not (tmp_path / "nobody" / "events" / "nobody.says.this.json").exists()
    capsys.readouterr()
