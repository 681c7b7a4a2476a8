"""Least privilege: the platform does its work with a user for each service, and no user can do another's."""

import json
import stat
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import amqp
import httpx
import pytest
import stacks
from amqp.exceptions import AccessRefused
from certificates import Authority
from failed_messages import dead
from gateway_stack import AREA, created, need, station, until, volunteer
from guarded import USERS, Guarded, locked_mongod
from pymongo.errors import OperationFailure
from stacks import Servers
from webhook_receiver import receiving

from shared.contracts.subscriptions import ARCHIVE_STREAM, COMMANDS_EXCHANGE, EVENTS_EXCHANGE
from shared.engine.amqp.broker import Outgoing, Publisher, close_quietly, connect

pytestmark = pytest.mark.integration
NOT_AUTHORIZED = 13


@pytest.fixture(scope="module")
def guarded(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Servers with TLS and passwords, and every user."""
    if servers.authority is None:
        pytest.skip("the servers that LIANSHAN_TEST_AMQP_URI names have no port for TLS known to the tests")
    folder = tmp_path_factory.mktemp("guarded")
    with (
        stacks.isolated(servers, furnished=True) as room,
        locked_mongod(folder / "mongod", servers.authority) as port,
    ):
        made = Guarded(room, folder, servers.authority, port, servers.amqps_port)
        made.make_exchanges()
        assert made.lianshan("access", "secrets", str(made.secrets)).returncode == 0
        done = made.lianshan("access", "apply", "--secrets", str(made.secrets))
        assert done.returncode == 0, done.stderr
        yield made


@pytest.fixture
def charity(guarded: Guarded) -> Iterator[amqp.Connection]:
    connection = connect(guarded.amqp_uri("charity"), "charity, curious")
    yield connection
    close_quietly(connection)


def changes(done: subprocess.CompletedProcess[str]) -> list[str]:
    found: list[str] = json.loads(done.stdout)["changes"]
    return found


def accepted(api: httpx.Client, need_id: str) -> list[dict[str, Any]]:
    items = api.get("/v1/dispatches", params={"need_id": need_id}).json()["items"]
    return [item for item in items if item["state"] == "accepted"]


def test_the_whole_main_job_runs_with_a_user_for_each_service_over_tls(guarded: Guarded) -> None:
    with guarded.everyone() as api, receiving() as receiver:
        assert api.post("/v1/webhooks", json={"name": "A platform", "url": receiver.url}).status_code == 201
        station_id = station(api)
        goods = [{"item": "hot_meal", "quantity": 5, "unit": "piece"}]
        created(api, "/v1/donations", {"station_id": station_id, "donor": "Lin Example", "goods": goods})
        created(api, "/v1/volunteers", volunteer(skills=["cooking"], standing_acceptance=True))
        now = datetime.now(UTC)
        slot = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
        lines = [{"kind": "goods", "item": "hot_meal", "quantity": 5, "unit": "piece"}]
        wanted = {"headcount": 1, "skills": ["cooking"], "languages": [], **slot}
        need_id = created(api, "/v1/needs", need(station_id, lines=lines, volunteers=wanted))
        until(lambda: api.get(f"/v1/needs/{need_id}").json().get("state") == "ready", "the need is ready")
        (dispatch,) = until(lambda: accepted(api, need_id), "the volunteer has accepted")
        for action in ("check-in", "check-out"):
            assert api.post(f"/v1/dispatches/{dispatch['id']}/{action}").status_code == 200
        until(lambda: api.get(f"/v1/needs/{need_id}").json().get("state") == "served", "the need is served")
        until(lambda: any(one.event["subject"] == need_id for one in receiver.posts()), "the webhook gets its events")
        _park_a_message_nobody_understands(guarded)
    for process in USERS:
        log = (guarded.folder / f"{process}.log").read_text()
        assert "ACCESS_REFUSED" not in log
        assert "not authorized" not in log


def _park_a_message_nobody_understands(guarded: Guarded) -> None:
    """Each service keeps it in its own store, and moves there the messages that release 0.2 has put aside."""
    connection = connect(guarded.amqp_uri("operator"), "operator")
    try:
        with guarded.store() as stores:
            for queue in ("stations.events", "charity.events", "volunteering.events", "gateway.events"):
                store = stores[f"{guarded.room.database_prefix}{queue.partition('.')[0]}"]
                given = [
                    Outgoing("", queue, b"?", {"message_id": "now"}),
                    Outgoing("", f"{queue}.dead", b"?", {"message_id": "0.2"}),
                ]
                assert not Publisher(connection).publish(given)
                until(
                    lambda store=store: {letter["id"] for letter in dead(store)} == {"now", "0.2"}, f"{queue} parks it"
                )  # type: ignore[misc]
    finally:
        close_quietly(connection)


def test_charity_publishes_its_own_events_and_nobody_elses(charity: amqp.Connection) -> None:
    own = Outgoing(EVENTS_EXCHANGE, f"charity.link.linked.{'.'.join(AREA)}", b"{}", {"message_id": "own"})
    assert Publisher(charity).publish([own]) == set()
    for exchange, key in (
        (EVENTS_EXCHANGE, "stations.need.published.11"),
        (COMMANDS_EXCHANGE, "volunteering"),
        ("", "volunteering.events"),
        ("volunteering.letters", "volunteering.events"),
        ("nameko-rpc", "volunteering.volunteer"),
    ):
        with pytest.raises(AccessRefused):
            Publisher(charity).publish([Outgoing(exchange, key, b"{}", {"message_id": "other"})])


def test_charity_neither_reads_nor_binds_nor_removes_what_is_anothers(charity: amqp.Connection) -> None:
    for forbidden in (
        lambda channel: channel.basic_get("volunteering.events"),
        lambda channel: channel.basic_consume("volunteering.commands"),
        lambda channel: channel.queue_purge("volunteering.events"),
        lambda channel: channel.queue_delete("volunteering.events"),
        lambda channel: channel.queue_declare("charity.more"),
        lambda channel: channel.queue_bind("charity.events", EVENTS_EXCHANGE, "#"),
        lambda channel: channel.queue_declare("charity.events", durable=True, arguments={"x-max-length": 1}),
        lambda channel: channel.exchange_delete(EVENTS_EXCHANGE),
    ):
        with pytest.raises(AccessRefused):
            forbidden(charity.channel())


def test_charity_reads_its_own_database_and_no_other(guarded: Guarded) -> None:
    prefix = guarded.room.database_prefix
    with guarded.store("charity") as client:
        client[f"{prefix}charity"]["inbox"].find_one()
        for forbidden in ("volunteering", "stations", "gateway"):
            with pytest.raises(OperationFailure) as refused:
                client[f"{prefix}{forbidden}"]["volunteers"].find_one()
            assert refused.value.code == NOT_AUTHORIZED


def test_the_webhook_worker_reads_the_feed_and_no_view_and_makes_neither_keys_nor_webhooks(guarded: Guarded) -> None:
    prefix = guarded.room.database_prefix
    with guarded.store("webhooks") as client:
        database = client[f"{prefix}gateway"]
        database["feed"].find_one()
        forbidden: list[Callable[[], object]] = [
            database["needs@1"].find_one,
            database["audit"].find_one,
            lambda: database["audit"].delete_one({}),
            lambda: database["webhooks"].insert_one({}),
            lambda: database["webhooks"].delete_one({}),
            lambda: database["keys"].insert_one({}),
            lambda: database["keys"].update_one({}, {"$set": {"roles": []}}),
            lambda: database["feed"].delete_one({}),
            client[f"{prefix}stations"]["needs"].find_one,
        ]
        for step in forbidden:
            with pytest.raises(OperationFailure) as refused:
                step()
            assert refused.value.code == NOT_AUTHORIZED


def test_an_observer_hears_every_event_and_changes_nothing(guarded: Guarded) -> None:
    connection = connect(guarded.amqp_uri("observer"), "observer")
    try:
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).queue
        channel.queue_bind(queue, EVENTS_EXCHANGE, "stations.need.#")
        with pytest.raises(AccessRefused):
            Publisher(connection).publish([Outgoing(EVENTS_EXCHANGE, "stations.need.published", b"{}")])
        for other in ("stations.events", ARCHIVE_STREAM):
            with pytest.raises(AccessRefused):
                connection.channel().basic_get(other)
    finally:
        close_quietly(connection)
    with guarded.store("observer") as client, pytest.raises(OperationFailure):
        client[f"{guarded.room.database_prefix}charity"]["donors"].find_one()


def test_applying_again_changes_nothing_and_a_new_password_is_the_only_change(guarded: Guarded) -> None:
    arguments = ("--secrets", str(guarded.secrets), "--json")
    assert changes(guarded.lianshan("access", "plan", *arguments)) == []
    path = guarded.secrets / "observer.amqp_password"
    path.write_text("another-password")
    planned = guarded.lianshan("access", "plan", *arguments)
    assert planned.returncode == 1
    assert changes(planned) == [f"RabbitMQ user {guarded.room.database_prefix}observer"]
    assert changes(guarded.lianshan("access", "apply", *arguments)) == changes(planned)
    close_quietly(connect(guarded.amqp_uri("observer"), "observer with another password"))
    assert guarded.lianshan("access", "plan", *arguments).returncode == 0


def test_passwords_are_their_owners_alone_and_never_overwritten(guarded: Guarded) -> None:
    before = {path.name: path.read_text() for path in guarded.secrets.iterdir()}
    assert {f"{user}.{kind}_password" for user in USERS.values() for kind in ("amqp", "mongo")} <= before.keys()
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in guarded.secrets.iterdir())
    assert guarded.lianshan("access", "secrets", str(guarded.secrets)).returncode == 0
    assert {path.name: path.read_text() for path in guarded.secrets.iterdir()} == before


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"LIANSHAN_AMQP_URI": "amqp://nobody:wrong-word@localhost/"},
            "LIANSHAN_AMQP_URI: nobody may not change users",
        ),
        ({"LIANSHAN_MANAGEMENT_URL": "http://127.0.0.1:1"}, "LIANSHAN_MANAGEMENT_URL: http://127.0.0.1:1 does not"),
        ({"LIANSHAN_MONGO_URI": "charity"}, "LIANSHAN_MONGO_URI: MongoDB does not let this user change users"),
        ({"LIANSHAN_SECRETS": "elsewhere"}, "is missing: make it with `lianshan access secrets"),
    ],
)
def test_what_hinders_access_apply_is_told_in_one_line(guarded: Guarded, changed: dict[str, str], words: str) -> None:
    secrets = changed.pop("LIANSHAN_SECRETS", str(guarded.secrets))
    if changed.get("LIANSHAN_MONGO_URI"):
        changed = {"LIANSHAN_MONGO_URI": guarded.mongo_uri("charity")}
    done = guarded.lianshan("access", "apply", "--secrets", secrets, **changed)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert words in line
    assert "wrong-word" not in line


def ended(guarded: Guarded, process: str, **changes: str) -> str:
    """Started to fail; gives its last words."""
    guarded.start(process, **changes)
    assert guarded.processes.pop(process).wait(60) == 1
    words = (guarded.folder / f"{process}.log").read_text()
    assert "Traceback" not in words
    assert '"consuming"' not in words
    return words.splitlines()[-1]


@pytest.mark.faults
def test_a_server_vouched_for_by_another_authority_is_refused_in_one_line(guarded: Guarded, tmp_path: Path) -> None:
    other = str(Authority.found(tmp_path, "Another authority").file)
    line = ended(guarded, "stations", LIANSHAN_TLS_CA_FILE=other)
    assert line.startswith("LIANSHAN_MONGO_URI: the certificate of MongoDB")
    assert "check LIANSHAN_TLS_CA_FILE" in line
    trusted = f"{guarded.environment('stations')['LIANSHAN_MONGO_URI']}&tlsCAFile={guarded.authority.file}"
    line = ended(guarded, "stations", LIANSHAN_MONGO_URI=trusted, LIANSHAN_TLS_CA_FILE=other)
    assert line.startswith("LIANSHAN_AMQP_URI: no RabbitMQ at localhost")
    assert "check LIANSHAN_TLS_CA_FILE" in line


def test_a_service_with_anothers_user_ends_its_start_in_one_line(guarded: Guarded) -> None:
    others = guarded.environment("charity")
    for server in ("AMQP", "MONGO"):
        names = (f"LIANSHAN_{server}_URI", f"LIANSHAN_{server}_PASSWORD_FILE")
        line = ended(guarded, "stations", **{name: others[name] for name in names})
        assert line.startswith(f"LIANSHAN_{server}_URI: this user may not ")


def test_the_api_speaks_tls_only(guarded: Guarded) -> None:
    url = guarded.start("gateway")
    try:
        guarded.wait_ready("gateway", url)
        with pytest.raises(httpx.TransportError):
            httpx.get(url.replace("https://", "http://"), timeout=5)
    finally:
        process = guarded.processes.pop("gateway")
        process.terminate()
        process.wait(30)
