"""The `lianshan` command understands the prepare job's lines; the secrets have the users that it makes."""

from functools import cache

import click
import pytest
from kubernetes_rendered import OVERLAYS, Object, containers, pod, the
from typer.main import get_command

from deploy.lianshan.access.passwords import AMQP, MONGO
from deploy.lianshan.access.rights import list_users
from deploy.lianshan.cli import app
from deploy.lianshan.kubernetes import credentials


@cache
def _commands() -> click.Command:
    """Every command of `lianshan`, read once: it takes a tenth of a second."""
    return get_command(app)


def _understood(words: list[str]) -> click.Command:
    """The command that these words call; its options are checked by reading them."""
    command: click.Command = _commands()
    while isinstance(command, click.Group):
        command, words = command.commands[words[0]], words[1:]
    command.make_context(command.name, words)
    return command


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_prepare_job_makes_users_then_queues(overlay: str):
    job = the(overlay, "Job", "prepare")
    told = [container["command"] for container in containers(job)]
    assert [command[:3] for command in told] == [["lianshan", "access", "apply"], ["lianshan", "topology", "apply"]]
    for command in told:
        _understood(command[1:])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_job_finds_the_passwords_of_everyone_where_it_looks_for_them(overlay: str):
    job = the(overlay, "Job", "prepare")
    (volume,) = (v for v in pod(job)["volumes"] if "projected" in v)
    access = containers(job)[0]
    (mount,) = (m for m in access["volumeMounts"] if m["name"] == volume["name"])
    assert mount["mountPath"] == access["command"][access["command"].index("--secrets") + 1]
    files = {item["path"]: (s["secret"]["name"], item["key"]) for s, item in _items(volume)}
    assert files == {f"{user}.{kind}": (f"{user}-credentials", kind) for user in list_users() for kind in (AMQP, MONGO)}


def test_every_user_has_credentials_and_nobody_else():
    assert set(credentials.make_credentials()) == {f"{user}-credentials" for user in list_users()}


def _items(volume: Object) -> list[tuple[Object, Object]]:
    return [(source, item) for source in volume["projected"]["sources"] for item in source["secret"]["items"]]
