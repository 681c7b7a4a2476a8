"""The profile of a social worker: the personal data that is sealed in one piece, and the marks made of it."""

from services.stations.workers.domain import PROFILE, WorkerRecord
from shared.contracts.stations.worker_queries import WorkerParticulars
from shared.engine import UnitOfWork
from shared.people import Marker, Sealer
from shared.people.marks import lines_of
from shared.people.reading import Opener, loaded_keys


def place_of(worker_id: str, field: str = PROFILE) -> tuple[str, str, str]:
    """Return the place that a field is sealed for."""
    return WorkerRecord.collection, worker_id, field


def open_profile(work: UnitOfWork, vault: Opener, record: WorkerRecord) -> WorkerParticulars:
    """Return the personal data of a loaded record. Raises VaultError. Needs `key_loads`."""
    text = loaded_keys(work, vault, record.id).open(record.profile, record.id, *place_of(record.id))
    return WorkerParticulars.model_validate_json(text)


def filled(record: WorkerRecord, profile: WorkerParticulars, key: Sealer, marker: Marker) -> WorkerRecord:
    """Return the record with the profile, sealed, and the marks made of it."""
    sealed = key.seal(profile.model_dump_json(exclude_defaults=True), *place_of(record.id))
    return record.model_copy(update={PROFILE: sealed, "marks": marks_of(profile, marker)})


def marks_of(profile: WorkerParticulars, marker: Marker) -> tuple[str, ...]:
    """Return the marks by which the person is found: of the name, of each telephone line, and of the certificate."""
    found = {marker.of_name_alone(profile.name), *map(marker.of_phone, lines_of(profile.phone))}
    if profile.certificate_number is not None:
        found.add(marker.of_certificate(profile.certificate_number))
    return tuple(sorted(found))
