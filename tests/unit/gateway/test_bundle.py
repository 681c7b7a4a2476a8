"""The contracts of the platform stand in one folder, for those who integrate without a running platform."""

import json
from pathlib import Path

import pytest

from services.gateway.bundle import FolderInUseError, write_bundle
from shared.contracts.envelope import event_path
from shared.contracts.messages import EVENTS


def test_the_folder_has_both_descriptions_each_schema_and_an_example_of_each_event(tmp_path: Path) -> None:
    write_bundle(tmp_path / "contracts")
    folder = tmp_path / "contracts"
    assert json.loads((folder / "openapi.json").read_text())["openapi"] == "3.1.0"
    assert json.loads((folder / "asyncapi.json").read_text())["asyncapi"] == "3.0.0"
    for kind in EVENTS:
        event = json.loads((folder / "examples" / "events" / f"{kind}.json").read_text())
        assert event["dataschema"] == f"lianshan:/schemas/{event_path(kind)}"
        assert (folder / event["dataschema"].removeprefix("lianshan:/")).exists()
    assert json.loads((folder / "examples" / "requests" / "register_need.json").read_text())["lines"]


def test_a_folder_in_use_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(FolderInUseError, match="is not empty"):
        write_bundle(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
