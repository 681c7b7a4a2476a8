"""The engine as nameko's extensions: how a service is set up, served by a worker, watched and ended."""

from types import SimpleNamespace
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from shared.engine.run import nameko_extension as extension_module
from shared.engine.run.nameko_extension import BatchEntrypoint, Engine
from shared.runtime.errors import CannotStartError

SETTINGS = SimpleNamespace(
    failpoints="here=kill", movable_clock=True, amqp_uri="amqp://broker", mongo_uri="mongodb://store",
    health_host="127.0.0.1", health_port=8080,
)  # fmt: skip
FELL = RuntimeError("the box fell down")


class Servers:
    """All that an engine calls: `log` has the calls in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log: list[Any] = []
        self.health: Any = SimpleNamespace(stop=lambda: self.note("health stopped"))
        self.fault: str | None = "behind"
        companion = SimpleNamespace(name="views", fault=lambda: self.fault, run=self.run, stop=self.stop)
        processor = SimpleNamespace(tracer=None, process=lambda *_: "processed")
        self.loop: Any = SimpleNamespace(
            companions=[companion], processor=processor, clock=SimpleNamespace(city="city"), ready=True, resting=None,
            status="paused", run=self.run_loop, stop=lambda: self.note("loop stopped"),
        )  # fmt: skip
        self.store: Any = SimpleNamespace(
            command=self.note,
            client=SimpleNamespace(
                close=lambda: self.note("store closed"),
                __enter__=lambda: None,
                __exit__=lambda: None,
                topology_description=SimpleNamespace(server_descriptions=dict),
            ),
        )
        spec: Any = SimpleNamespace(
            name="charity", queues=["charity.events"], vault="vault", queries={}, censuses=["census"], schemas={}
        )
        self.threads: list[tuple[Any, str]] = []
        for name in ("check_clock", "prepare", "follow_sealing", "check_broker", "measure", "keep_loaded", "check_port",
                     "check_start"):  # fmt: skip
            monkeypatch.setattr(extension_module, name, self.noting(name))
        for name, fake in {
            "load": lambda _: SETTINGS,
            "open_store": lambda *given: self.note("open", *given) or self.store,
            "Loop": lambda *_: self.note("loop") or self.loop,
            "QueryRunner": lambda *given: SimpleNamespace(answer=given),
            "open_tracer": lambda *given: SimpleNamespace(of=given, stop=lambda: self.note("tracer stopped")),
            "serve_health": self.serve,
            "Sampler": lambda *given: self.note("sampler", *given) or SimpleNamespace(
                run="sampling", stop=lambda: self.note("sampler stopped")
            ),
        }.items():  # fmt: skip
            monkeypatch.setattr(extension_module, name, fake)
        monkeypatch.setattr(extension_module.failpoints, "arm", self.noting("arm"))
        self.engine = Engine(object, lambda _: spec)  # type: ignore[arg-type]
        self.container: Any = SimpleNamespace(
            service_name="charity", dependencies=[self.engine, "another"],
            spawn_managed_thread=lambda run, identifier: self.threads.append((run, identifier)),
        )  # fmt: skip
        self.engine.container = self.container

    def note(self, *call: Any) -> None:
        self.log.append(call if len(call) > 1 else call[0])

    def noting(self, name: str) -> Any:
        return lambda *given, **options: self.note(name, *given, *options.values())

    def serve(self, *given: Any) -> Any:
        self.served, self.checks, self.status = given[:2], *given[2:]
        return self.health

    def run(self) -> None:
        self.note("companion ran")

    def stop(self) -> None:
        self.note("companion stopped")

    def run_loop(self, process: Any) -> None:
        self.note("loop ran")
        self.process = process


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Servers:
    return Servers(monkeypatch)


def test_a_service_is_set_up_in_an_order_that_writes_nothing_before_it_may(servers: Servers):
    servers.engine.setup()
    names = [call if isinstance(call, str) else call[0] for call in servers.log]
    assert names == [
        "arm", "open", "check_clock", "prepare", "follow_sealing", "check_broker", "loop", "measure", "keep_loaded",
    ]  # fmt: skip
    assert ("arm", "here=kill") in servers.log
    assert ("open", SETTINGS, "charity") in servers.log
    assert ("check_clock", servers.store, True) in servers.log
    assert ("follow_sealing", servers.store, "vault") in servers.log
    assert ("check_broker", "amqp://broker", "charity", ["charity.events"]) in servers.log
    assert servers.loop.processor.tracer.of == (SETTINGS, "charity")
    assert ("measure", servers.store, servers.loop.clock) in servers.log


def test_a_store_that_fails_while_it_is_prepared_is_explained_to_the_operator(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise AutoReconnect("connection closed")

    for step in ("check_clock", "prepare", "follow_sealing", "measure"):
        with monkeypatch.context() as patched:
            patched.setattr(extension_module, step, lambda *_, **__: fail())
            with pytest.raises(CannotStartError, match="LIANSHAN_MONGO_URI: no MongoDB answers at mongodb://store"):
                servers.engine.setup()


def test_the_servers_and_the_port_are_checked_before_the_start(servers: Servers):
    servers.engine.check(SETTINGS)  # type: ignore[arg-type]
    assert servers.log == [
        ("check_port", "health_port", "127.0.0.1", 8080), ("check_start", SETTINGS, "charity", ["charity.events"])
    ]  # fmt: skip


def test_a_port_that_is_taken_is_told_before_a_server_is_asked(servers: Servers, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise CannotStartError("LIANSHAN_HEALTH_PORT: taken")

    monkeypatch.setattr(extension_module, "check_port", refuse)
    with pytest.raises(CannotStartError):
        servers.engine.check(SETTINGS)  # type: ignore[arg-type]
    assert servers.log == []


def test_readiness_asks_messages_store_and_companions(servers: Servers):
    servers.engine.setup()
    servers.engine.start()
    assert servers.served == (SETTINGS, "charity")
    assert list(servers.checks) == ["messages", "store", "views"]
    messages, store, views = servers.checks.values()
    assert (messages(), store(), views(), servers.status()) == (None, None, "behind", "paused")
    assert servers.log[-1] == "ping"
    servers.loop.resting = "resting until MongoDB does better"
    assert messages() == "resting until MongoDB does better"
    servers.loop.ready = False
    assert messages() == "not connected to RabbitMQ"


def test_a_sampler_runs_beside_a_service_that_may_be_asked_for_metrics(servers: Servers):
    servers.engine.setup()
    servers.engine.start()
    assert servers.threads == [("sampling", "charity sampler")]
    assert ("sampler", "charity", "amqp://broker", servers.store, servers.loop.clock, ["census"]) in servers.log
    servers.log.clear()
    servers.engine.stop()
    assert servers.log == ["health stopped", "sampler stopped", "tracer stopped", "store closed"]


def test_a_service_without_a_port_has_no_sampler(servers: Servers):
    servers.health = None
    servers.engine.setup()
    servers.engine.start()
    servers.log.clear()
    servers.engine.stop()
    assert (servers.threads, servers.log) == ([], ["tracer stopped", "store closed"])


def test_a_worker_has_store_settings_clock_and_the_answers_to_queries(servers: Servers):
    servers.engine.setup()
    handle = servers.engine.get_dependency(None)
    assert (handle.database, handle.settings, handle.clock) == (servers.store, SETTINGS, servers.loop.clock)
    assert handle.process((), ()) == "processed"
    assert handle.answer == ("charity", {}, servers.store, "city", "vault")


# ---- the entrypoint --------------------------------------------------------------------------------------------


def entrypoint(servers: Servers) -> Any:
    servers.engine.setup()
    made = BatchEntrypoint()
    made.container = servers.container
    made.setup()
    servers.log.clear()
    return made


@pytest.mark.parametrize("others", [[], ["twice"]])
def test_a_service_needs_exactly_one_engine(servers: Servers, others: list[str]):
    servers.container.dependencies = [servers.engine, servers.engine] if others else []
    with pytest.raises(RuntimeError, match="charity needs exactly one Engine to take messages"):
        entrypoint(servers)


def test_the_loop_and_its_companions_run_in_threads_of_their_own_and_are_waited_for(servers: Servers):
    made = entrypoint(servers)
    made.start()
    assert [name for _, name in servers.threads] == ["charity messages", "charity views"]
    for run, _ in servers.threads:
        run()
    made.stop()
    assert servers.log == ["loop ran", "companion ran", "loop stopped", "companion stopped"]
    assert [ended.ready() for ended in made._ended] == [True, True]


def test_a_loop_that_dies_is_not_waited_for(servers: Servers):
    made = entrypoint(servers)

    def die(_: Any) -> None:
        raise FELL

    servers.loop.run = die
    made.start()
    with pytest.raises(RuntimeError, match="fell down"):
        servers.threads[0][0]()
    assert made._ended[0].ready()


def test_a_batch_is_handled_by_a_worker_and_its_failure_is_the_loops(servers: Servers):
    made = entrypoint(servers)
    spawned, failure = [], [None, (RuntimeError, FELL, None)]

    def spawn(which: Any, args: Any, kwargs: Any, handle_result: Any) -> None:
        spawned.append((which, args, kwargs))
        error = failure.pop(0)
        assert handle_result("context", "done", error) == ("done", error), "nameko's own extensions see it as well"

    servers.container.spawn_worker = spawn
    made._process_in_worker(["delivery"], ["row"])
    assert spawned == [(made, (["delivery"], ["row"]), {})]
    with pytest.raises(RuntimeError, match="fell down"):
        made._process_in_worker(["delivery"], [])
