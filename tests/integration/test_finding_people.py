"""People are found in the store of their owner: by reference, within the area, on record before anything is opened."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import volunteering_store
from actors import ANYBODY
from identity_numbers import invented_number
from lianshan_command import lianshan
from volunteering_store import COMMUNITY, NEIGHBOUR, Service

from deploy.lianshan.migrations import MARKS, find_pending, mark_people
from deploy.lianshan.stores import Stores
from services.volunteering.people.finding import VOLUNTEERS
from shared.contracts import Refused
from shared.contracts.finding import MOST_COMPARED, MOST_FOUND, DuplicatesFound, PersonDetails
from shared.contracts.need_parts import Place
from shared.contracts.volunteering.merges import MergeVolunteers
from shared.contracts.volunteering.people import FindDuplicateVolunteers, LookUpVolunteers
from shared.engine.store.release_mark import mark_store
from shared.people import NO_MARKS
from shared.people.marking import Marking
from shared.runtime.audit import AUDIT
from shared.runtime.clock import machine_now
from shared.runtime.keyring import KeyRing
from shared.runtime.vault import Vault

pytestmark = pytest.mark.integration

RING = KeyRing.of_key(bytes(range(32)))
WHY = "a call about Saturday"
NUMBER = invented_number("19800229")
OTHER_NUMBER = invented_number("19800229", order=7)
UYGHUR = "古丽米热·艾比布力"
OFFICE = ANYBODY.model_copy(update={"area": COMMUNITY[:9], "roles": ("volunteer_coordinator",)})
FAR = OFFICE.model_copy(update={"area": "110105"})


@pytest.fixture
def service(mongo_uri: str) -> Iterator[Service]:
    yield from volunteering_store.make(mongo_uri)


def look_up(service: Service, actor: Any = OFFICE, why: str = WHY, **wanted: Any) -> list[str]:
    found = service.ask(LookUpVolunteers(**wanted), actor=actor, why=why)
    assert all((one.kind, one.area[:9]) == ("volunteer", COMMUNITY[:9]) for one in found.items)
    return [one.id for one in found.items]


def duplicates(service: Service, actor: Any = OFFICE, **wanted: Any) -> DuplicatesFound:
    found = service.ask(FindDuplicateVolunteers(**wanted), actor=actor, why=WHY)
    assert found is not None
    return found


def audit(service: Service) -> list[dict[str, Any]]:
    return list(service.database[AUDIT].find().sort("_id"))


class TestLookUp:
    def test_a_person_is_found_by_number_telephone_or_name_with_year_however_they_are_written(
        self, service: Service
    ) -> None:
        person = service.volunteer(name=UYGHUR, phone="010-66012345转801", identity_number=NUMBER)
        service.volunteer(name="Zhao Invented", birth_year=1980)
        for wanted in (
            {"identity_number": f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:].lower()}"},
            {"phone": "（010）６６０１２３４５ 转 801"},
            {"phone": "+86 10 6601 2345"},
            {"name": "古丽米热 • 艾比布力", "birth_year": 1980},
            {"name": "古丽米热艾比布力", "birth_year": 1980},
        ):
            assert look_up(service, **wanted) == [person], wanted
        assert look_up(service, identity_number=OTHER_NUMBER) == []
        assert look_up(service, phone="010-66012345转802") == []
        assert look_up(service, name=UYGHUR, birth_year=1981) == []

    def test_whoever_is_outside_the_area_is_not_found(self, service: Service) -> None:
        person = service.volunteer(identity_number=NUMBER)
        assert look_up(service, identity_number=NUMBER) == [person]
        assert look_up(service, FAR, identity_number=NUMBER) == []
        street = OFFICE.model_copy(update={"area": NEIGHBOUR})
        assert look_up(service, street, identity_number=NUMBER) == []

    def test_each_look_up_is_on_record_with_its_reason_and_without_what_was_looked_for(self, service: Service) -> None:
        person = service.volunteer(identity_number=NUMBER, phone="13911112222")
        look_up(service, identity_number=NUMBER)
        look_up(service, phone="13911113333")
        found, nobody = audit(service)
        assert (found["what"], found["about"], found["why"], found["areas"]) == (
            "volunteer_look_up", [person], WHY, [COMMUNITY],
        )  # fmt: skip
        assert (nobody["about"], nobody["areas"]) == ([], [OFFICE.area])
        assert not any(secret in str((found, nobody)) for secret in (NUMBER, "1391111"))

    def test_nobody_looks_people_up_without_permission_or_reason(self, service: Service) -> None:
        service.volunteer(identity_number=NUMBER)
        reader = OFFICE.model_copy(update={"roles": ("personal_reader", "station_worker", "auditor")})
        for actor, why, rule in ((reader, WHY, "permission_missing"), (OFFICE, " ", "audited")):
            with pytest.raises(Refused) as refused:
                look_up(service, actor, why, identity_number=NUMBER)
            assert refused.value.rule == rule
        assert audit(service) == []

    def test_who_was_merged_is_found_once_and_is_no_duplicate_of_the_survivor(self, service: Service) -> None:
        new, old, other = (service.volunteer(name="Qian Invented", identity_number=NUMBER) for _ in range(3))
        service.do(MergeVolunteers(volunteer_id=old, into_id=new))
        assert sorted(look_up(service, identity_number=NUMBER)) == sorted([new, other])
        for one in (old, new):
            assert [like.id for like in duplicates(service, person_id=one).items] == [other]
        assert [like.id for like in duplicates(service, person_id=other).items] == [new]

    def test_more_than_twenty_are_not_listed(self, service: Service) -> None:
        first = service.volunteer(phone="13911112222")
        (person,) = service.database["volunteer_people"].find()
        copies = [{**person, "_id": f"vol_copy{n}"} for n in range(MOST_FOUND)]
        service.database["volunteer_people"].insert_many(copies)
        found = service.ask(LookUpVolunteers(phone="13911112222"), actor=OFFICE, why=WHY)
        assert (len(found.items), found.more) == (MOST_FOUND, True)
        service.database["volunteer_people"].delete_one({"_id": "vol_copy0"})
        found = service.ask(LookUpVolunteers(phone="13911112222"), actor=OFFICE, why=WHY)
        assert (len(found.items), found.more) == (MOST_FOUND, False)
        assert first in {one.id for one in found.items}

    def test_one_index_answers_by_mark_and_area(self, service: Service) -> None:
        service.volunteer()
        rule = {"marks": "i", "area": {"$gte": OFFICE.area, "$lt": f"{OFFICE.area}:"}}
        plan = service.database["volunteer_people"].find(rule).explain()["queryPlanner"]["winningPlan"]
        assert '"indexName": "marks"' in json.dumps(plan, default=str)
        assert "COLLSCAN" not in json.dumps(plan, default=str)

    def test_a_forgotten_person_is_found_by_nobody(self, service: Service) -> None:
        person = service.volunteer(identity_number=NUMBER)
        service.database["volunteer_people"].update_one({"_id": person}, {"$set": dict(NO_MARKS)})
        assert look_up(service, identity_number=NUMBER) == []
        assert MARKS not in [p.collection for p in find_pending(stores_of(service), ["volunteering"])]


class TestLikelyDuplicates:
    def test_one_person_registered_twice_is_found_with_the_reasons(self, service: Service) -> None:
        first = service.volunteer(name="张伟", phone="13911112222", birth_year=1980)
        second = service.volunteer(name="Zhang Wei", phone="13911112222", birth_year=1980)
        service.volunteer(name="李娜", phone="13911112222", birth_year=1990)
        found = duplicates(service, person_id=first)
        (one,) = found.items
        assert (one.id, one.area, one.score >= 80) == (second, COMMUNITY, True)
        assert [reason.code for reason in one.reasons] == ["same_sound", "same_birth_year", "same_phone", "lives_near"]
        assert (found.compared, found.crowded) == (2, ())
        described = PersonDetails(name="章玮", phone="13911112222", location=Place(lon=116.3401, lat=39.9299))
        assert {one.id for one in duplicates(service, details=described).items} == {first, second}

    def test_all_that_are_opened_are_on_record_in_one_row(self, service: Service) -> None:
        people = [service.volunteer(name="张伟", phone="13911112222", birth_year=1980) for _ in range(3)]
        service.volunteer(name="李娜", phone="13911113333", birth_year=1990)
        duplicates(service, person_id=people[0])
        duplicates(service, details=PersonDetails(name="王芳", birth_year=1950))
        compared, nobody = audit(service)
        assert (compared["what"], compared["about"][0]) == ("volunteer_duplicates", people[0])
        assert set(compared["about"]) == set(people)
        assert nobody["about"] == []

    def test_a_person_elsewhere_is_neither_compared_nor_a_subject(self, service: Service) -> None:
        here = service.volunteer(name="张伟", phone="13911112222", birth_year=1980)
        far = service.volunteer("110105001001", name="张伟", phone="13911112222", birth_year=1980)
        assert duplicates(service, person_id=here).items == ()
        asked = FindDuplicateVolunteers(person_id=far)
        assert service.ask(asked, actor=OFFICE, why=WHY) is None
        assert service.ask(FindDuplicateVolunteers(person_id="vol_none"), actor=OFFICE, why=WHY) is None
        assert len(audit(service)) == 1

    def test_a_crowded_block_is_named_and_the_surer_ones_are_compared_whole(self, service: Service) -> None:
        service.volunteer(name="张伟", birth_year=1980, phone="13911110000")
        (person,) = service.database["volunteer_people"].find()
        (key,) = service.database["data_keys"].find()
        sure = service.volunteer(name="张伟", birth_year=1980, phone="13911112222")
        known = service.database["volunteers"].find_one({"_id": person["_id"]})
        assert known is not None
        copies = [f"vol_copy{n:03d}" for n in range(MOST_COMPARED)]
        sound = [mark for mark in person["marks"] if mark.startswith("s")]
        service.database["volunteer_people"].insert_many([{**person, "_id": name, "marks": sound} for name in copies])
        found = duplicates(service, details=PersonDetails(name="章玮", birth_year=1980, phone="13911112222"))
        # The copies stand at another place than their data was sealed for, and have no key: nobody opens them.
        assert found.crowded == ("sound",)
        assert found.items[0].id == sure
        (row,) = audit(service)
        assert len(row["about"]) == MOST_COMPARED
        assert sure in row["about"]
        assert key["_id"] == f"person:{person['_id']}"


class TestMergedPeople:
    def test_a_merged_id_is_found_as_the_surviving_one_and_both_are_on_record(self, service: Service) -> None:
        old = service.volunteer(name="张伟", phone="13911112222", birth_year=1980)
        new = service.volunteer(name="张伟", phone="13911113333", birth_year=1980)
        service.do(MergeVolunteers(volunteer_id=old, into_id=new))
        assert look_up(service, phone="13911112222") == [new]
        assert look_up(service, name="张伟", birth_year=1980) == [new]
        assert {frozenset(row["about"]) for row in audit(service)} == {frozenset({old, new})}

    def test_a_merged_id_whose_person_is_kept_elsewhere_is_not_found(self, service: Service) -> None:
        old = service.volunteer(phone="13911112222")
        far = service.volunteer("110105001001", phone="13911113333")
        service.do(MergeVolunteers(volunteer_id=old, into_id=far))
        assert look_up(service, phone="13911112222") == []
        everywhere = service.ask(LookUpVolunteers(phone="13911112222"), actor=ANYBODY, why=WHY)
        assert [one.id for one in everywhere.items] == [far]


def stores_of(service: Service) -> Stores:
    mark_store(service.database, machine_now())
    return Stores(service.database.client, service.database.name.removesuffix("volunteering"))


def as_0_2_stored(service: Service) -> list[str]:
    """Five volunteers as release 0.2 has stored them: sealed by one key, without marks and area."""
    service.use(Vault(RING, "volunteering", bound=False))
    ids = [service.volunteer(name=f"Invented {n}", phone=f"1391111000{n}", birth_year=1980) for n in range(5)]
    service.database["volunteer_people"].update_many({}, {"$unset": {"marks": "", "area": "", "identity_number": ""}})
    return ids


class TestPeopleOfRelease02:
    def mark(self, service: Service) -> Any:
        return mark_people(service.database, "volunteering", Vault(RING), batch=2, rest=0, tell=lambda _: None)

    def test_they_are_found_once_they_have_been_given_marks(self, service: Service) -> None:
        ids = as_0_2_stored(service)
        everywhere = ANYBODY
        assert look_up(service, everywhere, phone="13911110003") == []
        assert [p.collection for p in find_pending(stores_of(service), ["volunteering"])][-1] == MARKS
        assert self.mark(service).changed == 5
        assert look_up(service, phone="13911110003") == [ids[3]]
        assert look_up(service, name="invented 3", birth_year=1980) == [ids[3]]
        assert MARKS not in [p.collection for p in find_pending(stores_of(service), ["volunteering"])]
        assert self.mark(service).changed == 0

    def test_the_marks_are_those_of_a_registration_of_today(self, service: Service) -> None:
        person = service.volunteer(name=UYGHUR, phone="010-66012345转801", identity_number=NUMBER)
        (before,) = service.database["volunteer_people"].find()
        service.database["volunteer_people"].update_one({"_id": person}, {"$unset": {"marks": "", "area": ""}})
        self.mark(service)
        (after,) = service.database["volunteer_people"].find()
        assert after == before

    def test_a_run_that_was_killed_goes_on_where_it_was(self, service: Service, monkeypatch: Any) -> None:
        as_0_2_stored(service)

        def die(_: str) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr("shared.people.marking.failpoint", die)
            with pytest.raises(KeyboardInterrupt):
                self.mark(service)
        marking = Marking(service.database, service.vault, VOLUNTEERS.collection, lambda *_: {})
        assert marking.count() == 3
        assert self.mark(service).changed == 3

    def test_whoever_was_forgotten_meanwhile_stays_unfound_and_what_nothing_opens_is_named(
        self, service: Service
    ) -> None:
        ids = [service.volunteer(phone=f"1391111000{n}") for n in range(3)]
        people = service.database["volunteer_people"]
        people.update_many({}, {"$unset": {"marks": ""}})
        service.database["data_keys"].delete_one({"_id": f"person:{ids[0]}"})
        people.update_one({"_id": ids[1]}, {"$set": {"name": people.find_one({"_id": ids[2]})["name"]}})  # type: ignore[index]
        report = self.mark(service)
        assert report.unreadable == [f"volunteer_people/{ids[1]}"]
        assert people.find_one({"_id": ids[0]})["marks"] == []  # type: ignore[index]
        assert look_up(service, phone="13911110002") == [ids[2]]

    def test_the_operator_gives_them_marks_and_sees_first_how_many(
        self, service: Service, mongo_uri: str, tmp_path: Path
    ) -> None:
        as_0_2_stored(service)
        mark_store(service.database, machine_now())
        (tmp_path / "key").write_text(RING.to_text())
        environment = {
            "LIANSHAN_MONGO_URI": mongo_uri,
            "LIANSHAN_DATABASE_PREFIX": service.database.name.removesuffix("volunteering"),
            "LIANSHAN_DATA_KEY_FILE": str(tmp_path / "key"),
            "LIANSHAN_VAR": str(tmp_path),
        }
        planned = lianshan(environment, "migrate", "volunteering", "--plan", "--json")
        (row,) = (row for row in json.loads(planned.stdout) if row["collection"] == MARKS)
        assert (row["documents"], row["shuts_out_older"]) == (5, False)
        done = lianshan(environment, "migrate", "volunteering", "--json")
        assert done.returncode == 0, done.stderr
        (row,) = (row for row in json.loads(done.stdout) if row["collection"] == MARKS)
        assert row["documents"] == 5
        assert look_up(service, phone="13911110003") != []
