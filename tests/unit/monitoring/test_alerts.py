"""Alerts fire when they should and are silent when they should be; each has a page that helps."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from monitoring_files import ALERT_CASES, ROOT, rules
from typer.main import get_command

from deploy.lianshan.cli import app

ALERTS = rules("alerts.yaml")
NAMES = [alert["alert"] for alert in ALERTS]
CASES = [case["name"] for case in yaml.load(ALERT_CASES.read_text("utf-8"), yaml.CSafeLoader)["tests"]]
PAGES = ROOT / "docs" / "runbook"


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_is_tested_firing_and_silent(name: str) -> None:
    assert f"{name} fires" in CASES
    assert any(case.startswith(f"{name} is silent ") for case in CASES)


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
def test_each_alert_says_what_it_means_and_which_page_helps(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["description"]
    page = (ROOT / alert["annotations"]["runbook_url"]).read_text("utf-8")
    assert f"`{alert['alert']}`" in page
    parts = ("## Meaning", "## Impact", "## Diagnosis", "## Repair", "## Escalation")
    places = [page.find(part) for part in parts]
    assert places == sorted(places)
    assert places[0] > 0


def test_each_page_belongs_to_an_alert_and_stands_in_the_list() -> None:
    named = {Path(alert["annotations"]["runbook_url"]).name for alert in ALERTS}
    pages = {page.name for page in PAGES.glob("*.md")} - {"README.md"}
    assert pages == named
    contents = (PAGES / "README.md").read_text("utf-8")
    assert [page for page in pages if f"]({page})" not in contents] == []
    assert [name for name in NAMES if f"`{name}`" not in contents] == []


def test_each_command_on_a_page_exists() -> None:
    commands: Any = get_command(app)
    for page in PAGES.glob("*.md"):
        for words in re.findall(r"(?:^ *|`)lianshan ([a-z -]+)", page.read_text("utf-8"), re.MULTILINE):
            known = commands
            for word in words.split()[:2]:
                if hasattr(known, "commands"):
                    assert word in known.commands, f"{page.name}: there is no `lianshan {words}`"
                    known = known.commands[word]


def test_each_link_on_a_page_leads_to_a_file() -> None:
    links = {page: re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")) for page in PAGES.glob("*.md")}
    assert [(page.name, to) for page, found in links.items() for to in found if not (page.parent / to).exists()] == []


def test_each_log_line_that_a_page_looks_for_is_one_that_is_written() -> None:
    code = "".join(file.read_text("utf-8") for part in ("shared", "services") for file in (ROOT / part).rglob("*.py"))
    wanted = {
        word
        for page in PAGES.glob("*.md")
        for words in re.findall(r"grep -hE? '?([a-z_|]+)'? var", page.read_text("utf-8"))
        for word in words.split("|")
    }
    assert len(wanted) > 5
    assert [word for word in wanted if f'"{word}"' not in code] == []
