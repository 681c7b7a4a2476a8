"""The tools that docs/operations.md names exist: commands, options, settings, metrics, alerts, links."""

import re
from pathlib import Path
from typing import Any

import pytest
from monitoring_files import ROOT, rules
from typer.main import get_command

from deploy.lianshan.cli import app
from deploy.lianshan.cli.connections import CommandSettings
from deploy.lianshan.local.mongod import TRANSACTION_SECONDS
from services.charity.service import CharitySettings
from services.gateway.settings import GatewaySettings
from services.gateway.webhooks.settings import WebhookSettings
from services.stations.service import StationsSettings
from services.volunteering.service import VolunteeringSettings
from services.volunteering.worker.settings import WorkerSettings
from shared.runtime.secretfiles import variable

PAGE = ROOT / "docs" / "operations.md"
TEXT = PAGE.read_text("utf-8")
SERVICES = (StationsSettings, CharitySettings, VolunteeringSettings, GatewaySettings, WebhookSettings, WorkerSettings)
NEWCOMERS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md", "docs/operations.md")


def _commands() -> list[str]:
    found = re.findall(r"(?:^ *|[`\"])lianshan ([a-z][^`\"\n]*)", TEXT, re.MULTILINE)
    return sorted({line.strip() for line in found})


def test_there_are_commands_to_check() -> None:
    assert "status" in _commands()


def test_each_command_and_its_options_exist() -> None:
    commands: Any = get_command(app)
    for line in _commands():
        known = commands
        for word in line.split():
            if not hasattr(known, "commands"):
                break
            assert word in known.commands, f"there is no `lianshan {line}`"
            known = known.commands[word]
        options = {option for parameter in known.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", line)) <= options, f"`lianshan {line}` has no such option"


def test_the_ways_to_mend_a_dead_letter_exist() -> None:
    row = next(line for line in TEXT.splitlines() if line.startswith("| `lianshan dlq list`"))
    commands: Any = get_command(app)
    letters = commands.commands["dlq"].commands
    assert set(re.findall(r"`(?:lianshan dlq )?([a-z]+)`", row.split("|")[1])) == set(letters)


def test_every_setting_of_every_service_is_told_and_none_that_does_not_exist() -> None:
    all_of_them = {variable(name) for service in SERVICES for name in service.model_fields}
    commands = {variable(name) for name in CommandSettings.model_fields}
    told = set(re.findall(r"LIANSHAN_[A-Z_]*[A-Z]", TEXT))
    assert all_of_them - told == {"LIANSHAN_FAILPOINTS"}
    assert told - all_of_them - commands == {"LIANSHAN_VAR", "LIANSHAN_X", "LIANSHAN_X_FILE"}


def test_each_default_that_is_told_is_the_default() -> None:
    defaults = {variable(name): told.default for cls in SERVICES for name, told in cls.model_fields.items()}
    rows = re.findall(r"^\| (?:[a-z]+: )?((?:`LIANSHAN_[A-Z_]+`(?:, )?)+) \| ([^|]+) \|", TEXT, re.MULTILINE)
    for names, told in rows:
        variables = re.findall(r"LIANSHAN_[A-Z_]+", names)
        for name, value in zip(variables, told.replace("`", "").split(", "), strict=False):
            if re.fullmatch(r"[\d.]+(?: \(off\))?|true|info|[A-Z][a-z]+/[A-Z][a-z]+", value):
                assert str(defaults[name]).lower() == value.removesuffix(" (off)").lower(), name


def test_each_metric_and_alert_is_one_of_ours() -> None:
    code = "".join(file.read_text("utf-8") for part in ("shared", "services") for file in (ROOT / part).rglob("*.py"))
    metrics = set(re.findall(r"`(lianshan_[a-z_]+)`", TEXT))
    assert metrics
    assert {name for name in metrics if f'"{name.removesuffix("_total")}' not in code} == set()
    assert set(re.findall(r"`(Lianshan[A-Z]\w+)`", TEXT)) <= {rule["alert"] for rule in rules("alerts.yaml")}


def test_the_limit_of_a_transaction_is_the_same_in_all_that_is_deployed() -> None:
    """Of a killed process's locks: it may take half as long again, and work resumes within five seconds."""
    (told,) = re.findall(r"`transactionLifetimeLimitSeconds` is (\d+)", TEXT)
    assert int(told) * 1.5 < 5
    written = [ROOT / "deploy/compose/compose.yaml", ROOT / "deploy/kubernetes/base/servers/mongodb.yaml"]
    for file in written:
        assert re.findall(r"transactionLifetimeLimitSeconds(?:=|: )(\d+)", file.read_text()) == [told], file.name
    assert int(told) == TRANSACTION_SECONDS


@pytest.mark.parametrize("page", NEWCOMERS)
def test_each_relative_link_leads_somewhere(page: str) -> None:
    file: Path = ROOT / page
    links = re.findall(r"\]\((?!https?:)([^)#]+)", file.read_text("utf-8"))
    assert [link for link in links if not (file.parent / link).exists()] == []
