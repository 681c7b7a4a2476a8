"""A service is declared once: capabilities fit together and handlers have their dependencies, or it does not start."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, Field, ValidationError
from pymongo import ASCENDING, DESCENDING, IndexModel

from shared.contracts import Command, EventData, Timer
from shared.contracts.access.permissions import Permission
from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.messages import Scope
from shared.engine import TURN, Capability, Census, Handling, Incoming, Policy, Schema, Step
from shared.engine.decide.handlers import bind
from shared.engine.decide.memory import MemoryEngine
from shared.engine.run.service import Declaration
from shared.engine.store.replicas import Share
from shared.runtime.settings import ServiceSettings


class Fill(Command):
    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "Fill"
    permission: ClassVar[Permission] = "areas:import"
    scope: ClassVar[Scope] = Scope()


class Empty(Command):
    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "Empty"
    permission: ClassVar[Permission] = "areas:import"
    scope: ClassVar[Scope] = Scope()


class FillDue(Timer):
    type: ClassVar[str] = "stations.fill_due"


class BoxPolicy(Policy):
    limit: int = Field(default=3, ge=1)
    patience: timedelta = timedelta(minutes=5)


class LidPolicy(Policy):
    colour: str = "red"


class Settings(ServiceSettings, BoxPolicy, LidPolicy):
    """As a service's settings inherit the policies of its capabilities."""


def settings(**changes: Any) -> Settings:
    return Settings(amqp_uri="amqp://nowhere/", mongo_uri="mongodb://nowhere/", data_key=bytes(32), **changes)


def fill(_: Incoming[Fill], policy: BoxPolicy, vault: str, lids_policy: LidPolicy) -> Handling:
    yield TURN
    return policy.limit, vault, lids_policy.colour


def empty(_: Incoming[Empty], policy: LidPolicy, boxes_policy: BoxPolicy) -> Handling:
    yield TURN
    return policy.colour, boxes_policy.limit


def ignore(_: Incoming[Any]) -> Handling:
    yield TURN


BOXES = Capability("boxes", {Fill: fill}, policy=BoxPolicy)
LIDS = Capability("lids", {Empty: empty}, policy=LidPolicy)


def declared(*capabilities: Capability, **common: Any) -> Declaration:
    return Declaration("stations", capabilities, **common)


class TestDependencies:
    def test_a_handler_gets_its_own_policy_anothers_and_the_services_dependencies(self):
        engine = MemoryEngine(declared(BOXES, LIDS).handlers(vault="sealed"))
        assert engine.command(Fill()) == (3, "sealed", "red")
        assert engine.command(Empty()) == ("red", 3)

    def test_a_policy_that_is_given_replaces_the_defaults_everywhere(self):
        engine = MemoryEngine(declared(BOXES, LIDS).handlers(BoxPolicy(limit=7), vault=""))
        assert (engine.command(Fill())[0], engine.command(Empty())[1]) == (7, 7)

    def test_the_settings_hold_the_policies(self):
        spec = declared(BOXES, LIDS).spec(settings(limit=9, colour="blue"), vault="")
        assert MemoryEngine(spec.handlers).command(Fill()) == (9, "", "blue")

    def test_a_setting_is_held_to_the_bounds_of_its_policy(self):
        with pytest.raises(ValidationError, match="limit"):
            settings(limit=0)

    def test_settings_that_do_not_inherit_a_policy_do_not_start(self):
        class Bare(BaseModel):
            limit: int = 3
            patience: timedelta = timedelta(0)

        with pytest.raises(AttributeError, match="colour"):
            declared(BOXES, LIDS).spec(Bare(), vault="")

    def test_a_dependency_that_nobody_gives_stops_the_start(self):
        with pytest.raises(TypeError, match=r"test_engine_declaration\.fill needs vault, which"):
            declared(BOXES, LIDS).handlers()

    def test_the_policy_of_a_capability_without_one_stops_the_start(self):
        with pytest.raises(TypeError, match="fill needs policy, vault"):
            declared(Capability("boxes", {Fill: fill}), LIDS).handlers()

    def test_a_policy_of_no_capability_is_refused(self):
        with pytest.raises(TypeError, match="no capability of stations has the policy LidPolicy"):
            declared(BOXES).handlers(LidPolicy(), vault="")

    def test_the_handler_for_any_event_gets_its_own_policy_too(self):
        seen: list[object] = []

        def note(message: Incoming[Any], policy: BoxPolicy) -> Handling:
            yield TURN
            seen.append((message.type, policy.limit))

        handlers = declared(Capability("boxes", any_event=note, policy=BoxPolicy)).handlers(BoxPolicy(limit=5))
        assert handlers.event_types == ["#"]
        engine = MemoryEngine(handlers)
        engine.batch([Incoming("event", "k", "k", "weather.storm.seen", None, datetime.now(UTC), "c", "")])
        assert seen == [("weather.storm.seen", 5)]

    def test_the_share_of_the_replicas_is_a_dependency_and_the_engines(self):
        def search(_: Incoming[Fill], share: Share) -> Handling:
            yield TURN
            return share.part

        share = Share(1, 4)
        spec = declared(Capability("boxes", {Fill: search})).spec(settings(), share=share)
        assert spec.share is share
        assert MemoryEngine(spec.handlers).command(Fill()) == (1, 4)


