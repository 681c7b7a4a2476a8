"""The command without a stack: one clear line and a status, never a stack trace."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.lianshan.cli import app
from shared.runtime.version import VERSION


@pytest.fixture
def lianshan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    for name in ("AMQP_URI", "MONGO_URI", "GATEWAY_URL", "ADMIN_TOKEN"):
        monkeypatch.delenv(f"LIANSHAN_{name}", raising=False)
    monkeypatch.setenv("LIANSHAN_VAR", str(tmp_path / "var"))
    return CliRunner()


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["status", "--json"],
        ["dlq", "list"],
        ["dlq", "retry", "--all"],
        ["subscribe"],
        ["topology"],
        ["trace", "need_1"],
    ],
)
def test_without_a_stack_every_command_says_how_to_start_one(lianshan: CliRunner, command: list[str]) -> None:
    result = lianshan.invoke(app, command)
    assert result.exit_code == 3
    assert result.output.count("\n") == 1
    assert "no stack is up in" in result.output
    assert "lianshan up" in result.output


def test_importing_without_a_stack_says_so_too(lianshan: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "areas.csv"
    file.write_text("code,name\n11,North\n")
    assert "no stack is up" in lianshan.invoke(app, ["areas", "import", str(file)]).output


def test_down_where_nothing_runs_is_no_error(lianshan: CliRunner) -> None:
    result = lianshan.invoke(app, ["down"])
    assert result.exit_code == 0
    assert "nothing runs" in result.output


@pytest.mark.parametrize(
    ("replicas", "rule"),
    [
        ("charity", "give a number from 1 to 8"),
        ("charity=0", "give a number from 1 to 8"),
        ("charity=99", "give a number from 1 to 8"),
        ("gateway=2", "can have replicas"),
        ("nobody=2", "one of stations, charity, volunteering"),
    ],
)
def test_replicas_that_cannot_be_are_refused_with_the_rule(lianshan: CliRunner, replicas: str, rule: str) -> None:
    result = lianshan.invoke(app, ["up", "--replicas", replicas])
    assert result.exit_code == 1
    assert rule in result.output


def test_naming_no_letters_is_not_taken_for_all(lianshan: CliRunner) -> None:
    result = lianshan.invoke(app, ["dlq", "drop"])
    assert result.exit_code == 1
    assert "--all" in result.output


def test_a_queue_of_no_service_is_refused(lianshan: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANSHAN_MONGO_URI", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100")
    result = lianshan.invoke(app, ["dlq", "list", "--queue", "nobody.events"])
    assert result.exit_code == 1
    assert "charity.events" in result.output


def test_a_broker_that_does_not_answer_is_one_line(lianshan: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANSHAN_AMQP_URI", "amqp://someone:hidden-word@127.0.0.1:1/")
    result = lianshan.invoke(app, ["topology", "diff"])
    assert result.exit_code == 1
    assert "no RabbitMQ at 127.0.0.1:1" in result.output
    assert result.output.count("\n") == 1
    assert "hidden-word" not in result.output


def test_scaling_where_no_stack_runs_here_tells_the_commands_for_containers(lianshan: CliRunner) -> None:
    result = lianshan.invoke(app, ["scale", "charity", "3"])
    assert result.exit_code == 0
    assert "--scale charity=3 charity" in result.output
    assert """patch scaledobject charity --type merge -p '{"spec":{"minReplicaCount":3}}'""" in result.output


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["nobody", "2"], "there is no service nobody"),
        (["gateway", "2"], "cannot be scaled on this machine"),
    ],
)
def test_what_cannot_be_scaled_is_refused_with_the_reason(lianshan: CliRunner, arguments: list[str], rule: str) -> None:
    result = lianshan.invoke(app, ["scale", *arguments])
    assert result.exit_code == 1
    assert rule in result.output


@pytest.mark.parametrize("service", ["projector", "webhooks", "notices", "jobs", "exports"])
def test_a_process_without_a_queue_of_its_own_is_scaled_by_hand(lianshan: CliRunner, service: str) -> None:
    told = lianshan.invoke(app, ["scale", service, "2"]).output
    assert f"--scale {service}=2 {service}" in told
    assert f"scale deployment {service} --replicas=2" in told


def test_the_gateway_is_scaled_on_containers(lianshan: CliRunner) -> None:
    assert "--scale gateway=2 gateway" in lianshan.invoke(app, ["scale", "gateway", "2", "--how"]).output


@pytest.mark.parametrize("key", ["x y", "", ".stations", "stations..need", "需求.#", "stations.need.#x"])
def test_a_binding_that_no_event_can_match_is_refused_before_it_is_listened_to(lianshan: CliRunner, key: str) -> None:
    result = lianshan.invoke(app, ["subscribe", "--binding", key])
    assert (result.exit_code, "--binding" in result.output) == (1, True)


@pytest.mark.parametrize("key", ["#", "stations.need.published.11.01.#", "*.need.*.#", "stations.#.110102009001"])
def test_a_binding_of_words_stars_and_hashes_is_listened_to(lianshan: CliRunner, key: str) -> None:
    assert "no stack is up" in lianshan.invoke(app, ["subscribe", "--binding", key]).output


def test_a_folder_is_no_backup_and_the_newest_in_it_is_named(lianshan: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "lianshan-20300101.backup").touch()
    result = lianshan.invoke(app, ["restore", str(tmp_path)])
    assert result.exit_code == 1
    assert f"{tmp_path} is a folder: name one backup, like {tmp_path}/lianshan-20300101.backup." in result.output


def test_the_command_knows_its_version(lianshan: CliRunner) -> None:
    assert lianshan.invoke(app, ["--version"]).output == f"lianshan {VERSION}\n"
