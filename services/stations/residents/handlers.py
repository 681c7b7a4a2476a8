"""The commands of residents. Each is written by hand: the personal data stands beside the shape, sealed."""

from typing import Any, Final, Protocol

from services.stations.network.domain import Station, StationGone, gone_key
from services.stations.residents.alike import (
    AlikeResidents,
    intake_loads,
    load_known,
    require_none_alike,
    take_in,
)
from services.stations.residents.consent import NUMBER, PLAIN_DATA, RECORD, living_ids, record_consents, require_consent
from services.stations.residents.domain import (
    PROFILE,
    Resident,
    ResidentRecord,
    find_next_step,
    registered,
    reopened,
    require_known,
)
from services.stations.residents.policy import ResidentsPolicy
from services.stations.residents.profile import change_profile, marks_of, particulars_of, place_of, to_profile
from shared.catalogue import catalogue_of, load_catalogue
from shared.contracts.messages import EventData
from shared.contracts.plain import Action, Shape
from shared.contracts.stations.residents import (
    ChangeResident,
    RegisterResident,
    ReopenResident,
    ResidentChanged,
    ResidentParticulars,
    ResidentRegistered,
    ResidentReopened,
    ResidentShape,
)
from shared.engine import Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.engine.decide.external_ids import Namer, name_load, refuse_known_name
from shared.engine.plain import Plain, check_version
from shared.engine.reminders import AT_ONCE
from shared.people import Keeper, Marker, MarkKey, Sealer, keep_person_name, key_loads, key_of, make_key
from shared.people.consents import OwnConsents
from shared.people.identities import identity_load, identity_of
from shared.people.reading import loaded_keys

RESIDENTS: Final = Plain(Resident, "resident", ResidentShape, find_next_step)


class Vault(Namer, Keeper, MarkKey, Protocol):
    """The vault, as registrations and changes need it."""

    def open(self, sealed: str, *place: str) -> str:
        """Return the text that was sealed for that place."""

    def open_key(self, wrapped: str, *place: str) -> Any:
        """Return the sealer and opener of a wrapped data key."""


def register_resident(message: Incoming[RegisterResident], vault: Vault, policy: ResidentsPolicy) -> Handling:
    """Register a resident of a station. Answers ResidentShape.

    Raises Refused("conflict") where somebody within the actor's area is likely the same person, Refused("invalid") for
    a birth in the future or an unknown label, and Refused("wrong_state") for a station that is not open, and where the
    consent is missing that an identity number needs, or by the city's rule every registration.
    """
    asked, actor = message.data, message.actor
    marks = marks_of(particulars_of(asked), Marker(vault))
    alike = AlikeResidents.by(marks, actor.area)
    named = name_load(vault, actor.principal, "resident", asked.external_id)

    first: list[Load] = [Get(Station, asked.station_id, actor.area), *intake_loads(alike), alike, *named]

    def load() -> Loading:
        work = yield first
        yield from load_known(work, alike)
        yield from load_catalogue()

    work = yield from take_turn(load)
    station = work.reach(Station, asked.station_id, "station_id")
    refuse_known_name(work, vault, "resident", asked.external_id, named)
    after = registered(asked, station, work.new_id(RESIDENTS.kind), work.now)
    profile = to_profile(asked, catalogue_of(work), work.now)
    require_none_alike(work, alike, after.id, asked.despite)
    _require_record_consent(asked, policy, work)
    take_in(work, alike)
    key = make_key(work, vault, after.id)
    # Labels become codes in the profile, and a telephone given twice stands there once: its marks are the same.
    work.put(filled(ResidentRecord(id=after.id, area=after.area, profile=""), profile, key, marks))
    keep_person_name(work, vault, "resident", after.id, asked.external_id, sealer=key, named=named)
    if asked.consent is not None:
        scopes = [PLAIN_DATA, *([(NUMBER,)] if asked.identity_number else [])]
        record_consents(work, asked.consent, after, profile, scopes=scopes, key=key)
    return RESIDENTS.store(work, None, after, ResidentRegistered)


def _require_record_consent(asked: RegisterResident, policy: ResidentsPolicy, work: UnitOfWork) -> None:
    """Refuse a registration without the consent that it needs. Raises Refused as `require_consent` does."""
    if asked.consent is None and (asked.identity_number is not None or policy.resident_needs_consent):
        scope = NUMBER if asked.identity_number is not None else PLAIN_DATA[0]
        require_consent((), scope, RECORD, work.now, "consent")


