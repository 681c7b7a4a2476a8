"""Each feature is reachable over HTTP: its paths are served, its commands can be sent, its view is shown whole."""

import importlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from described_api import describe
from fastapi import APIRouter
from gateway_samples import ANSWERS

from services.gateway.declaration import FEATURES as DECLARED
from services.gateway.plain.routes import build_router
from services.gateway.projection.plain import PlainFeature, PlainView
from shared.contracts.messages import COMMANDS, Command
from shared.contracts.registry import load_contracts
from tests.each import for_each

load_contracts()
FEATURES: Final = Path(importlib.import_module("services.gateway.features").__path__[0])
HERE: Final = "tests/unit/gateway/test_features_are_reachable.py"

PLAIN: Final = [feature for feature in DECLARED if isinstance(feature, PlainFeature)]
NOT_SENT: Final[Mapping[str, str]] = {
    "AnswerByLink": "the page of an answer link sends it, which is no path of the API",
    "ReportNotice": "the path of signed reports sends it, beside the routes for holders of keys",
}
"""Commands that no path sends, with the reason."""

NOT_ANSWERED: Final[Mapping[str, str]] = {
    "version": "the engine's own count; the answer's version is `seen`",
    "seen": "as `version`",
    "entry": "its fields one by one",
    "holder_id": "as `station_id` or `fund_id`, by the kind of the account",
    "part": "its fields are those of the answer",
    "facts": "its fields are those of the answer",
    "waiting": "the index of the waiting list; the answer lists the reasons",
    "need": "its fields are those of the answer",
    "likeness": "the index of needs that may be registered twice; the answer lists them",
    "link": "as `resources`",
    "link_seen": "the order of charity's steps",
    "staffing_seen": "the order of volunteering's steps",
    "home_seen": "the order of the volunteer's changes",
    "served_in": "the filter `service_area`; the dispatches show each service with its place",
}
"""Fields of views that an answer shows under another name, or not at all, with the reason."""


@cache
def modules(pattern: str) -> dict[str, ModuleType]:
    found = sorted(FEATURES.glob(f"*/{pattern}.py"))
    return {
        file.parent.name + "." + file.stem: importlib.import_module(
            f"services.gateway.features.{file.parent.name}.{file.stem}"
        )
        for file in found
    }


def served() -> set[tuple[str, str]]:
    return {(path, method.upper()) for path, methods in describe()["paths"].items() for method in methods}


@pytest.mark.parametrize("feature", PLAIN, ids=lambda feature: feature.name)
def test_every_path_of_a_plain_feature_is_served(feature: PlainFeature) -> None:
    own = {(route.path, method) for route in build_router(feature).routes for method in route.methods}
    assert len(own) >= 3 + len(feature.commands)
    assert own <= served()


@pytest.mark.parametrize("feature", [each for each in PLAIN if each.create], ids=lambda feature: feature.name)
def test_the_example_of_a_plain_feature_is_described_and_would_be_taken(feature: PlainFeature) -> None:
    content = describe()["paths"][f"/v1/{feature.path}"]["post"]["requestBody"]["content"]["application/json"]
    assert content["example"] == feature.example
    assert feature.create is not None
    feature.create.model_validate_json(json.dumps(content["example"]), strict=True)


@for_each("name", modules("routes"))
def test_every_path_of_a_feature_is_served(name: str) -> None:
    routers = [value for value in vars(modules("routes")[name]).values() if isinstance(value, APIRouter)]
    own = {(route.path, method) for router in routers for route in router.routes for method in route.methods}
    assert own
    assert own <= served(), (
        f"add the router of features/{name.replace('.', '/')}.py to _ROUTERS in services/gateway/app.py"
    )


@cache
def _sent() -> set[str]:
    """The commands that features send, or modules of features."""
    sending = (modules("routes") | modules("batch") | modules("request")).values()
    values = (value for module in sending for value in vars(module).values())
    named = {value.__name__ for value in values if isinstance(value, type) and issubclass(value, Command)}
    return named | {command.__name__ for feature in PLAIN for command in feature.commands}


@for_each("command", sorted({c.__name__ for c in COMMANDS.values()}))
def test_every_command_is_sent_by_a_path_or_named_with_the_reason(command: str) -> None:
    assert (command in _sent()) != (command in NOT_SENT), (
        f"no path sends {command}: add one in the routes.py of its feature (services/gateway/features/…), "
        f"or give the reason in NOT_SENT of {HERE}"
    )


@pytest.mark.parametrize("view", [v for v in ANSWERS if not issubclass(v, PlainView)], ids=lambda view: view.__name__)
def test_every_field_of_a_view_is_answered_or_named_with_the_reason(view: type) -> None:
    feature = view.__module__.split(".")[3]
    answer = importlib.import_module(f"services.gateway.features.{feature}.answer")
    answered = {
        name
        for model in vars(answer).values()
        if isinstance(model, type) and model.__module__ == answer.__name__ and hasattr(model, "model_fields")
        for name in model.model_fields
    }
    aliases = {"id": {"id", "volunteer_id"}}
    forgotten = {
        name for name in view.model_fields.keys() - NOT_ANSWERED.keys() if not aliases.get(name, {name}) & answered
    }
    assert not forgotten, (
        f"show {sorted(forgotten)} of {view.__name__} in services/gateway/features/{feature}/answer.py, "
        f"or give the reason in NOT_ANSWERED of {HERE}"
    )


def test_the_reasons_name_only_fields_and_commands_that_there_are() -> None:
    fields = {name for view in ANSWERS for name in view.model_fields}
    assert NOT_ANSWERED.keys() <= fields
    assert NOT_SENT.keys() <= {command.__name__ for command in COMMANDS.values()}