class TestBinding:
    def test_a_handler_without_dependencies_is_itself(self):
        assert bind(ignore, {"vault": 1}) is ignore

    def test_a_default_does_not_hide_a_misspelt_name(self):
        def handle(_: Incoming[Any], volt: str = "") -> Handling:
            yield TURN

        with pytest.raises(TypeError, match="needs volt"):
            bind(handle, {"vault": "sealed"})

    def test_a_handler_that_takes_no_message_is_refused(self):
        def handle() -> Handling:
            yield TURN

        with pytest.raises(TypeError, match="takes no message"):
            bind(handle, {})

    def test_parameters_that_have_no_name_of_their_own_are_refused(self):
        def several(_: Incoming[Any], *args: Any) -> Handling:
            yield TURN

        def named(_: Incoming[Any], **vault: Any) -> Handling:
            yield TURN

        def positional(_: Incoming[Any], vault: Any, /) -> Handling:
            yield TURN

        for handler in (several, named, positional):
            with pytest.raises(TypeError, match="cannot be bound by name"):
                bind(handler, {"vault": "", "args": ""})

    def test_a_keyword_only_dependency_is_bound(self):
        def handle(_: Incoming[Any], *, vault: str) -> Handling:
            yield TURN
            return vault

        handlers = declared(Capability("boxes", {Fill: handle})).handlers(vault="sealed")
        assert MemoryEngine(handlers).command(Fill()) == "sealed"