def change_resident(message: Incoming[ChangeResident], vault: Vault) -> Handling:
    """Correct the personal data of a resident. Answers ResidentShape.

    Raises Refused("not_found"), Refused("version_mismatch"), Refused("wrong_state") for an id that was merged or
    erased, Refused("invalid") as a registration does, and Refused("conflict") where new data makes the resident likely
    the same as somebody else within the actor's area.
    """
    asked, actor, marker = message.data, message.actor, Marker(vault)

    def load() -> Loading:
        keys = key_loads(asked.id)
        work = yield [*person_loads(asked.id, actor.area), *keys]
        yield from load_catalogue()
        if (record := work.get(ResidentRecord, asked.id)) is not None and work.get(Resident, asked.id) is not None:
            alike = look_for(work, record)
            ids = identity_of(work, asked.id).ids
            own = (load for one in ids for load in (OwnConsents(one, RECORD), Get(Resident, one)))
            work = yield [alike, *intake_loads(alike), *own]
            yield from load_known(work, alike)

    def change(work: UnitOfWork, record: ResidentRecord) -> ResidentParticulars:
        return change_profile(open_profile(work, vault, record), asked, catalogue_of(work), work.now)

    def look_for(work: UnitOfWork, record: ResidentRecord) -> AlikeResidents:
        """Return the search for those whom the new data, and not the old, resembles."""
        return AlikeResidents.of(particulars_of(change(work, record)), marker, actor.area).beyond(record.marks)

    work = yield from take_turn(load)
    before = reach_resident(work, asked)
    record = work.require(ResidentRecord, before.id, "id")
    alike = look_for(work, record)
    require_none_alike(work, alike, before.id, asked.despite)
    take_in(work, alike)
    key, after = key_of(work, vault, before.id), change(work, record)
    if asked.consent is not None:
        record_consents(work, asked.consent, before, after, scopes=[(NUMBER,)], key=key)
    elif asked.identity_number is not None:
        ids = living_ids(work, identity_of(work, before.id).ids)
        consents = [consent for one in ids for consent in work.find(OwnConsents(one, RECORD))]
        require_consent(consents, NUMBER, RECORD, work.now, "consent")
    work.put(filled(record, after, key, marks_of(particulars_of(after), marker)))
    return store_change(work, before, before.model_copy(), ResidentChanged)


def reopen_resident(message: Incoming[ReopenResident]) -> Handling:
    """Care for a resident again; the successor of a station that has one takes over. Answers ResidentShape.

    Raises Refused as `reopened` does, and Refused("conflict") where somebody within the actor's area is likely the same
    person, registered meanwhile.
    """
    asked, area = message.data, message.actor.area

    def load() -> Loading:
        work = yield person_loads(asked.id, area)
        known, record = work.get(Resident, asked.id), work.get(ResidentRecord, asked.id)
        if known is not None and record is not None:
            alike = AlikeResidents.by(record.marks, area)
            work = yield [Get(Station, known.station_id), alike, *intake_loads(alike)]
            yield from load_known(work, alike)

    work = yield from take_turn(load)
    before = reach_resident(work, asked)
    station = work.require(Station, before.station_id, "id")
    after = reopened(asked, before, station)
    alike = AlikeResidents.by(work.require(ResidentRecord, before.id, "id").marks, area)
    require_none_alike(work, alike, before.id, asked.despite)
    take_in(work, alike)
    guard_record(work, before.id)
    if station.successor_id is not None:
        work.remind(gone_key(station.id), work.now + AT_ONCE, StationGone(id=station.id))
    return store_change(work, before, after, ResidentReopened)


def person_loads(resident_id: str, area: str | None) -> list[Load]:
    """Return the loads that `reach_resident` and `store_change` need."""
    return [Get(Resident, resident_id, area), Get(ResidentRecord, resident_id), identity_load(resident_id)]


def reach_resident(work: UnitOfWork, asked: Action) -> Resident:
    """Return the resident. Raises Refused("not_found"), Refused("version_mismatch") and as `require_known` does."""
    before = work.reach(Resident, asked.id, "id")
    require_known(before)
    check_version(before, RESIDENTS.kind, asked.expected_version)
    return before


def store_change(work: UnitOfWork, before: Resident, after: Resident, event: type[EventData]) -> Shape:
    """Store and announce a change; nothing where `after` is `before`. Return the outward shape."""
    if after is not before:
        # The versions of a resident and of the identity go together: a merge compares the second with If-Match.
        work.put(identity_of(work, before.id))
    return RESIDENTS.store(work, before, after, event)


def guard_record(work: UnitOfWork, resident_id: str) -> None:
    """Store the record as it is: another decision about the resident, made at once, is made again and sees this one.

    Needs its load.
    """
    if (record := work.get(ResidentRecord, resident_id)) is not None:
        work.put(record)


def open_profile(work: UnitOfWork, vault: Vault, record: ResidentRecord) -> ResidentParticulars:
    """Return the personal data of a loaded record. Raises VaultError. Needs `key_loads`."""
    text = loaded_keys(work, vault, record.id).open(record.profile, record.id, *place_of(record.id))
    return ResidentParticulars.model_validate_json(text)


def filled(record: ResidentRecord, profile: ResidentParticulars, key: Sealer, marks: tuple[str, ...]) -> ResidentRecord:
    """Return the record with the profile, sealed, and the marks made of it."""
    text = profile.model_dump_json(exclude_defaults=True)
    sealed = key.seal(text, *place_of(record.id))
    return record.model_copy(update={PROFILE: sealed, "marks": marks})


HANDLERS: Final[HandlerTable] = {
    RegisterResident: register_resident,
    ChangeResident: change_resident,
    ReopenResident: reopen_resident,
}
