"""The owner applies the table in its decision: in one place, so that no handler can forget it."""

from typing import Any, ClassVar

import pytest
from structlog.testing import capture_logs

from shared.contracts.access import Actor
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import Command, Scope, command
from shared.contracts.refusals import Refused
from shared.engine import TURN, Entity, Get, Handlers, Handling, Incoming
from shared.engine.decide.batch import Outcome
from shared.engine.decide.memory import MemoryEngine
from shared.engine.decide.unit_of_work import IdentityMap, NotLoadedError
from shared.engine.observe.measuring import count_committed
from shared.runtime.metrics import EngineMetrics

HERE, ELSEWHERE = "110102009", "110105001"


class Shed(Entity):
    collection: ClassVar[str] = "sheds"
    area: str
    painted: bool = False


class Build(Command):
    to: ClassVar[str] = "sheds"
    type: ClassVar[str] = "Build"
    permission: ClassVar[Permission] = "stations:manage"
    scope: ClassVar[Scope] = Scope(named=("area",))
    area: str


class Paint(Command):
    to: ClassVar[str] = "sheds"
    type: ClassVar[str] = "Paint"
    permission: ClassVar[Permission] = "stations:manage"
    scope: ClassVar[Scope] = Scope(found=("shed_id",))
    shed_id: str
    careless: bool = False
    unbounded: bool = False


def build(message: Incoming[Build]) -> Handling:
    work = yield TURN
    return work.put(Shed(id=f"shed_{message.data.area}", area=message.data.area)).id


def paint(message: Incoming[Paint]) -> Handling:
    shed_id, area = message.data.shed_id, message.actor.area
    yield [Get(Shed, shed_id) if message.data.unbounded else Get(Shed, shed_id, area)]
    work = yield TURN
    find = work.require if message.data.careless else work.reach
    return work.put(find(Shed, message.data.shed_id, "shed_id").model_copy(update={"painted": True})).id


def actor(role: str = "supervisor", area: str = HERE) -> Actor:
    return Actor(kind="key", id="key_1", roles=(role,), area=area)


@pytest.fixture
def sheds() -> MemoryEngine:
    engine = MemoryEngine(Handlers("sheds", {Build: build, Paint: paint}))
    engine.command(Build(area=HERE))
    engine.command(Build(area=ELSEWHERE))
    return engine


def refused(engine: MemoryEngine, data: Command, by: Actor) -> dict[str, Any]:
    before = dict(engine.entities)
    with pytest.raises(Refused) as caught:
        engine.command(data, actor=by)
    assert engine.entities == before
    return dict(caught.value.to_json())


def test_an_actor_acts_within_its_area(sheds: MemoryEngine) -> None:
    sheds.command(Paint(shed_id=f"shed_{HERE}"), actor=actor())
    assert sheds.one(Shed, f"shed_{HERE}").painted


def test_a_lacking_permission_is_refused_by_its_name(sheds: MemoryEngine) -> None:
    refusal = refused(sheds, Build(area=HERE), actor("reader"))
    assert (refusal["code"], refusal["rule"]) == ("not_allowed", "permission_missing")
    roles = "platform,supervisor,administrator"
    assert refusal["args"] == {"permission": "stations:manage", "roles": roles, "held": "read"}


def test_an_area_named_outside_the_actors_own_is_refused_by_its_name(sheds: MemoryEngine) -> None:
    refusal = refused(sheds, Build(area=ELSEWHERE), actor())
    assert (refusal["code"], refusal["rule"]) == ("not_allowed", "area_elsewhere")
    assert refusal["args"] == {"area": ELSEWHERE, "own_area": HERE}


def test_a_thing_outside_the_area_is_refused_word_for_word_like_an_unknown_one(sheds: MemoryEngine) -> None:
    outside = refused(sheds, Paint(shed_id=f"shed_{ELSEWHERE}"), actor())
    unknown = refused(sheds, Paint(shed_id="shed_000000000"), actor())
    assert outside["code"] == "not_found"
    assert str(outside).replace(ELSEWHERE, "000000000") == str(unknown)


def test_a_handler_that_forgets_the_area_fails_and_changes_nothing(sheds: MemoryEngine) -> None:
    with pytest.raises(RuntimeError, match="does not check that its actor reaches"):
        sheds.command(Paint(shed_id=f"shed_{HERE}", careless=True), actor=actor())
    assert not sheds.one(Shed, f"shed_{HERE}").painted


def test_a_handler_that_loads_a_thing_without_the_area_fails(sheds: MemoryEngine) -> None:
    for area in (HERE, ""):
        with pytest.raises(NotLoadedError, match="within the area of the actor"):
            sheds.command(Paint(shed_id=f"shed_{HERE}", unbounded=True), actor=actor(area=area))


def test_a_thing_elsewhere_is_not_even_read(sheds: MemoryEngine) -> None:
    read = IdentityMap()
    wanted = [Get(Shed, f"shed_{HERE}", HERE), Get(Shed, f"shed_{ELSEWHERE}", HERE), Get(Shed, "shed_none", HERE)]
    sheds.fetch(read, wanted)
    assert list(read.entities) == [(Shed, f"shed_{HERE}")]


@pytest.mark.parametrize("first", ["insider", "outsider"])
def test_a_batch_of_actors_with_several_areas_refuses_only_those_who_do_not_reach(
    sheds: MemoryEngine, first: str
) -> None:
    by = {"insider": actor(area=ELSEWHERE), "everywhere": actor(area=""), "outsider": actor()}
    batch = [
        sheds.incoming("command", Paint(shed_id=f"shed_{ELSEWHERE}"), "Paint", f"paint-{name}", actor=by[name])
        for name in sorted(by, key=lambda name: name != first)
    ]
    outcomes = {o.message.key: o for o in sheds.batch(batch)}
    assert all(o.failure is None for o in outcomes.values())
    assert {key for key, o in outcomes.items() if o.refusal is not None} == {"paint-outsider"}


def test_a_command_that_declares_no_permission_or_scope_is_no_command() -> None:
    class Burn(Command):
        to: ClassVar[str] = "sheds"
        type: ClassVar[str] = "Burn"

    with pytest.raises(TypeError, match="declares no permission"):
        command(Burn)


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (Refused("not_allowed", "permission_missing", permission="stations:manage"), "lacks_permission"),
        (Refused("not_allowed", "area_elsewhere", field="area", area=ELSEWHERE), "outside_area"),
        (Refused("not_allowed", "own_act"), "own_act"),
    ],
)
def test_an_attempt_beyond_the_permissions_is_in_the_log_with_its_reason(
    sheds: MemoryEngine, refusal: Refused, reason: str
) -> None:
    tried = sheds.incoming("command", Build(area=HERE), Build.type, "m1", actor=actor())
    with capture_logs() as lines:
        count_committed(EngineMetrics("sheds"), [tried], {"m1": Outcome(tried, refusal=refusal)}, sheds.now)
    assert lines == [
        {"event": "access_refused", "log_level": "warning", "actor": "key_1", "type": "Build",
         "permission": "stations:manage", "reason": reason},
    ]  # fmt: skip
