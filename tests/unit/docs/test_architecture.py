"""The page on the architecture names the capabilities that there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ROW = re.compile(r"^\| (stations|charity|volunteering|gateway) \| (.*) \|$", re.MULTILINE)
PROCESSES = {"worker"}
"""Folders of a service that are no capability."""


@pytest.mark.parametrize("service", ["stations", "charity", "volunteering", "gateway"])
def test_one_row_names_each_capability_of_a_service(service: str) -> None:
    (row,) = [
        names for of, names in ROW.findall((ROOT / "docs" / "architecture.md").read_text("utf-8")) if of == service
    ]
    named = re.findall(r"`([a-z_]+)`", row)
    folder = ROOT / "services" / service / ("features" if service == "gateway" else "")
    rooms = {one.parent.name for one in folder.glob("*/__init__.py")} - PROCESSES
    plain = {one.stem for one in folder.glob("[a-z]*.py")} if service == "gateway" else set()
    assert sorted(named) == sorted(rooms | plain)
