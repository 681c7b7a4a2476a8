"""Needs as rows: read as offices write them, registered as if each were sent alone, known again by their numbers."""

from collections.abc import Mapping

import pytest
from books import DAY, Number, Sheet, workbook
from worker_in_memory import CITY, WorkerInMemory

from services.stations.needs.domain.need import Need
from services.stations.network.domain import Station
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.network import OpenStation

COMMUNITY = "110102009017"
ELSEWHERE = "110105001001"
HEADER = [
    "需求编号", "社工站编号", "标题", "主题", "紧急程度", "截止时间", "经度（GCJ-02）", "纬度（GCJ-02）",
    "受益人数", "人群",
    "物品", "数量", "单位", "金额（元）", "志愿者人数", "服务开始时间", "服务结束时间", "是否发布",
]  # fmt: skip


@pytest.fixture
def worker() -> WorkerInMemory:
    made = WorkerInMemory()
    for area in (COMMUNITY, ELSEWHERE):
        made.engine.command(ImportAreas(rows=(AreaRow(code=area, name="Elm Hall"),)))
        made.engine.command(OpenStation(area=area, name="Elm Hall station", level="station"))
    return made


def station(worker: WorkerInMemory, area: str = COMMUNITY) -> str:
    return next(one.id for one in worker.engine.all(Station) if one.area == area)


def row(number: str, station_id: str, changes: Mapping[str, object] | None = None) -> list[object]:
    cells = {
        "需求编号": number, "社工站编号": station_id, "标题": "送棉被", "主题": "养老",
        "紧急程度": "紧急",
        "截止时间": "2026年3月5日 18:00", "经度（GCJ-02）": 116.3434, "纬度（GCJ-02）": "３９.９３",
        "受益人数": "２",
        "人群": "高龄老人、独居老人", "物品": "棉被", "数量": 3, "单位": "床",
        "金额（元）": "1,050.50元",
        "志愿者人数": 2, "服务开始时间": "2026/3/3 9:00", "服务结束时间": "2026-03-03T11:30",
        "是否发布": "是", **(changes or {}),
    }  # fmt: skip
    return [cells[name] for name in HEADER]


def imported(worker: WorkerInMemory, *rows: list[object], area: str = "110102", **asked: object) -> str:
    return worker.begin(workbook(Sheet([HEADER, *rows])), kind="needs", format="xlsx", area=area, **asked)


def problems(worker: WorkerInMemory, job: str) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.problem.code) for error in worker.errors(job)]


def test_a_row_becomes_the_need_that_the_office_means(worker: WorkerInMemory) -> None:
    done = worker.run(imported(worker, row("A-1", station(worker))))
    assert (done.taken, done.bad) == (1, 0), problems(worker, done.id)
    (need,) = worker.engine.all(Need)
    assert (need.urgency, need.theme, need.beneficiaries, need.state) == ("urgent", "elderly_care", 2, "published")
    assert [(line.kind, line.requested) for line in need.lines] == [("goods", 3), ("money", 105_050)]
    assert need.due.astimezone(CITY).isoformat() == "2026-03-05T18:00:00+08:00"
    assert need.volunteers is not None
    assert need.volunteers.ends_at.astimezone(CITY).isoformat() == "2026-03-03T11:30:00+08:00"
    assert need.place.lon == pytest.approx(116.34, abs=0.011), "as WGS-84, rounded"


def test_a_second_import_knows_the_needs_by_their_numbers_and_changes_nothing(worker: WorkerInMemory) -> None:
    rows = [row(f"A-{n}", station(worker)) for n in range(3)]
    worker.run(imported(worker, *rows))
    again = worker.run(imported(worker, *rows))
    assert (again.taken, again.unchanged, again.bad) == (0, 3, 0)
    assert len(worker.engine.all(Need)) == 3


