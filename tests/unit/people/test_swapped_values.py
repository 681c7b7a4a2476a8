"""A sealed value that is put in the place of another person's, or of another field, is noticed: each store, each field.

Personal Information Protection Law, art. 51: measures against alteration.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import permutations
from typing import Any, Final

import pytest
from former_donors import migrated
from identity_numbers import invented_number
from named_staff import worker

from services.charity.declaration import DECLARATION as CHARITY
from services.charity.donors.domain import Donor
from services.stations.declaration import DECLARATION as STATIONS
from services.stations.needs.policy import NeedsPolicy
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from shared.contracts.charity.consents import GiveDonorConsent
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.consents import GuardianDetails
from shared.contracts.stations.amending import AmendNeed
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.assessing import AssessNeed
from shared.contracts.stations.attachments import AddAttachmentPart
from shared.contracts.stations.consents import GiveNeedConsent, GiveResidentConsent
from shared.contracts.stations.needs import CancelNeed, RegisterNeed
from shared.contracts.stations.network import OpenStation
from shared.contracts.stations.relations import RecordRelation
from shared.contracts.stations.residents import RegisterResident
from shared.contracts.volunteering.consents import GiveVolunteerConsent
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.engine.decide.external_ids import ExternalId
from shared.engine.decide.memory import START, MemoryEngine
from shared.engine.store.replicas import Share
from shared.people import DataKey, OpenKeys
from shared.people.reading import by_id
from shared.runtime.vault import Vault, VaultError

COMMUNITY: Final = "110102009017"
PLACE: Final = {"lon": 116.3, "lat": 39.9}
GUARDIAN: Final = GuardianDetails(name="Zhou Invented", phone="+8613800000009")
NOT_WRITTEN: Final = {"confirm_note", "evaluation_comment", "payee_sealed", "evidence_sealed", "value"}
"""Words that are kept as those of a cancellation are, by one function; payees and values of
a screening, whose tests open them by their place.
"""


class Served:
    """A service in memory, and two persons in it with all that it may hold about a person sealed."""

    def __init__(self, declaration: Any, *policies: Any) -> None:
        self.declared = declaration
        self.vault = Vault(bytes(32), declaration.name)
        offered = {"vault": self.vault, "share": Share(), "catalogue_owner": None}
        self.engine = MemoryEngine(declaration.handlers(*policies, **offered))

    def stored(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Every sealed value with its place and its person."""
        sealed = {**self.declared.sealed, ExternalId.collection: {"sealed": "person"}}
        for (model, entity_id), entity in self.engine.entities.items():
            row = entity.to_document() if entity is not None else {}
            subject = "about" if model is ExternalId else self.declared.subjects.get(model.collection, "_id")
            for field, purpose in sealed.get(model.collection, {}).items():
                if purpose != "key" and row.get(field):
                    yield model.collection, entity_id, field, row[field], row[subject]

    def migrate(self, donor_id: str) -> None:
        """Have the donor stand there as one of release 0.2 does who was migrated."""
        donor, key = migrated(self.vault, self.engine.one(Donor, donor_id))
        self.engine.entities[Donor, donor_id], self.engine.entities[DataKey, key.id] = donor, key

    def keys(self) -> OpenKeys:
        """The keys of everybody."""
        rows = [entity.to_document() for entity in self.engine.entities.values()]
        stored = [key.to_document() for key in self.engine.all(DataKey)]
        return OpenKeys(self.vault, by_id(stored, [row for row in rows if "data_key" in row]))


def volunteers() -> Served:
    served = Served(VOLUNTEERING)
    for nth, birthday in enumerate(("20150304", "20150305")):
        asked = {"name": "Wen", "phone": f"1380000000{nth}", "area": COMMUNITY, "location": PLACE}
        more = {"identity_number": invented_number(birthday), "external_id": f"file-{nth}", "email": "wen@example.org"}
        person = served.engine.command(RegisterVolunteer.model_validate({**asked, **more})).id
        _consent(served, GiveVolunteerConsent, person)
    return served


