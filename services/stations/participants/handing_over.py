"""The participants of a station that has ended: they go on at its successor, or end with it."""

from collections.abc import Generator, Sequence

from services.stations.network.domain import Station
from services.stations.participants.domain import Participant, ended
from services.stations.participants.handlers import PARTICIPANTS
from services.stations.participants.storage import LinkedTo
from shared.contracts.refusals import Refused
from shared.contracts.stations.participants import ParticipantHandedOver, ParticipantUnlinked
from shared.engine import Load, UnitOfWork


def participants_of(station_id: str) -> LinkedTo:
    """Return the search for the linked participants of a station."""
    return LinkedTo("station_id", station_id)


def hand_over_participants(
    work: UnitOfWork, station_id: str, successor: Station | None
) -> Generator[Sequence[Load], UnitOfWork, bool]:
    """Hand over the participants that `participants_of` finds; return whether more may be left.

    One that has the same role at the successor already ends as merged, and all end with a station without successor.
    """
    found = work.find(participants_of(station_id))
    there = {} if successor is None else {"station_id": successor.id, "area": successor.area}
    moved = [before.model_copy(update=there) for before in found]
    yield PARTICIPANTS.load_claims(*found, *moved)
    for before, after in zip(found, moved, strict=True):
        if successor is None:
            PARTICIPANTS.store(work, before, ended(before, "station_closed", work.now), ParticipantUnlinked)
        elif not _goes_on(work, before, after):
            PARTICIPANTS.store(work, before, ended(before, "station_merged", work.now), ParticipantUnlinked)
    return len(found) == LinkedTo.limit


def _goes_on(work: UnitOfWork, before: Participant, after: Participant) -> bool:
    try:
        PARTICIPANTS.store(work, before, after, ParticipantHandedOver)
    except Refused:  # before anything was put: the organisation has this role at the successor already
        return False
    return True
