"""A supervisor gives a need another score; the computed one stays beside it, and both are explained."""

from typing import Any

import pytest
from stations_in_memory import COMMUNITY, StationsInMemory

from services.stations.needs.domain.override import explain_score
from services.stations.needs.domain.triage import explain_parts, score_parts
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.access.permissions import Decision, permits
from shared.contracts.stations.amending import EditNeed, NeedAmended, NeedEdited
from shared.contracts.stations.needs import CancelNeed
from shared.contracts.stations.triage import OverrideTriage


def override(need_id: str, score: int | None, because: Any = "condition_worsened") -> OverrideTriage:
    return OverrideTriage(need_id=need_id, score=score, reason_code=because)


def refusal(stations: StationsInMemory, asked: OverrideTriage) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        stations.engine.command(asked)
    return refused.value.code, refused.value.rule


def test_a_published_need_counts_by_the_score_of_the_supervisor_and_charity_and_volunteering_hear_of_it(
    stations: StationsInMemory,
):
    need_id = stations.register().id
    answer = stations.engine.command(override(need_id, 85))
    assert (answer.score, answer.triage_override.reason_code) == (85, "condition_worsened")
    assert sum(answer.score_parts.values()) == 42, "the computed one stays"
    (told,) = stations.engine.emitted(NeedAmended)
    assert (told.score, told.amended, told.amended_for) == (85, ("triage",), "condition_worsened")
    assert told.triage_override is not None
    assert told.triage_override.by.startswith("actor.stations.")


def test_the_computed_score_counts_again_once_the_override_is_lifted(stations: StationsInMemory):
    need_id = stations.register().id
    stations.engine.command(override(need_id, 0))
    lifted = stations.engine.command(override(need_id, None, "override_lifted"))
    assert (lifted.score, lifted.triage_override) == (42, None)


def test_an_edit_of_a_draft_changes_the_computed_score_beside_the_override(stations: StationsInMemory):
    need_id = stations.register(publish=False).id
    stations.engine.command(override(need_id, 90))
    edited = stations.engine.command(EditNeed(need_id=need_id, severity=5))
    assert (edited.score, sum(edited.score_parts.values())) == (90, 58)
    assert [event.score for event in stations.engine.emitted(NeedEdited)] == [90, 90]


def test_the_score_of_a_need_that_has_ended_or_is_the_same_already_is_not_overridden(stations: StationsInMemory):
    need_id = stations.register().id
    assert refusal(stations, override(need_id, None)) == ("invalid", "triage_not_overridden")
    stations.engine.command(override(need_id, 70))
    assert refusal(stations, override(need_id, 70)) == ("invalid", "triage_unchanged")
    stations.engine.command(CancelNeed(need_id=need_id))
    assert refusal(stations, override(need_id, 71)) == ("wrong_state", "need_not_in_state")


def test_a_station_worker_overrides_nothing_and_a_supervisor_does():
    worker, supervisor = (
        Actor(kind="person", id="li", roles=(role,), area=COMMUNITY) for role in ("station_worker", "supervisor")
    )
    assert permits(worker, OverrideTriage.permission) is Decision.LACKS_PERMISSION
    assert permits(supervisor, OverrideTriage.permission) is Decision.ALLOWED


def test_every_part_of_a_score_is_explained_and_the_explained_points_are_those_that_count():
    groups = ("elderly_80_plus", "living_alone", "disabled", "dock workers")
    told = explain_parts(4, "high", groups)
    assert [each.code for each in told] == [
        "score_severity", "score_urgency", "score_group", "score_living_alone", "score_group", "score_group",
        "score_groups_bounded",
    ]  # fmt: skip
    points = [int(each.args["points"]) for each in told[:-1]]
    counted = score_parts(4, "high", groups)
    assert points[:2] == [counted["severity"], counted["urgency"]]
    assert min(sum(points[2:]), 20) == counted["vulnerability"]


def test_an_override_is_explained_beside_the_computed_score(stations: StationsInMemory):
    need_id = stations.register().id
    stations.engine.command(override(need_id, 85))
    told = explain_score(stations.need(need_id))[-1]
    assert (told.code, dict(told.args)) == (
        "score_overridden", {"score": 85, "computed": 42, "because": "condition_worsened"},
    )  # fmt: skip
