"""The preview of an edit lists the visits that the edit then touches, and names the needs that cannot follow."""

from datetime import date
from typing import Any

import pytest
from plans_in_memory import SHANGHAI, Planned

from services.stations.calendars.working_days import WorkingDays
from services.stations.plans.domain.occurrence import Occurrence
from services.stations.plans.domain.preview import Present, list_touched
from shared.contracts import Refused
from shared.contracts.stations.plan_previews import TouchedVisit
from shared.contracts.stations.plans import PlanEdit


@pytest.fixture
def town() -> Planned:
    return Planned()


def preview(town: Planned, plan: str, **changes: Any) -> list[TouchedVisit]:
    now = town.engine.now
    known = {one.id: one for one in town.engine.all(Occurrence) if one.starts_at > now}
    edit = PlanEdit.model_validate(changes)
    return list(list_touched(edit, Present(town.plan(plan), known, WorkingDays(), now, SHANGHAI)))


def effects(touched: list[TouchedVisit]) -> list[tuple[str, str]]:
    return [(f"{one.on:%m-%d}", one.effect) for one in touched]


def test_another_time_moves_every_visit_from_the_day_on_and_names_the_needs(town: Planned) -> None:
    plan, _ = town.start(ends_on="2026-03-31")
    touched = preview(town, plan, extent="following", on="2026-03-10", visit_time="15:00")
    assert effects(touched) == [("03-10", "moved"), ("03-17", "moved"), ("03-24", "moved"), ("03-31", "moved")]
    assert [one.need_id is not None for one in touched] == [True, False, False, False]


def test_another_weekday_cancels_and_adds(town: Planned) -> None:
    plan, _ = town.start(ends_on="2026-03-13")
    touched = preview(town, plan, extent="all", recurrence="FREQ=WEEKLY;BYDAY=TH")
    assert effects(touched) == [
        ("03-03", "cancelled"), ("03-05", "added"), ("03-10", "cancelled"), ("03-12", "added"),
    ]  # fmt: skip


def test_every_home_counts_and_one_edited_on_its_own_only_where_all_are_edited(town: Planned) -> None:
    plan, home = town.start(ends_on="2026-03-10")
    town.add_home(plan, "Visit to Grandfather Lin")
    town.edit(plan, extent="this", home_id=home, on="2026-03-10", visit_time="11:00")
    assert len(preview(town, plan, extent="following", on="2026-03-03", visit_time="15:00")) == 3
    assert len(preview(town, plan, extent="all", visit_time="15:00")) == 4


def test_the_preview_of_one_visit_shows_it_alone(town: Planned) -> None:
    plan, home = town.start()
    (moved,) = preview(town, plan, extent="this", home_id=home, on="2026-03-10", visit_time="11:00")
    assert (moved.effect, moved.need_id) == ("moved", town.visits()[date(2026, 3, 10)].need_id)
    (gone,) = preview(town, plan, extent="this", home_id=home, on="2026-03-10", cancelled=True)
    assert (gone.effect, gone.becomes_at) == ("cancelled", None)


def test_the_edit_does_what_its_preview_has_shown(town: Planned) -> None:
    plan, _ = town.start()
    shown = preview(town, plan, extent="following", on="2026-03-09", recurrence="FREQ=WEEKLY;BYDAY=MO,FR")
    town.edit(plan, extent="following", on="2026-03-09", recurrence="FREQ=WEEKLY;BYDAY=MO,FR")
    town.advance_to(3, 27)
    made = {one.on for one in town.visits().values() if one.state == "made" and one.on >= date(2026, 3, 9)}
    assert made == {one.on for one in shown if one.effect == "added" and one.on in made}
    assert {one.on for one in town.visits().values() if one.state == "cancelled"} == {date(2026, 3, 10)}


def test_a_preview_is_refused_as_its_edit_would_be(town: Planned) -> None:
    plan, _ = town.start()
    with pytest.raises(Refused) as refused:
        preview(town, plan, extent="all", recurrence="FREQ=DAILY;UNTIL=20260301")
    assert refused.value.rule == "recurrence_never"
