"""The replay of the journal of erasures into a restored store: it erases those whom the live erasure would erase."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import stacks
from pydantic_core import to_json
from stacks import Servers

from deploy.lianshan.erasures import replay_erasures
from deploy.lianshan.erasures.people import collection_of
from deploy.lianshan.stores import Stores, open_stores
from services.charity.donors.domain import Donor
from services.stations.needs.domain.need import Need
from services.stations.residents.domain import Resident
from services.stations.workers.domain import Worker
from services.volunteering.matching.domain.volunteers import Volunteer
from shared.contracts.persons import OWNERS, PersonReference
from shared.engine.amqp.letter_content import Content, seal_content
from shared.people.journal import FIRST, JournalEntry
from shared.runtime.vault import Vault

pytestmark = pytest.mark.integration

HERE, ELSEWHERE = "110102009017", "310101002003"
RING = Vault(bytes(32))


@pytest.fixture(scope="module")
def room(servers: Servers) -> Iterator[Stores]:
    with (
        stacks.isolated(servers, furnished=False) as room,
        open_stores(room.mongo_uri, room.database_prefix) as stores,
    ):
        yield stores


@pytest.fixture
def stores(room: Stores) -> Stores:
    for service in ("stations", "charity", "volunteering", "erasures"):
        room.client.drop_database(f"{room.prefix}{service}")
    return room


def entry(*people: tuple[str, str], reach: str = "110102") -> JournalEntry:
    named = tuple(PersonReference.model_validate({"kind": kind, "id": who}) for kind, who in people)
    return JournalEntry(
        number=1, erasure_id="erasure_1", people=named, ground="purpose_ended", area=HERE, reach=reach,
        at="2026-03-02T01:00:00+00:00", before=FIRST,
    ).sealed()  # fmt: skip


def put(stores: Stores, service: str, collection: str, *rows: dict[str, Any]) -> None:
    stores.collection(service, collection).insert_many(list(rows))


def volunteer(stores: Stores, name: str, area: str, serving: str | None = None, phone: str = "13900000000") -> None:
    sealed = RING.of("volunteering", bound=False).seal(phone, "volunteer_people", name, "phone")
    put(stores, "volunteering", "volunteers", {"_id": name, "area": area, "serving": serving})
    put(stores, "volunteering", "volunteer_people", {"_id": name, "phone": sealed, "version": 1})
    put(stores, "volunteering", "data_keys", {"_id": f"person:{name}"})


def letter(stores: Stores, number: int, **body: str) -> str:
    own_id = f"volunteering.commands/{number:04d}"
    sealed = seal_content(Content(to_json(body)), RING.of("volunteering", bound=False), own_id)
    put(stores, "volunteering", "letters", {"_id": own_id, "kind": "command", "sealed": sealed})
    return own_id


def ids(stores: Stores, service: str, collection: str) -> Sequence[str]:
    return [row["_id"] for row in stores.collection(service, collection).find().sort("_id", 1)]


def test_a_person_beyond_the_reach_of_the_one_who_asked_is_left(stores: Stores) -> None:
    volunteer(stores, "vol_far", ELSEWHERE)
    volunteer(stores, "vol_near", HERE)
    put(stores, "charity", "donors", {"_id": "donor_all", "area": "", "birth_year_sealed": "p1.x", "version": 1})
    kept = letter(stores, 1, volunteer_id="vol_far")
    replay_erasures(stores, [entry(("volunteer", "vol_far"), ("volunteer", "vol_near"), ("donor", "donor_all"))], RING)
    assert ids(stores, "volunteering", "volunteer_people") == ["vol_far"]
    assert ids(stores, "volunteering", "data_keys") == ["person:vol_far"]
    assert ids(stores, "volunteering", "letters") == [kept]
    assert stores.collection("charity", "donors").find_one({})["birth_year_sealed"] == "p1.x"  # type: ignore[index]


def test_of_a_donor_the_key_in_the_record_goes_with_what_it_sealed(stores: Stores) -> None:
    sealed = {"phone_sealed": "p1.x", "data_key": "v2.x", "marks": ["x"]}
    put(stores, "charity", "donors", {"_id": "donor_1", "area": HERE, "name_sealed": "k1.x", "version": 1, **sealed})
    assert replay_erasures(stores, [entry(("donor", "donor_1"))], RING) == 1
    (left,) = stores.collection("charity", "donors").find()
    assert [left[name] for name in ("name_sealed", "phone_sealed", "data_key", "marks")] == ["k1.x", None, None, []]


def test_the_claims_by_which_a_second_registration_is_noticed_go_with_the_record(stores: Stores) -> None:
    volunteer(stores, "vol_1", HERE)
    volunteer(stores, "vol_2", HERE)
    put(stores, "volunteering", "person_claims", *({"_id": f"p{n}", "volunteer_id": f"vol_{n}"} for n in (1, 2)))
    replay_erasures(stores, [entry(("volunteer", "vol_1"))], RING)
    assert ids(stores, "volunteering", "person_claims") == ["p2"]


def test_what_is_open_ends_first_and_is_requested_again(stores: Stores) -> None:
    put(stores, "stations", "needs", {"_id": "need_open", "area": HERE, "state": "in_service"})
    put(stores, "stations", "needs", {"_id": "need_over", "area": HERE, "state": "confirmed"})
    put(stores, "stations", "need_texts", *({"_id": name, "asked": "x"} for name in ("need_open", "need_over")))
    volunteer(stores, "vol_serving", HERE, serving="dispatch_1")
    replay_erasures(stores, [entry(("need", "need_open"), ("need", "need_over"), ("volunteer", "vol_serving"))], None)
    assert ids(stores, "stations", "need_texts") == ["need_open"]
    assert ids(stores, "volunteering", "volunteer_people") == ["vol_serving"]
    assert ids(stores, "stations", "timers") == ["erasure_replay:erasure_1"]


def test_a_second_replay_changes_nothing_more(stores: Stores) -> None:
    volunteer(stores, "vol_1", HERE)
    guardian = {"_id": "consent_1", "person_id": "vol_1", "guardian_sealed": "p1.x", "version": 3}
    own = {"_id": "consent_2", "person_id": "vol_1", "guardian_sealed": "", "version": 3}
    put(stores, "volunteering", "consents", guardian, own)
    assert replay_erasures(stores, [entry(("volunteer", "vol_1"))], RING) == 2
    assert replay_erasures(stores, [entry(("volunteer", "vol_1"))], RING) == 0
    blank = {**guardian, "guardian_sealed": "", "version": 4}
    assert list(stores.collection("volunteering", "consents").find().sort("_id", 1)) == [blank, own]


def test_failed_commands_are_searched_by_all_that_the_backup_has_of_a_person(stores: Stores) -> None:
    volunteer(stores, "vol_200", HERE, phone="13800000001")
    for number in range(120):
        letter(stores, number, volunteer_id=f"vol_{number:03d}")
    letter(stores, 120, phone="13800000001")
    replay_erasures(stores, [entry(*(("volunteer", f"vol_{number:03d}") for number in (0, 60, 119, 200)))], RING)
    left = ids(stores, "volunteering", "letters")
    assert (len(left), left[0], left[-1]) == (117, "volunteering.commands/0001", "volunteering.commands/0118")


def test_the_replay_knows_a_person_as_the_services_do() -> None:
    entities = {"volunteer": Volunteer, "donor": Donor, "need": Need, "resident": Resident, "worker": Worker}
    assert {kind: collection_of(kind) for kind in OWNERS} == {kind: one.collection for kind, one in entities.items()}
