"""The data keys of people over a real MongoDB: moved from release 0.2, rotated beside the service, never swapped."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import volunteering_store
from actors import ANYBODY
from lianshan_command import lianshan
from volunteering_store import COMMUNITY, PLACE, Service

from deploy.lianshan.keys import KeysInUseError, NotBoundError, add_key, count_left, reseal, retire_keys
from deploy.lianshan.keys.rotation import check_bound
from deploy.lianshan.migrations import find_unsealed, seal_store
from deploy.lianshan.stores import Stores
from services.volunteering.declaration import DECLARATION
from shared.contracts.access.owners import ReadVolunteeringNames
from shared.contracts.consents import GuardianDetails
from shared.contracts.volunteering.consents import GiveVolunteerConsent
from shared.contracts.volunteering.people import ReadVolunteer, RegisterVolunteer
from shared.engine.store.release_mark import mark_store
from shared.engine.store.schema_registry import refusal
from shared.engine.store.sealing import follow_sealing
from shared.people import KeyGoneError, read_keys
from shared.people.consents.domain import guardian_place
from shared.people.resealing import Resealing
from shared.runtime.clock import machine_now
from shared.runtime.keyring import KeyRing
from shared.runtime.vault import Vault, VaultError

pytestmark = pytest.mark.integration

RING = KeyRing.of_key(bytes(range(32)))
READER: dict[str, Any] = {"actor": ANYBODY, "why": "a call about Saturday"}
FIELDS = DECLARATION.sealed


@pytest.fixture
def service(mongo_uri: str) -> Iterator[Service]:
    yield from volunteering_store.make(mongo_uri)


def as_0_2(service: Service) -> Service:
    """The service as it seals beside replicas of release 0.2."""
    service.use(Vault(RING, "volunteering", bound=False))
    return service


def name_of(service: Service, volunteer: str) -> str:
    found = service.ask(ReadVolunteer(volunteer_id=volunteer), **READER)
    assert found is not None
    return found.name


def people(service: Service) -> list[dict[str, Any]]:
    return list(service.database["volunteer_people"].find().sort("_id"))


def use(service: Service, ring: KeyRing) -> None:
    """Take up the ring and the form of the store, as a running replica does within a second."""
    service.use(Vault(ring, "volunteering", bound=False))
    follow_sealing(service.database, service.vault)


@pytest.fixture(autouse=True)
def followed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No replica runs beside these tests, which would need two seconds to see that the store is bound."""
    monkeypatch.setattr("deploy.lianshan.migrations.FOLLOWED_SECONDS", 0.0)


def move(service: Service) -> Any:
    return seal_store(service.database, "volunteering", Vault(RING), batch=2, rest=0, tell=lambda _: None)


class TestMove:
    def test_values_of_release_0_2_are_moved_to_a_key_for_each_person_and_read_on_meanwhile(
        self, service: Service
    ) -> None:
        ids = [as_0_2(service).volunteer(name=f"Invented {n}", external_id=f"file-{n}") for n in range(5)]
        assert all(row["name"].startswith("v1.") for row in people(service))
        assert service.database["data_keys"].count_documents({}) == 0
        # A service of today that has not seen yet that the store is bound reads both forms.
        report = move(service)
        assert report.changed == 2 * len(ids)  # a person, and an external id
        assert [name_of(service, volunteer) for volunteer in ids] == [f"Invented {n}" for n in range(5)]
        assert all(row[name].startswith("p1.") for row in people(service) for name in ("name", "phone", "location"))
        assert service.database["data_keys"].count_documents({}) == len(ids)
        names = list(service.database["external_ids"].find())
        assert all(row["sealed"].startswith("p1.") for row in names), "they are forgotten with the person"
        asked = ReadVolunteeringNames(principal=names[0]["principal"], ids=tuple(ids))
        assert service.ask(asked).names == {volunteer: f"file-{n}" for n, volunteer in enumerate(ids)}
        assert find_unsealed(service.database, "volunteering") is None
        use(service, RING)
        assert name_of(service, service.volunteer(name="Invented today")) == "Invented today"
        assert move(service).changed == 0

    def test_the_guardian_in_a_consent_moves_to_the_key_of_the_person_who_is_consented_for(
        self, service: Service
    ) -> None:
        child = as_0_2(service).volunteer(birth_year=2015)
        guardian = GuardianDetails(name="Zhou Invented", phone="+8613800000009")
        asked = GiveVolunteerConsent(
            person_id=child, scopes=("contact",), purpose="insurance", given_by="guardian", guardian=guardian,
            expires_at=service.now + timedelta(days=1),
        )  # fmt: skip
        consent = service.do(asked).id
        assert service.database["consents"].find_one({"_id": consent})["guardian_sealed"].startswith("v1.")
        report = move(service)
        assert report.unreadable == []
        sealed = service.database["consents"].find_one({"_id": consent})["guardian_sealed"]
        keys = read_keys(service.database, service.vault, [child])
        assert "Zhou Invented" in keys.open(sealed, child, *guardian_place(consent))

    def test_what_a_replica_seals_as_before_while_the_move_runs_is_moved_as_well(self, service: Service) -> None:
        as_0_2(service).volunteer()
        move(service)
        late = service.volunteer(name="Invented late")
        assert people(service)[-1]["name"].startswith("v1.") or people(service)[0]["name"].startswith("v1.")
        move(service)
        assert all(row["name"].startswith("p1.") for row in people(service))
        assert name_of(service, late) == "Invented late"

    def test_a_replica_of_release_0_2_does_not_start_on_the_store_any_more(self, service: Service) -> None:
        as_0_2(service).volunteer()
        move(service)
        rows = {row["_id"]: row for row in service.database["schema"].find()}
        assert refusal("volunteering", rows, {}) is None
        # As release 0.2 looks at the register: it knows no form of this row but the first.
        assert rows["sealing"]["min_reader"] > 1

    def test_a_value_that_no_key_opens_stays_and_is_named(self, service: Service) -> None:
        volunteer = as_0_2(service).volunteer()
        damaged = Vault(bytes(32), bound=False).seal("Invented")
        service.database["volunteer_people"].update_one({"_id": volunteer}, {"$set": {"name": damaged}})
        assert move(service).unreadable == [f"volunteer_people/{volunteer}/name"]
        assert find_unsealed(service.database, "volunteering") is not None


