"""Three stores keep the same limits: the engine of unit tests, the store of the city, and MongoDB.

Keys, versions, sizes, values and queries; the behaviour of the two stores with transactions stands in
`test_conformance`.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.charity.funds.domain.balance import new_fund_account
from services.charity.stock.accounts import new_used
from services.charity.stock.domain import Supply, new_stock
from services.charity.stock.storage import FundsFor, SupplyNear
from services.volunteering.dispatch.domain.freed import FreedVolunteer, freed_from
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.storage import OverdueStaffings, WaitingForVolunteer
from services.volunteering.matching.domain.volunteers import Volunteer, hold_of
from shared.contracts.envelope import MAX_EVENT_BYTES, to_cloud_event
from shared.engine.store.errors import Conflict, NotCommittableError
from tests.city.kept import NOW, Said, Store, Thing, in_engine, in_memory, in_mongodb


@pytest.fixture(
    params=[in_engine, in_memory, pytest.param(in_mongodb, marks=pytest.mark.integration)], ids=lambda p: p.__name__
)
def kept(request: pytest.FixtureRequest) -> Iterator[Store]:
    make: Callable[[pytest.FixtureRequest], Iterator[Store]] = request.param
    yield from make(request)


# ---- keys and guards -------------------------------------------------------------------------------------------


def test_a_message_key_is_taken_once(kept: Store) -> None:
    kept.put(keys=["a", "b"])
    with pytest.raises(Conflict):
        kept.put((None, Thing(id="t")), keys=["b", "c"])
    assert kept.get(Thing, "t") is None, "nothing of a refused transaction is stored"
    assert kept.seen(["a", "b", "c"]) == {"a", "b"}


def test_a_second_writer_who_read_the_same_version_conflicts(kept: Store) -> None:
    kept.put((None, Thing(id="t", name="first")))
    read = kept.get(Thing, "t")
    kept.put((read, read.model_copy(update={"name": "second"})))
    with pytest.raises(Conflict):
        kept.put((read, read.model_copy(update={"count": 7})))
    stored = kept.get(Thing, "t")
    assert (stored.name, stored.count, stored.version) == ("second", 0, 2)


def test_a_new_entity_whose_id_is_taken_conflicts(kept: Store) -> None:
    kept.put((None, Thing(id="t")))
    with pytest.raises(Conflict):
        kept.put((None, Thing(id="t")))


def test_an_update_of_an_entity_that_is_gone_conflicts(kept: Store) -> None:
    gone = Thing(id="t", version=3)
    with pytest.raises(Conflict):
        kept.put((gone, gone.model_copy(update={"name": "ghost"})))


def test_a_load_within_an_area_reads_nothing_elsewhere(kept: Store) -> None:
    for thing, area in (("near", "110102009017"), ("street", "110102009"), ("far", "110102010001"), ("nowhere", "")):
        kept.put((None, Thing(id=thing, area=area)))
    every = ["near", "street", "far", "nowhere", "none"]
    assert kept.get_within(Thing, {"110102009": every}) == ["near", "street"]
    assert kept.get_within(Thing, {"": every}) == ["far", "near", "nowhere", "street"]
    assert kept.get_within(Thing, {"1101": ["far"], "110102009017": ["near", "street"]}) == ["far", "near"]


# ---- values and sizes ------------------------------------------------------------------------------------------


def test_instants_come_back_in_milliseconds_and_utc(kept: Store) -> None:
    kept.put((None, Thing(id="t", at=NOW + timedelta(microseconds=456))))
    assert kept.get(Thing, "t").at == NOW


def test_an_integer_beyond_64_bits_is_not_committable(kept: Store) -> None:
    with pytest.raises(NotCommittableError):
        kept.put((None, Thing(id="t", count=1 << 64)))


def test_a_document_beyond_16_mib_is_not_committable(kept: Store) -> None:
    with pytest.raises(NotCommittableError):
        kept.put((None, Thing(id="t", name="x" * (16 * 1024 * 1024 + 1))))
    assert kept.get(Thing, "t") is None


@pytest.mark.integration
def test_changes_beyond_48_mb_are_the_batchs_fault_and_not_the_stores(request: pytest.FixtureRequest) -> None:
    for kept in in_mongodb(request):
        with pytest.raises(NotCommittableError):
            kept.put(*((None, Thing(id=f"t{n}", name="x" * 10_000_000)) for n in range(5)))
        kept.put((None, Thing(id="t0")))


# ---- events ----------------------------------------------------------------------------------------------------


def said(words: str) -> Any:
    return to_cloud_event(
        Said(words=words),
        subject="t",
        version=1,
        nth=0,
        time=NOW,
        area="",
        correlation="",
        causation="",
        traceparent="",
    )


def test_an_event_above_64_kib_is_not_committable_and_nothing_beside_it_is_stored(kept: Store) -> None:
    with pytest.raises(NotCommittableError):
        kept.put((None, Thing(id="t")), keys=["a"], events=[said("x" * MAX_EVENT_BYTES)])
    assert kept.get(Thing, "t") is None
    assert kept.seen(["a"]) == set()


def test_an_event_just_below_64_kib_is_stored(kept: Store) -> None:
    room = MAX_EVENT_BYTES - len(said("").model_dump_json())
    kept.put((None, Thing(id="t")), keys=["a"], events=[said("x" * room)])
    assert kept.seen(["a"]) == {"a"}


def test_one_message_may_have_more_events_than_fit_into_a_document(kept: Store) -> None:
    kept.put((None, Thing(id="t")), keys=["a"], events=[said("x" * (MAX_EVENT_BYTES - 1000))] * 300)
    assert kept.seen(["a"]) == {"a"}


# ---- queries ---------------------------------------------------------------------------------------------------


HOUR = timedelta(hours=1)


def staffing(number: int, **fields: Any) -> Staffing:
    return Staffing.model_validate(
        {
            "id": f"need_{number:03}", "area": "110102009017", "place": (116.3, 39.9), "tags": ("any",),
            "older_old": False, "headcount": 1, "starts_at": NOW, "ends_at": NOW + timedelta(hours=1), "score": 50,
            **fields,
        }
    )  # fmt: skip


def freed(**fields: Any) -> FreedVolunteer:
    person = {"id": "vol_1", "area": "110102009018", "home": (116.3, 39.9), "tags": ("any", "driving"), **fields}
    return freed_from(Volunteer.model_validate(person), ZoneInfo("Asia/Shanghai"), NOW)


def test_the_waiting_list_of_a_volunteer_has_those_that_suit_in_order_and_its_limit(kept: Store) -> None:
    rows = [
        staffing(
            n,
            score=n % 7 * 20,
            waiting_in="1101",
            place=(116.3 + n % 5 * 0.01, 39.9),
            waiting_since=NOW - n % 13 * 4 * HOUR,
        )
        for n in range(60)
    ]
    kept.put(*((None, row) for row in rows))
    volunteer = freed()
    expected = sorted(rows, key=lambda row: volunteer.rank(row.score, row.waiting_since, row.place, row.id))
    limit = WaitingForVolunteer.limit
    assert kept.find(WaitingForVolunteer(volunteer)) == [row.id for row in expected[:limit]]


DAY = timedelta(days=1)
ASKED = {
    "id": "d", "volunteer_id": "vol_1", "state": "declined", "ring": "community", "wave": 1, "why": {"code": "c"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("other", "person"),
    [
        ({"waiting_in": "3101"}, {}),
        ({"waiting_in": None}, {}),
        ({"tags": ("first_aid",)}, {}),
        ({"tags": ("driving", "first_aid")}, {}),
        ({"place": (116.3, 40.3)}, {}),
        ({"place": (116.6, 40.11)}, {}),
        ({"starts_at": NOW + DAY, "ends_at": NOW + DAY + timedelta(hours=1)}, {"windows": ((0, 1440),)}),
        ({"starts_at": NOW + DAY, "ends_at": NOW + 2 * DAY}, {"bookings": (hold_of("o", NOW + DAY, NOW + 2 * DAY),)}),
        ({"dispatches": (ASKED,)}, {}),
    ],
    ids=["city", "served", "tag", "one tag of two", "far", "far in the corner", "windows", "booked", "asked before"],
)
def test_a_volunteers_waiting_list_leaves_out_what_this_one_does_not_suit_however_many(
    kept: Store, other: dict[str, Any], person: dict[str, Any]
) -> None:
    rows = [staffing(n, **{"score": 90, "waiting_in": "1101", **other}) for n in range(60)]
    rows += [
        staffing(99, score=1, waiting_in="1101", tags=("any",)),
        staffing(98, waiting_in="1101", tags=("driving",)),
    ]
    kept.put(*((None, row) for row in rows))
    assert kept.find(WaitingForVolunteer(freed(**person))) == ["need_098", "need_099"]


def test_overdue_staffings_come_page_by_page_also_those_of_one_instant(kept: Store) -> None:
    rows = [staffing(n, watch_at=NOW + timedelta(minutes=n // 4)) for n in range(9)]
    kept.put(*((None, row) for row in rows))
    last = rows[5]
    assert last.watch_at is not None
    found = kept.find(OverdueStaffings(NOW + timedelta(minutes=1), (last.watch_at, last.id)))
    assert found == [rows[6].id, rows[7].id]


def test_overdue_staffings_come_the_longest_overdue_first(kept: Store) -> None:
    rows = [staffing(n, watch_at=NOW + timedelta(minutes=n * 7 % 11)) for n in range(11)]
    kept.put(*((None, row) for row in rows))
    found = kept.find(OverdueStaffings(NOW + timedelta(minutes=5)))
    assert [(kept.get(Staffing, i).watch_at - NOW) / timedelta(minutes=1) for i in found] == [0, 1, 2, 3, 4, 5]


def test_goods_that_a_need_has_used_supply_no_other_need(kept: Store) -> None:
    stock = new_stock("station_1", "110102009017", "goods:soap").model_copy(update={"credits_posted": 3})
    used = new_used("110102009017", "goods:soap").model_copy(update={"credits_posted": 5})
    kept.put((None, stock), (None, used))
    assert kept.find(SupplyNear("goods:soap", "110105001001")) == [stock.id]


def test_a_need_draws_on_the_funds_that_cover_it_however_many_richer_ones_lie_beside(kept: Store) -> None:
    home = "110102009017"
    rich = [fund(f"fund_{n}", f"110102009{n + 100:03d}", 1_000) for n in range(60)]
    covering = [fund("fund_here", home, 1), fund("fund_street", home[:9], 2), fund("fund_city", home[:4], 3)]
    empty = new_fund_account("fund_empty", home)
    kept.put(*((None, account) for account in (*rich, *covering, empty, new_used(home, "CNY"))))
    assert kept.find(FundsFor(home)) == [account.id for account in covering]
    assert kept.find(FundsFor(home[:9])) == [account.id for account in covering[1:]]


def fund(fund_id: str, area: str, fen: int) -> Supply:
    return new_fund_account(fund_id, area).model_copy(update={"credits_posted": fen})