def donors() -> Served:
    served = Served(CHARITY)
    for nth in range(3):
        asked = RegisterDonor(name="Wen", phone=f"1380000000{nth}", birth_year=2015, external_id=f"file-{nth}")
        _consent(served, GiveDonorConsent, served.engine.command(asked).id)
    for nth, birthday in enumerate(("19620704", "19620705")):
        asked = RegisterDonor(name="Wen", phone="13800000007", identity_number=invented_number(birthday))
        served.engine.command(asked, key=f"old {nth}")
    for donor in [donor.id for donor in served.engine.all(Donor)][2:]:
        served.migrate(donor)
    return served


def needs() -> Served:
    served = Served(STATIONS, NeedsPolicy())
    served.engine.command(ImportAreas(rows=(AreaRow(code=COMMUNITY, name="Elm Hall"),)))
    station = served.engine.command(OpenStation(area=COMMUNITY, name="Station", level="station")).id
    for _ in range(2):
        asked = {
            "station_id": station, "title": "Rice", "theme": "elderly_care", "urgency": "normal",
            "due": START + timedelta(days=1), "location": PLACE, "beneficiaries": {"count": 1},
            "lines": [{"kind": "money", "amount_fen": 100}], "publish": True,
        }  # fmt: skip
        need = served.engine.command(RegisterNeed.model_validate(asked)).id
        _consent(served, GiveNeedConsent, need, scope="need_words")
        served.engine.command(
            AmendNeed(need_id=need, title="Rice again", note="Misheard", reason_code="entered_wrongly")
        )
        served.engine.command(AssessNeed(need_id=need, domains=("health",), risk="low", problem="Eats too little"))
        file = {"need_id": need, "kind": "photo", "upload": f"upload-{need}", "number": 0, "last": True}
        served.engine.command(AddAttachmentPart.model_validate({**file, "content": "/9j/"}))
        served.engine.command(CancelNeed(need_id=need, reason="Moved to an aunt"))
    for nth, birthday in enumerate(("19440302", "20150304")):
        person = {"name": "Wen", "phones": (f"1380000000{nth}",), "identity_number": invented_number(birthday)}
        person |= {
            "consent": {"words_version": "1", "obtained": "in_writing", "given_by": "guardian", "guardian": GUARDIAN}
        }
        asked_for = RegisterResident.model_validate({"station_id": station, "external_id": f"file-{nth}", **person})
        person_id = served.engine.command(asked_for).id
        _consent(served, GiveResidentConsent, person_id)
        daughter = {"name": "Wen", "phone": "13900139000"}
        relation = {"kind": "carer", "tie": "child", "since": "2026-02-01", "contact": daughter}
        served.engine.command(RecordRelation.model_validate({"resident_id": person_id, **relation}))
        served.engine.command(worker(served.engine, f"staff-{nth}"))
    return served


def _consent(served: Served, kind: type[Any], person: str, scope: str = "contact") -> None:
    served.engine.command(
        kind(
            person_id=person, scopes=(scope,), purpose="insurance", recipient="insurer", given_by="guardian",
            guardian=GUARDIAN, expires_at=START + timedelta(days=9),
        )
    )  # fmt: skip


@pytest.mark.parametrize("make", [volunteers, donors, needs])
def test_a_value_opens_in_its_own_place_and_in_no_other(make: Callable[[], Served]) -> None:
    served = make()
    values, keys = list(served.stored()), served.keys()
    for collection, row_id, field, sealed, person in values:
        assert keys.open(sealed, person, collection, row_id, field)
    for (collection, row_id, field, _, person), (*_, moved, _) in permutations(values, 2):
        with pytest.raises(VaultError):
            keys.open(moved, person, collection, row_id, field)
    written = {(collection, field) for collection, _, field, _, _ in values}
    declared = {
        (name, field) for name, fields in served.declared.sealed.items()
        for field, purpose in fields.items() if purpose != "key"
    }  # fmt: skip
    assert {field for _, field in declared - written} <= NOT_WRITTEN, "each other field of each store was tried"
