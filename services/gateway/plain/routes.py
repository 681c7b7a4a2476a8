"""The paths of one plain feature: make one, list, count, show one and its history, act on one."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, SerializeAsAny
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.http.answers import Listed, Nameable
from services.gateway.http.authentication import allows, check_area, may, needs
from services.gateway.http.bodies import build_command, json_body
from services.gateway.http.documented import describe, name_path
from services.gateway.http.parameters import After, ExpectedVersion, InArea, Limit, NamedBy, RequestOrigin
from services.gateway.http.preference import PrefersMinimal
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.messaging.commands import Origin
from services.gateway.plain.answer import (
    CountAnswer,
    CountsAnswer,
    HistoryAnswer,
    answer_model,
    change_model,
    describe_changes,
)
from services.gateway.plain.request import action_body, filter_rule
from services.gateway.projection.plain import PlainFeature, PlainView
from services.gateway.reading.areas import area_rule
from services.gateway.reading.history import read_history
from shared.contracts.access import Actor
from shared.contracts.messages import Command
from shared.contracts.plain import Action, Creation, Shape
from shared.engine.decide.schema import Document


def build_router(feature: PlainFeature) -> APIRouter:
    """Return the router of the feature's paths, `/v1/<path>…`."""
    router = APIRouter(tags=[feature.path])
    answer = answer_model(feature)
    if feature.create is not None:
        _add_creation(router, feature, feature.create, answer)
    _add_reading(router, feature, answer)
    _add_history(router, feature)
    for name, command in feature.actions.items():
        _add_action(router, feature, name, command)
    return router


def _add_creation(router: APIRouter, feature: PlainFeature, command: type[Creation], answer: type[Nameable]) -> None:
    body, may_create = Depends(json_body(command)), Depends(allows(command))

    async def create(
        caller: Annotated[Actor, may_create], backend: TheBackend, origin: RequestOrigin, minimal: PrefersMinimal,
        asked: Annotated[Any, body],
    ) -> Response:  # fmt: skip
        for field in command.scope.named:  # the area of a thing that is named by its id is for the owner to check
            check_area(caller, command.permission, getattr(asked, field), field)
        shape = await backend.commands.send(asked, feature.shape, origin)
        await backend.wait_unless(minimal, caller, feature.view, shape)
        shown = answer.model_validate(shape.model_dump(mode="json"))
        named = backend.external_ids.name_new(caller, feature.owner, shown, asked.external_id)
        return reply_created(named, f"/v1/{feature.path}/{shape.id}", minimal=minimal)

    _name(create, command.__name__, command.__doc__)
    described = describe(answer, body=command, new=True, minimal=True)
    described["openapi_extra"]["requestBody"]["content"]["application/json"]["example"] = dict(feature.example)
    router.post(f"/v1/{feature.path}", **described)(create)


def _add_reading(router: APIRouter, feature: PlainFeature, answer: type[Nameable]) -> None:
    filters, may_see = Depends(filter_rule(feature)), Depends(needs(feature.seen_with))
    of_path, owner = _id_of(feature), feature.owner

    async def list_all(
        caller: Annotated[Actor, may_see], backend: TheBackend, rule: Annotated[Document, filters],
        limit: Limit = 50, after: After = None, area: InArea = None, external_id: NamedBy = None,
    ) -> Response:  # fmt: skip
        mine = await backend.external_ids.rule(caller, owner, feature.noun, external_id)
        asked = {**area_rule(caller, area), **rule, **mine, **_shown_to(feature, caller)}
        page = await backend.views.page(feature.view, asked, limit=limit, after=after)
        shown = [answer.model_validate(view.shape) for view in page.views]
        items = await backend.external_ids.named(caller, owner, shown)
        return reply(Listed[SerializeAsAny[Nameable]](items=items, next=page.next))

    async def count(caller: Annotated[Actor, may_see], backend: TheBackend, area: InArea = None) -> Response:
        groups: list[Document] = [
            {"$match": {**area_rule(caller, area), **_shown_to(feature, caller)}},
            {"$group": {"_id": "$values", "count": {"$sum": "$count"}}},
            {"$match": {"count": {"$gt": 0}}},
        ]
        found = await backend.views.grouped(feature.count, groups)
        items = [CountAnswer(values=row["_id"], count=row["count"]) for row in found]
        items.sort(key=lambda item: [str(value) for value in item.values.values()])
        return reply(CountsAnswer(total=sum(item.count for item in items), items=items))

    async def read(
        thing_id: Annotated[str, of_path], caller: Annotated[Actor, may_see], backend: TheBackend
    ) -> Response:
        view = await _find(feature, backend, caller, thing_id)
        shown = answer.model_validate(view.shape)
        return reply(await backend.external_ids.named_one(caller, owner, shown))

    listed: type[BaseModel] = Listed[answer]  # type: ignore[valid-type]
    _name(list_all, f"List{feature.path.title()}", f"List {feature.path}, newest first.")
    _name(read, f"Read{feature.noun.title()}", f"Show one {feature.noun}.")
    router.get(f"/v1/{feature.path}", **describe(listed))(list_all)
    if feature.counted:
        _name(count, f"Count{feature.path.title()}", f"Count {feature.path} by {' and '.join(feature.counted)}.")
        router.get(f"/v1/{feature.path}:count", **describe(CountsAnswer))(count)
    router.get(f"/v1/{feature.path}/{{{feature.noun}_id}}", **describe(answer))(read)