class TestCommands:
    @pytest.fixture
    def environment(self, service: Service, mongo_uri: str, tmp_path: Path) -> dict[str, str]:
        """Of an operator whose platform is of release 0.2, with a volunteer, and keeps its key in a file."""
        mark_store(service.database, machine_now())
        as_0_2(service).volunteer(name="Invented one")
        (tmp_path / "key").write_text(RING.to_text())
        return {
            "LIANSHAN_MONGO_URI": mongo_uri,
            "LIANSHAN_DATABASE_PREFIX": service.database.name.removesuffix("volunteering"),
            "LIANSHAN_DATA_KEY_FILE": str(tmp_path / "key"),
            "LIANSHAN_VAR": str(tmp_path),
        }

    def test_the_operator_moves_a_store_of_release_0_2_and_sees_first_that_it_shuts_that_out(
        self, service: Service, environment: dict[str, str]
    ) -> None:
        refused = lianshan(environment, "keys", "add")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "lianshan migrate" in refused.stderr
        planned = lianshan(environment, "migrate", "volunteering", "--plan")
        assert planned.returncode == 0, planned.stderr
        assert "volunteering.sealing: replicas of an older release cannot work with it" in planned.stdout
        assert people(service)[0]["name"].startswith("v1.")
        done = lianshan(environment, "migrate", "volunteering", "--json")
        assert done.returncode == 0, done.stderr
        (row,) = (row for row in json.loads(done.stdout) if row["collection"] == "sealing")
        assert (row["from"], row["version"], row["documents"], row["shuts_out_older"]) == (1, 2, 1, True)
        assert people(service)[0]["name"].startswith("p1.")
        again = lianshan(environment, "migrate", "volunteering", "--json")
        assert [row for row in json.loads(again.stdout) if row["collection"] == "sealing"] == []

    def test_without_the_key_nothing_is_moved(self, service: Service, environment: dict[str, str]) -> None:
        environment.pop("LIANSHAN_DATA_KEY_FILE")
        refused = lianshan(environment, "migrate", "volunteering")
        assert refused.returncode == 1
        assert "LIANSHAN_DATA_KEY" in refused.stderr
        assert find_unsealed(service.database, "volunteering") is not None
        assert people(service)[0]["name"].startswith("v1.")