def test_bad_rows_name_the_column_and_the_rule_and_the_others_are_taken(worker: WorkerInMemory) -> None:
    here = station(worker)
    bad: list[Mapping[str, object]] = [
        {"截止时间": "3/5/26"}, {"数量": 2.5}, {"金额（元）": "五十"}, {"物品": "飞毯"},
        {"服务开始时间": Number("46084", DAY)},
        {"纬度（GCJ-02）": None}, {"经度（GCJ-02）": 39.9, "纬度（GCJ-02）": 116.3},
        {"社工站编号": "station_nobody"}, {"紧急程度": "火急"},
        {"截止时间": "2025-01-01"}, {"是否发布": "也许"},
    ]  # fmt: skip
    rows = [row(f"B-{n}", here, changes) for n, changes in enumerate(bad)]
    done = worker.run(imported(worker, row("B-good", here), *rows))
    assert (done.taken, done.bad) == (1, len(bad))
    assert problems(worker, done.id) == [
        (3, "截止时间", "day_not_read"), (4, "数量", "whole_number_needed"), (5, "金额（元）", "number_needed"),
        (6, "物品", "unknown_label"), (7, "", "time_of_slot_missing"), (8, "", "coordinates_half"),
        (9, "", "coordinates_nowhere"), (10, "社工站编号", "unknown_id"), (11, "紧急程度", "literal_error"),
        (12, "截止时间", "due_passed"), (13, "是否发布", "yes_or_no_needed"),
    ]  # fmt: skip


def test_a_station_outside_the_area_of_the_import_is_unknown(worker: WorkerInMemory) -> None:
    far, here = station(worker, ELSEWHERE), station(worker)
    done = worker.run(imported(worker, row("C-1", far), row("C-2", here)))
    assert problems(worker, done.id) == [(2, "社工站编号", "unknown_id")]
    assert done.taken == 1


def test_an_import_by_one_who_may_not_register_needs_is_refused_at_once(worker: WorkerInMemory) -> None:
    reader = Actor(kind="person", id="somebody", roles=("integrator",), area="110102")
    with pytest.raises(Refused, match="permission_missing"):
        imported(worker, actor=reader)


def test_a_file_and_its_errors_are_stored_sealed(worker: WorkerInMemory) -> None:
    job = imported(worker, row("D-1", station(worker), {"标题": "探望于奶奶", "物品": "于奶奶的毯子"}))
    worker.run(job)
    stored = repr([entity.to_document() for entity in worker.engine.entities.values()])
    for word in ("于奶奶", "棉被"):
        assert word not in stored, "no word of a row stands in clear"


def test_a_row_with_several_faults_names_them_all_but_no_rule_that_needs_an_unread_cell(worker: WorkerInMemory) -> None:
    here = station(worker)
    bad: list[Mapping[str, object]] = [
        {"截止时间": "3/5/26", "紧急程度": "火急", "受益人数": 0},
        {"经度（GCJ-02）": "东", "紧急程度": "火急"},  # half a point: the other half was not read
        {"服务结束时间": "十二点", "志愿者人数": 0},  # whether it ends after its start is not known
        {"数量": 2.5, "服务开始时间": Number("46084", DAY)},
    ]  # fmt: skip
    rows = [row(f"S-{n}", here, changes) for n, changes in enumerate(bad)]
    done = worker.run(imported(worker, *rows))
    assert problems(worker, done.id) == [
        (2, "截止时间", "day_not_read"), (2, "紧急程度", "literal_error"), (2, "受益人数", "greater_than_equal"),
        (3, "经度（GCJ-02）", "number_needed"), (3, "紧急程度", "literal_error"),
        (4, "服务结束时间", "day_not_read"), (4, "志愿者人数", "greater_than_equal"),
        (5, "数量", "whole_number_needed"), (5, "", "time_of_slot_missing"),
    ]  # fmt: skip
    assert done.bad == len(bad)


def test_ten_faults_of_a_row_are_named_and_no_more(worker: WorkerInMemory) -> None:
    words = (
        "截止时间", "经度（GCJ-02）", "纬度（GCJ-02）", "受益人数", "数量", "金额（元）", "志愿者人数", "服务开始时间",
        "服务结束时间", "是否发布",
    )  # fmt: skip
    for theme in ("养老", None):
        job = imported(worker, row("T-1", station(worker), {**dict.fromkeys(words, "也许"), "主题": theme}))
        worker.run(job)
        assert len(problems(worker, job)) == 10
