"""A plain feature's views: the newest shape, the whole history, and counts that repetition cannot double."""

from itertools import permutations
from typing import Any, ClassVar, TypeVar

import pytest
from gateway_events import ProjectorInMemory

from services.gateway.features.erasures import FEATURE as ERASURES
from services.gateway.features.organisations import FEATURE
from services.gateway.features.tasks.routes import shown_to
from services.gateway.features.tasks.view import TaskView
from services.gateway.plain.answer import describe_changes
from services.gateway.projection.plain import PlainFeature, plain_feature
from shared.contracts import CloudEvent, to_cloud_event
from shared.contracts.access import Actor
from shared.contracts.messages import EventData
from shared.contracts.stations.erasures import ErasureRequested, ErasureShape, PrivateErasureRequested
from shared.contracts.stations.network import StationOpened
from shared.contracts.stations.organisations import (
    OrganisationChanged,
    OrganisationEnded,
    OrganisationRegistered,
    OrganisationShape,
    RegisterOrganisation,
)
from shared.engine import Entity
from shared.engine.decide.memory import START

T = TypeVar("T", bound=Entity)


class BreachShaped(ErasureShape, EventData):
    """An erasure that is seen as breaches are."""

    type: ClassVar[str] = "stations.breach.erased"


def event(of: type[EventData], version: int, **changes: Any) -> CloudEvent:
    shape = {
        "id": "organisation_1", "version": version, "area": "110102009", "name": "Elm Hall Centre",
        "credit_code": "52110102MJ0123456B", "kind": "foundation", "state": "active", **changes,
    }  # fmt: skip
    data = of.model_validate(shape)
    return to_cloud_event(
        data, subject=shape["id"], version=version, nth=0, time=START, area=shape["area"], correlation="c",
        causation="c", traceparent="",
    )  # fmt: skip


LIFE = [
    event(OrganisationRegistered, 1),
    event(OrganisationChanged, 2, kind="enterprise"),
    event(OrganisationEnded, 3, kind="enterprise", state="ended", reason="merged"),
]
OTHER = event(OrganisationRegistered, 1, id="organisation_2", area="110105001")


def stored(projector: ProjectorInMemory, model: type[T]) -> list[T]:
    found = [(thing_id, entity) for (of, thing_id), entity in projector.followed.entities.items() if of is model]
    return [entity for _, entity in sorted(found, key=lambda one: one[0])]  # type: ignore[misc]


def counts(projector: ProjectorInMemory) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = {}
    for cell in stored(projector, FEATURE.count):
        key = (cell.area, cell.values["kind"], cell.values["state"])
        found[key] = found.get(key, 0) + cell.count
    return {key: count for key, count in found.items() if count}


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
def test_any_order_and_repetition_counts_each_organisation_once(order: tuple[int, ...], together: bool) -> None:
    events = [*(LIFE[nth] for nth in order), OTHER, *LIFE, OTHER]
    projector = ProjectorInMemory()
    projector.project_together(events) if together else projector.project(*events)
    assert counts(projector) == {
        ("110102009", "enterprise", "ended"): 1,
        ("110105001", "foundation", "active"): 1,
    }
    assert projector.view(FEATURE.view, "organisation_1").shape["state"] == "ended"
    assert len(stored(projector, FEATURE.history)) == 4


def test_the_history_names_the_fields_that_each_change_changed() -> None:
    projector = ProjectorInMemory().project(*reversed(LIFE))
    first, *later = describe_changes(None, stored(projector, FEATURE.history))
    assert (first.happened, first.changed["name"]) == ("registered", "Elm Hall Centre")
    assert [(one.happened, one.changed) for one in later] == [
        ("changed", {"kind": "enterprise"}),
        ("ended", {"state": "ended", "reason": "merged"}),
    ]


def declare(**changes: Any) -> PlainFeature:
    return plain_feature(
        "things", path="things", noun="thing", shape=OrganisationShape,
        **{"events": [OrganisationRegistered], "create": RegisterOrganisation, "actions": {}, "example": {}, **changes},
    )  # fmt: skip


def test_a_declaration_that_does_not_fit_the_shape_does_not_start() -> None:
    with pytest.raises(ValueError, match="has no field colour"):
        declare(filters=["colour"])
    with pytest.raises(ValueError, match=r"stations\.station\.opened does not have the shape"):
        declare(events=[StationOpened])


def erasure(of: type[EventData], erasure_id: str, kind: str) -> CloudEvent:
    shape = {
        "id": erasure_id, "version": 1, "area": "110102009", "ground": "consent_withdrawn", "state": "under_way",
        "people": [{"kind": kind, "id": f"{kind}_1"}], "requested_at": START, "due": START,
        "next_step": {"code": "end_open_work", "args": {"kind": kind, "id": f"{kind}_1"}, "due": START},
    }  # fmt: skip
    return to_cloud_event(
        of.model_validate(shape), subject=erasure_id, version=1, nth=0, time=START, area="110102009", correlation="c",
        causation="c", traceparent="",
    )  # fmt: skip


def test_things_of_another_permission_are_kept_apart_in_views_counts_and_tasks() -> None:
    events = (
        erasure(ErasureRequested, "erasure_1", "donor"), erasure(PrivateErasureRequested, "erasure_2", "resident"),
    )  # fmt: skip
    projector = ProjectorInMemory().project(*events)
    views = {view.id: view.apart for view in stored(projector, ERASURES.view)}
    assert views == {"erasure_1": False, "erasure_2": True}
    assert sorted((cell.apart, cell.count) for cell in stored(projector, ERASURES.count)) == [(False, 1), (True, 1)]
    kinds = {task.id: task.kind for task in stored(projector, TaskView)}
    assert kinds == {"erasure_1": "erasure", "erasure_2": "private_erasure"}
    hidden = shown_to(Actor(kind="key", id="key_1", roles=("reader", "agency")))["kind"]["$nin"]
    assert "private_erasure" in hidden
    assert "erasure" not in hidden


def test_a_feature_has_things_of_two_permissions_at_most() -> None:
    assert (ERASURES.seen_with, ERASURES.apart_with) == ("read", "residents:read")
    keep_apart = (ErasureRequested, PrivateErasureRequested, BreachShaped)
    with pytest.raises(ValueError, match="one too many"):
        plain_feature("things", path="things", noun="thing", shape=ErasureShape, events=keep_apart, actions={})