class TestContradictions:
    def test_two_capabilities_that_handle_the_same_message(self):
        with pytest.raises(ValueError, match="stations has two handlers for Fill"):
            declared(Capability("boxes", {Fill: ignore}), Capability("lids", {Fill: ignore}))

    def test_two_capabilities_of_one_name(self):
        with pytest.raises(ValueError, match="two capabilities of one name among boxes, boxes"):
            declared(Capability("boxes"), Capability("boxes"))

    def test_two_handlers_for_any_event(self):
        with pytest.raises(ValueError, match="two handlers for any event"):
            declared(Capability("boxes", any_event=ignore), Capability("lids", any_event=ignore))

    def test_two_indexes_of_one_name(self):
        rising = {"boxes": [IndexModel([("at", ASCENDING)], name="at")]}
        falling = {"boxes": [IndexModel([("at", DESCENDING)], name="at")]}
        with pytest.raises(ValueError, match=r"declares the index boxes\.at twice, in two ways"):
            declared(Capability("boxes", indexes=rising), Capability("lids", indexes=falling))
        with pytest.raises(ValueError, match=r"boxes\.at"):
            declared(Capability("boxes", indexes=rising), common_indexes=falling)

    def test_two_stored_forms_of_one_collection(self):
        one, two = Schema((Step("one"),)), Schema((Step("two"),))
        with pytest.raises(ValueError, match="two stored forms of boxes"):
            declared(Capability("boxes", schemas={"boxes": one}), Capability("lids", schemas={"boxes": two}))

    def test_two_rules_for_one_setting(self):
        class OtherPolicy(Policy):
            limit: int = Field(default=30, ge=1)

        with pytest.raises(ValueError, match="BoxPolicy and OtherPolicy declare the setting limit in two ways"):
            declared(BOXES, Capability("lids", policy=OtherPolicy))

    def test_a_rule_that_two_policies_inherit_is_one_rule(self):
        class Common(Policy):
            recheck: timedelta = timedelta(minutes=5)

        class One(Common):
            first: int = 1

        class Two(Common):
            second: int = 2

        handlers = declared(Capability("one", policy=One), Capability("two", policy=Two)).handlers(One(first=3))
        assert handlers.service == "stations"

    def test_an_event_that_the_queue_is_not_bound_to(self):
        class StormSeen(EventData):
            type: ClassVar[str] = "weather.storm.seen"

        declaration = declared(Capability("boxes", {StormSeen: ignore}))
        with pytest.raises(ValueError, match=r"stations handles weather\.storm\.seen"):
            declaration.spec(settings())
        with pytest.raises(ValueError, match=r"kiosks handles weather\.storm\.seen"):
            Declaration("kiosks", [Capability("boxes", {StormSeen: ignore})]).spec(settings())


class TestCollections:
    AT = IndexModel([("at", ASCENDING)], name="at")
    AREA = IndexModel([("area", ASCENDING)])

    def test_the_indexes_of_a_collection_are_those_of_all_who_name_it_each_once_in_order(self):
        declaration = declared(
            Capability("boxes", indexes={"boxes": [self.AT], "empty": []}),
            Capability("lids", indexes={"boxes": [IndexModel([("at", ASCENDING)], name="at"), self.AREA]}),
            common_indexes={"audit": [self.AT]},
        )
        names = {c: [i.document["name"] for i in indexes] for c, indexes in declaration.indexes.items()}
        assert names == {"audit": ["at"], "boxes": ["at", "area_1"], "empty": []}

    def test_the_merged_lists_are_its_own(self):
        given = {"boxes": [self.AT]}
        declaration = declared(Capability("boxes", indexes=given))
        declaration.indexes["boxes"].append(self.AREA)
        assert given == {"boxes": [self.AT]}
        assert declaration.indexes == {"boxes": [self.AT]}

    def test_the_same_stored_form_may_be_named_twice(self):
        form = Schema((Step("one"),))
        declaration = declared(Capability("boxes", schemas={"boxes": form}), common_schemas={"boxes": form})
        assert declaration.schemas == {"boxes": form}

    def test_the_specification_has_all_of_them(self):
        form, census = Schema((Step("one"),)), Census("lianshan_boxes", "Boxes.", lambda *_: {})
        capability = Capability("boxes", indexes={"boxes": [self.AT]}, schemas={"boxes": form}, censuses=[census])
        spec = declared(capability, Capability("lids", {FillDue: ignore})).spec(settings())
        assert (spec.name, spec.indexes, spec.schemas) == ("stations", {"boxes": [self.AT]}, {"boxes": form})
        assert spec.censuses == [census]
        assert spec.queues == ["stations.events", "stations.commands"]


def test_the_timers_of_a_service_are_those_that_a_handler_answers():
    declaration = declared(Capability("boxes", {Fill: ignore, FillDue: ignore, ResourcesLinked: ignore}))
    assert declaration.timers == {"stations.fill_due": FillDue}