def _add_history(router: APIRouter, feature: PlainFeature) -> None:
    of_path, may_see = _id_of(feature), Depends(needs(feature.seen_with))

    async def history(
        thing_id: Annotated[str, of_path],
        caller: Annotated[Actor, may_see],
        backend: TheBackend,
        limit: Limit = 50,
        after: After = None,
    ) -> Response:
        await _find(feature, backend, caller, thing_id)
        before, entries, following = await read_history(backend.views, feature.history, thing_id, limit, after)
        return reply(HistoryAnswer(items=describe_changes(before, entries), next=following))

    _name(history, f"Read{feature.noun.title()}History", f"Show the changes of one {feature.noun}, oldest first.")
    router.get(f"/v1/{feature.path}/{{{feature.noun}_id}}/history", **describe(HistoryAnswer))(history)


def _add_action(router: APIRouter, feature: PlainFeature, name: str, command: type[Action]) -> None:
    model, answer = action_body(command), change_model(feature)
    optional = not any(each.is_required() for each in model.model_fields.values())
    body = Depends(json_body(model, optional=optional))
    of_path, may_act = _id_of(feature), Depends(allows(command))

    async def act(
        thing_id: Annotated[str, of_path], caller: Annotated[Actor, may_act], backend: TheBackend,
        origin: RequestOrigin, expected: ExpectedVersion, asked: Annotated[Any, body],
    ) -> Response:  # fmt: skip
        built = build_command(command, id=thing_id, expected_version=expected, **dict(asked))
        # An action that moves a thing elsewhere needs a key that reaches there, too.
        if isinstance(area := dict(asked).get("area"), str):
            check_area(caller, command.permission, area)
        shape = await _send(feature, backend, origin, built)
        return reply(answer.model_validate(shape.model_dump(mode="json")))

    _name(act, command.__name__, command.__doc__)
    described = describe(answer, body=model, optional=optional)
    router.post(f"/v1/{feature.path}/{{{feature.noun}_id}}/{name}", **described)(act)


def _id_of(feature: PlainFeature) -> Any:
    """Return the marker of the path's parameter: `station_id`."""
    return Path(alias=f"{feature.noun}_id")


async def _find(feature: PlainFeature, backend: Backend, caller: Actor, thing_id: str) -> PlainView:
    """Return the view. Raises Problem (404) for an unknown id and for one outside the caller's area alike."""
    view = await backend.views.one(feature.view, thing_id, caller)
    if view is None or (view.apart and _shown_to(feature, caller)):
        raise not_found(feature.noun, thing_id)
    return view


def _shown_to(feature: PlainFeature, caller: Actor) -> Document:
    """Return the MongoDB rule that leaves out the things apart, empty for a caller who may see them, too."""
    if feature.apart_with is None or may(caller, feature.apart_with):
        return {}
    return {"apart": {"$ne": True}}


async def _send(feature: PlainFeature, backend: Backend, origin: Origin, command: Command) -> Shape:
    """Send the command; return its answer once the views show it, or after the setting's wait."""
    answer = await backend.commands.send(command, feature.shape, origin)
    await backend.wait_for_view(feature.view, answer)
    return answer


def _name(endpoint: Any, name: str, doc: str | None) -> None:
    name_path(endpoint, _snake(name), (doc or "").partition(" Answers ")[0])


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