class TestRotation:
    def test_everything_is_sealed_again_and_the_former_key_opens_nothing(self, service: Service) -> None:
        as_0_2(service).volunteer()
        move(service)
        use(service, RING)
        ids = [service.volunteer(name=f"Invented {n}", external_id=f"file-{n}") for n in range(5)]
        ring = add_key(RING)
        resealing = Resealing(service.database, Vault(ring, "volunteering"), FIELDS, batch=2, window=3)
        assert resealing.count() == 6, "the data keys: names of people are sealed with them"
        assert name_of(service, ids[0]) == "Invented 0"
        assert resealing.run().changed == 6
        assert resealing.count() == 0
        # A replica with the former ring meets the new key only after it has read the ring again.
        use(service, ring.retire())
        assert [name_of(service, volunteer) for volunteer in ids] == [f"Invented {n}" for n in range(5)]
        use(service, RING)
        with pytest.raises(VaultError, match="sealed with key"):
            name_of(service, ids[0])

    def test_a_name_that_a_caller_has_given_is_found_after_a_rotation(self, service: Service) -> None:
        service.volunteer(external_id="file-1")
        ring = add_key(RING)
        Resealing(service.database, Vault(ring, "volunteering"), FIELDS).run()
        before = service.vault.blind("any")
        service.use(Vault(ring.retire(), "volunteering"))
        assert service.vault.blind("any") == before

    def test_a_run_that_was_killed_goes_on_where_it_was(self, service: Service, monkeypatch: Any) -> None:
        for _ in range(5):
            service.volunteer()
        resealing = Resealing(service.database, Vault(add_key(RING), "volunteering"), FIELDS, batch=2)

        def die(_: str) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr("shared.people.resealing.failpoint", die)
            with pytest.raises(KeyboardInterrupt):
                resealing.run()
        assert resealing.count() == 3
        assert resealing.run().changed == 2 + 3

    def test_no_key_is_retired_that_something_needs(self, service: Service) -> None:
        ring = add_key(RING)
        stores = Stores(service.database.client, service.database.name.removesuffix("volunteering"))
        with pytest.raises(NotBoundError, match="lianshan migrate"):
            check_bound(stores)
        service.volunteer()
        left = count_left(stores, ring)
        assert left["volunteering"] == 1
        with pytest.raises(KeysInUseError, match="1 in volunteering"):
            retire_keys(ring, left)
        with pytest.raises(NotBoundError):
            reseal(stores, ring, batch=10, rest=0)


class TestSwap:
    @pytest.fixture
    def two(self, service: Service) -> tuple[str, str]:
        return service.volunteer(name="Invented one"), service.volunteer(name="Invented two")

    def put(self, service: Service, volunteer: str, **news: str) -> None:
        service.database["volunteer_people"].update_one({"_id": volunteer}, {"$set": news})

    @pytest.mark.usefixtures("two")
    def test_a_value_swapped_between_two_people_is_noticed(self, service: Service) -> None:
        first, second = people(service)
        self.put(service, first["_id"], phone=second["phone"])
        with pytest.raises(VaultError, match="another person"):
            name_of(service, first["_id"])

    @pytest.mark.usefixtures("two")
    def test_a_value_swapped_together_with_the_key_is_noticed(self, service: Service) -> None:
        first, second = people(service)
        self.put(service, first["_id"], **{name: second[name] for name in ("name", "phone", "location")})
        keys = service.database["data_keys"]
        stolen = keys.find_one({"_id": f"person:{second['_id']}"})
        assert stolen is not None
        keys.update_one({"_id": f"person:{first['_id']}"}, {"$set": {"wrapped": stolen["wrapped"]}})
        with pytest.raises(VaultError, match="another person or field"):
            name_of(service, first["_id"])

    @pytest.mark.usefixtures("two")
    def test_a_value_swapped_between_two_fields_is_noticed(self, service: Service) -> None:
        (first, _) = people(service)
        self.put(service, first["_id"], name=first["phone"])
        with pytest.raises(VaultError, match="another person or field"):
            name_of(service, first["_id"])

    def test_what_lies_in_clear_is_not_taken_for_sealed(self, service: Service, two: tuple[str, str]) -> None:
        self.put(service, two[0], name="Invented three")
        with pytest.raises(VaultError):
            name_of(service, two[0])

    def test_the_name_that_a_caller_has_given_to_a_person_is_forgotten_with_the_key(self, service: Service) -> None:
        ids = [service.volunteer(external_id=f"file-{n}") for n in range(2)]
        principal = str(service.database["external_ids"].distinct("principal")[0])
        asked = ReadVolunteeringNames(principal=principal, ids=tuple(ids))
        assert service.ask(asked).names == {ids[0]: "file-0", ids[1]: "file-1"}
        service.database["data_keys"].delete_one({"_id": f"person:{ids[0]}"})
        answer = service.ask(asked)
        assert (answer.used, answer.names) == (True, {ids[1]: "file-1"})

    def test_without_its_key_nothing_of_a_person_can_be_read(self, service: Service, two: tuple[str, str]) -> None:
        service.database["data_keys"].delete_one({"_id": f"person:{two[0]}"})
        with pytest.raises(KeyGoneError, match="forgotten"):
            name_of(service, two[0])
        assert name_of(service, two[1]) in {"Invented one", "Invented two"}


def test_a_registration_and_its_key_are_stored_together_or_not_at_all(service: Service) -> None:
    decided = service.decide(RegisterVolunteer(name="Wu Invented", phone="13700000001", area=COMMUNITY, location=PLACE))
    assert service.database["data_keys"].count_documents({}) == 0
    service.commit(decided)
    (key,) = service.database["data_keys"].find()
    (person,) = people(service)
    assert key["_id"] == f"person:{person['_id']}"
    assert "Wu Invented" not in str(key) + str(person)
