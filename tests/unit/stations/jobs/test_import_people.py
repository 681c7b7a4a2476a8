"""Social workers and residents as rows: read as offices write them, decided alone, and never registered twice."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import pytest
from books import DAY, Number, Sheet, workbook
from identity_numbers import invented_number
from worker_in_memory import WorkerInMemory

from services.stations.network.domain import Station
from services.stations.residents.domain import Resident
from services.stations.workers.domain import Worker
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.network import OpenStation

COMMUNITY = "110102009017"
ELSEWHERE = "110105001001"
STAFF = ["工号", "社工站编号", "姓名", "电话", "证书级别", "证书编号", "登记有效期至", "入职日期"]
RESIDENTS = ["居民编号", "社工站编号", "姓名", "电话", "身份证号", "出生日期", "住址", "人群", "同意书版本", "同意方式"]
NUMBER = invented_number("19440302")
OTHER_NUMBER = invented_number("19440303")


class Office(WorkerInMemory):
    """A worker with the files of an office."""

    def staff(self, *rows: Mapping[str, object], **asked: Any) -> str:
        return self._send("workers", STAFF, rows, **asked)

    def residents(self, *rows: Mapping[str, object], **asked: Any) -> str:
        return self._send("residents", RESIDENTS, rows, **asked)

    def _send(self, kind: str, header: list[str], rows: Any, **asked: Any) -> str:
        cells = [[row.get(name) for name in header] for row in rows]
        return self.begin(workbook(Sheet([header, *cells])), kind=kind, format="xlsx", **{"area": "110102", **asked})

    def station(self, area: str = COMMUNITY) -> str:
        return next(one.id for one in self.engine.all(Station) if one.area == area)

    def lin(self, nth: int = 1, **changes: object) -> dict[str, object]:
        return {
            "工号": f"W-{nth}", "社工站编号": self.station(), "姓名": "林社工", "电话": f"1380013800{nth}",
            "证书级别": "助理社工师", "证书编号": f"202301101000{nth}", "登记有效期至": "2027年6月30日",
            "入职日期": "2026/1/5", **changes,
        }  # fmt: skip

    def ma(self, nth: int = 1, **changes: object) -> dict[str, object]:
        return {
            "居民编号": f"R-{nth}", "社工站编号": self.station(), "姓名": f"马{nth}老人", "电话": f"1390013900{nth}",
            "出生日期": "1944-03-02", "住址": "3号楼502", "人群": "独居老人、高龄老人", **changes,
        }  # fmt: skip

    def problems(self, job: str) -> list[tuple[int, str, str]]:
        return [(error.row, error.column, error.problem.code) for error in self.errors(job)]


@pytest.fixture
def office() -> Office:
    made = Office()
    for area in (COMMUNITY, ELSEWHERE):
        made.engine.command(ImportAreas(rows=(AreaRow(code=area, name="Elm Hall"),)))
        made.engine.command(OpenStation(area=area, name="Elm Hall station", level="station"))
    return made


def test_a_row_becomes_the_social_worker_that_the_office_means(office: Office) -> None:
    rows = (
        office.lin(1, 电话=13800138001, 入职日期=Number("46027", DAY), 证书编号=2023011010001),
        office.lin(2, 电话="１３８００１３８００２", 证书编号="２０２３０１１０１０００２", 登记有效期至="20270630"),
        office.lin(3, 证书级别="无", 证书编号=None, 登记有效期至=None),
        office.lin(4, 证书级别="高级社会工作师"),
    )
    done = office.run(office.staff(*rows))
    assert (done.taken, done.bad) == (4, 0), office.problems(done.id)
    staff = office.engine.all(Worker)
    assert sorted(one.level for one in staff) == ["assistant", "assistant", "none", "senior"]
    assert {one.employed_on.isoformat() for one in staff} == {"2026-01-05"}
    assert {str(one.registered_until) for one in staff} == {"2027-06-30", "None"}


def test_bad_rows_of_social_workers_name_column_and_rule_and_the_others_are_taken(office: Office) -> None:
    rows = (
        office.lin(1),
        office.lin(2, 证书编号="2023011010001"),
        office.lin(3, 证书编号=1.23456789012345e17),
        office.lin(4, 证书级别="特级"),
        office.lin(5, 登记有效期至=None),
        office.lin(6, 入职日期="明天"),
        office.lin(7, 社工站编号=office.station(ELSEWHERE)),
        office.lin(8, 电话="八个八"),
        office.lin(1, 姓名="又一人"),
    )
    done = office.run(office.staff(*rows))
    assert (done.taken, done.bad) == (1, 8)
    assert office.problems(done.id) == [
        (3, "证书编号", "certificate_held"), (4, "证书编号", "digits_lost"), (5, "证书级别", "literal_error"),
        (6, "登记有效期至", "licence_incomplete"), (7, "入职日期", "day_not_read"), (8, "社工站编号", "unknown_id"),
        (9, "电话", "phone_number"), (10, "", "row_twice"),
    ]  # fmt: skip


def test_a_resident_likely_known_is_a_bad_row_and_never_a_second_record(office: Office) -> None:
    rows = (
        office.ma(1),
        office.ma(2, 姓名="马1老人", 电话="139-0013-9001"),
        office.ma(3, 身份证号=NUMBER, 同意书版本="2026-1", 同意方式="书面", 出生日期=None),
        office.ma(4, 身份证号=NUMBER, 同意书版本="2026-1", 同意方式="书面", 出生日期=None),
    )
    done = office.run(office.residents(*rows))
    assert (done.taken, done.bad) == (2, 2)
    assert office.problems(done.id) == [
        (3, "", "resident_likely_known"), (5, "", "resident_likely_known"),
    ]  # fmt: skip
    assert len(office.engine.all(Resident)) == 2


def test_identity_numbers_that_a_spreadsheet_has_cut_are_refused_and_those_in_full_width_are_read(
    office: Office,
) -> None:
    wide = OTHER_NUMBER.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789X"})
    agreed = {"同意书版本": "2026-1", "同意方式": "当面", "出生日期": None}
    rows = (
        office.ma(1, 身份证号=1.10105194403021e17, **agreed),
        office.ma(2, 身份证号="1.10105E+17", **agreed),
        office.ma(3, 身份证号=wide, **agreed),
        office.ma(4, 身份证号=NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1"), **agreed),
        office.ma(5, 身份证号=NUMBER, 出生日期=None),
        office.ma(6, 出生日期=Number("16133", DAY)),
        office.ma(7, 人群="飞人"),
        office.ma(8, 电话="13900139008、010-66012345"),
    )
    done = office.run(office.residents(*rows))
    assert office.problems(done.id) == [
        (2, "身份证号", "digits_lost"), (3, "身份证号", "digits_lost"), (5, "身份证号", "identity_number_check"),
        (6, "同意书版本", "consent_missing"), (8, "人群", "unknown_label"),
    ]  # fmt: skip
    assert done.taken == 3


@pytest.mark.parametrize("kind", ["staff", "residents"])
def test_a_second_import_changes_nothing_and_a_dead_worker_leaves_no_row_twice(office: Office, kind: str) -> None:
    rows = [office.lin(nth) if kind == "staff" else office.ma(nth) for nth in range(1, 8)]
    send, model = (office.staff, Worker) if kind == "staff" else (office.residents, Resident)
    office.run(send(*rows, dry_run=True))
    assert office.engine.all(model) == [], "a dry run changes nothing"
    job = send(*rows)
    office.run(job, parts=1)
    assert len(office.engine.all(model)) == office.most, "it died after a part"
    assert (office.run(job).taken, len(office.engine.all(model))) == (7, 7)
    again = office.run(send(*rows))
    assert (again.taken, again.unchanged, again.bad) == (0, 7, 0), office.problems(again.id)
    assert len(office.engine.all(model)) == 7


def test_nobody_imports_people_without_the_permission_to_register_them(office: Office) -> None:
    worker = Actor(kind="person", id="somebody", roles=("station_worker",), area=COMMUNITY)
    with pytest.raises(Refused, match="permission_missing"):
        office.staff(office.lin(), actor=worker, area=COMMUNITY)
    office.run(office.residents(office.ma(), actor=worker, area=COMMUNITY))
    assert len(office.engine.all(Resident)) == 1


def test_no_word_of_a_row_stands_in_clear(office: Office) -> None:
    office.run(office.staff(office.lin(1), office.lin(2, 证书编号="2023011010001")))
    office.run(office.residents(office.ma(1), office.ma(2, 姓名="马1老人", 电话="13900139001")))
    stored = repr([entity.to_document() for entity in office.engine.entities.values()])
    for word in ("林社工", "马1老人", "13800138001", "2023011010001", "3号楼502"):
        assert word not in stored


def test_rows_that_are_refused_have_the_others_of_their_part_read_and_decided_once(office: Office) -> None:
    office.most, reads, fetch = 100, list[int](), office.engine.fetch

    def count_reads(*years: int) -> int:
        reads.clear()
        rows = [office.ma(100 * years[0] + nth, 姓名="马老人", 电话=f"139{years[0]}{nth:04}", 出生日期=f"{year}-03-02")
                for nth, year in enumerate(years)]  # fmt: skip
        job = office.residents(*rows)
        assert office.run(job).bad == len(years) - len({*years}), office.problems(job)
        return len(reads)

    with patch.object(office.engine, "fetch", lambda known, loads: (reads.append(1), fetch(known, loads))[1]):
        clean = count_reads(1930, 1931, 1932)
        mixed = count_reads(*(1940 + nth % 50 for nth in range(60)))
    assert mixed == clean
    assert len(office.engine.all(Resident)) == 3 + 50


def test_all_faults_of_a_row_are_named_in_one_run(office: Office) -> None:
    rows = (
        office.ma(1, 身份证号="1.10105E+17", 电话="八个八", 姓名=None),
        office.ma(2, 出生日期="明天", 电话="八个八", 社工站编号=None),
        office.ma(3, 出生日期="明天", 身份证号=NUMBER),
    )
    done = office.run(office.residents(*rows))
    assert office.problems(done.id) == [
        (2, "姓名", "cell_missing"), (2, "身份证号", "digits_lost"), (2, "电话", "phone_number"),
        (3, "社工站编号", "cell_missing"), (3, "出生日期", "day_not_read"), (3, "电话", "phone_number"),
        (4, "出生日期", "day_not_read"),
    ]  # fmt: skip
    assert done.bad == 3
