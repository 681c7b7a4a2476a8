"""The users' rights, their comparison with the existing ones, and the passwords' files."""

import re
import stat
from pathlib import Path

import pytest

from deploy.lianshan.access.broker import HASHING, Definitions, describe, find_differences, hash_password
from deploy.lianshan.access.passwords import AMQP, PasswordFileError, make_passwords, read_password
from deploy.lianshan.access.rights import Rights, list_rights
from shared.contracts.subscriptions import ARCHIVE_STREAM, COMMANDED, EVENTS_EXCHANGE
from shared.engine.amqp.former_topology import EXCHANGES_BESIDE_FORMER, plan_beside_former

BY_USER = {one.user: one for one in list_rights()}
SERVICES = (*COMMANDED, "gateway", "projector")
STANDING = [*(queue.name for queue in plan_beside_former()), *EXCHANGES_BESIDE_FORMER, "amq.default"]


def standing(wanted: list[Rights]) -> Definitions:
    """A broker on which they have been applied, as it exports itself."""
    added = find_differences(wanted, str, "city", lambda user: f"{user}'s", {})
    return {**added, "users": [{**user, "tags": user["tags"].split(",")} for user in added["users"]]}


@pytest.mark.parametrize("user", [*SERVICES, "observer"])
def test_nobody_but_the_operator_declares_or_removes_the_platforms_queues_or_uses_the_default_exchange(
    user: str,
) -> None:
    one = BY_USER[user]
    assert not [name for name in STANDING if re.search(one.configure, name)]
    assert not re.search(one.write, "amq.default")


@pytest.mark.parametrize("user", COMMANDED)
def test_a_service_reads_its_own_queues_and_the_log_only(user: str) -> None:
    readable = {queue.name for queue in plan_beside_former() if re.search(BY_USER[user].read, queue.name)}
    own = {f"{user}.events", f"{user}.commands"}
    assert readable == own | {f"{queue}.dead" for queue in own} | {ARCHIVE_STREAM}


def test_an_observer_reads_the_exchange_of_public_events_and_not_the_log_with_the_private_ones() -> None:
    readable = {name for name in STANDING if re.search(BY_USER["observer"].read, name)}
    assert readable == {EVENTS_EXCHANGE}


def test_only_the_gateway_sends_commands() -> None:
    assert [user for user in SERVICES if re.search(BY_USER[user].write, "lianshan.commands")] == ["gateway"]


@pytest.mark.parametrize("user", COMMANDED)
@pytest.mark.parametrize("other", [*COMMANDED, "gateway", "chari"])
def test_a_service_publishes_keys_of_its_own_name_only(user: str, other: str) -> None:
    write = BY_USER[user].topics["lianshan.events"].write
    assert bool(re.search(write, f"{other}.need.published.11.01")) == (user == other)
    assert not re.search(write, f"x.{user}.need")


def test_each_service_writes_to_one_database_and_an_observer_reads_none() -> None:
    journal = {"stations": ["erasures"]}
    assert {user: list(BY_USER[user].databases) for user in COMMANDED} == {
        user: [user, *journal.get(user, [])] for user in COMMANDED
    }
    assert BY_USER["observer"].databases == {}


def test_what_stands_as_wanted_is_left_alone() -> None:
    wanted = list_rights()
    assert find_differences(wanted, str, "city", lambda user: f"{user}'s", standing(wanted)) == {}


def test_only_what_differs_is_corrected() -> None:
    wanted = list_rights()
    seen = standing(wanted)
    seen["permissions"][0]["write"] = ".*"
    changed = find_differences(wanted, str, "city", lambda user: "new" if user == "charity" else f"{user}'s", seen)
    assert describe(changed) == ["RabbitMQ user charity", f"RabbitMQ permissions of {seen['permissions'][0]['user']}"]
    assert "new" not in str(changed)


def test_a_password_is_hashed_as_rabbitmq_documents_it() -> None:
    # The worked example of https://www.rabbitmq.com/docs/passwords.
    assert hash_password("test12", bytes.fromhex("908DC60A")) == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"
    assert HASHING == "rabbit_password_hashing_sha256"


def test_passwords_are_made_once_strong_and_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    made = make_passwords(folder, ["charity", "gateway"])
    assert len(made) == 4
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in made)
    words = {read_password(folder, user, AMQP) for user in ("charity", "gateway")}
    assert len(words) == 2
    assert all(len(word) >= 40 for word in words)
    assert make_passwords(folder, ["charity", "gateway"]) == []
    assert {path.name for path in folder.iterdir()} == {path.name for path in made}


@pytest.mark.parametrize(
    ("content", "words"), [(None, "is missing"), ("", "holds no password"), ("a\nb", "no password")]
)
def test_a_file_without_a_password_is_named(tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "charity.amqp_password"
    if content is not None:
        path.write_text(content)
    with pytest.raises(PasswordFileError, match=f"{re.escape(str(path))} .*{words}"):
        read_password(tmp_path, "charity", AMQP)


def test_the_queues_of_agencies_are_bounded_by_a_policy():
    wanted = list_rights()
    missing = find_differences(wanted, str, "city", str, {})
    assert "RabbitMQ policy lianshan-observers" in describe(missing)
    (policy,) = missing["policies"]
    assert policy["definition"] == {"max-length-bytes": 1024**3, "overflow": "drop-head"}
    pattern = re.compile(str(policy["pattern"]))
    assert pattern.match("observer.city-hall")
    assert not any(pattern.match(name) for name in STANDING)
