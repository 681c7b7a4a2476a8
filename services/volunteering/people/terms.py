"""The terms (服务条件) on which a volunteer serves, changed: pure functions over the volunteer and the person."""

from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.matching.domain.absence import is_away_at, with_tags
from services.volunteering.matching.domain.availability import covers, week_slot, windows_of
from services.volunteering.matching.domain.distances import metres_between
from services.volunteering.matching.domain.rings import areas_around, ring_of
from services.volunteering.matching.domain.scoring import MAX_METRES
from services.volunteering.matching.domain.volunteers import Volunteer, show, tags_of
from services.volunteering.people.domain import VolunteerPerson, place_of, require_narrow_area, rounded
from shared.contracts.volunteering.people import ChangeVolunteer
from shared.people import Marker, Particulars, Sealer

OPEN: Final = frozenset({"offered", "accepted"})
"""The states of a dispatch that can be given to somebody else: nobody has come yet."""


def changed(volunteer: Volunteer, person: VolunteerPerson, asked: ChangeVolunteer) -> Volunteer:
    """Return the volunteer on the new terms. Raises Refused("invalid") for an area wider than a city."""
    if asked.area is not None:
        require_narrow_area(asked.area)
    facts: dict[str, object] = {
        "area": asked.area,
        "home": None if asked.location is None else rounded(asked.location),
        "windows": None if asked.availability is None else windows_of(asked.availability),
        "standing": asked.standing_acceptance,
    }
    after = volunteer.model_copy(update={name: fact for name, fact in facts.items() if fact is not None})
    if asked.skills is None and asked.languages is None:
        return after
    skills = person.skills if asked.skills is None else asked.skills
    languages = person.languages if asked.languages is None else asked.languages
    return with_tags(after, tags_of(skills, languages))


def changed_person(person: VolunteerPerson, after: Volunteer, asked: ChangeVolunteer, key: Sealer) -> VolunteerPerson:
    """Return the person with the new contact, sealed, and the new terms as they were given."""
    update: dict[str, object] = {"area": after.area}
    location = None if asked.location is None else asked.location.model_dump_json()
    contact = {"phone": asked.phone, "location": location, "email": asked.email or None}
    update |= {name: key.seal(new, *place_of(person.id, name)) for name, new in contact.items() if new is not None}
    if asked.email == "":
        update["email"] = None
    terms = {"skills": asked.skills, "languages": asked.languages}
    update |= {name: codes for name, codes in terms.items() if codes is not None}
    if asked.availability is not None:
        update["availability"] = tuple(window.model_dump(mode="json") for window in asked.availability)
    return person.model_copy(update=update)


def found_by(person: VolunteerPerson, after: Volunteer, marker: Marker, text: Callable[[str], str]) -> VolunteerPerson:
    """Return the person with the marks of today's data; `text` opens a sealed field, or returns "" where no key does.

    Marks that a store of release 0.2 does not have yet stay so until `lianshan migrate`.
    """
    name = text("name")
    if person.marks is None or not name:
        return person
    particulars = Particulars(
        name=name,
        phone=text("phone"),
        identity_number=None if person.identity_number is None else text("identity_number"),
        birth_year=after.birth_year,
        home=after.home,
    )
    return person.model_copy(update={"marks": marker.of_person(particulars)})


def on_other_terms(before: Volunteer, after: Volunteer) -> bool:
    """Return whether promises have to be compared with the terms again."""
    names = ("area", "home", "tags", "kept_tags", "windows", "standing", "away", "away_until")
    return any(getattr(before, name) != getattr(after, name) for name in names)


def keeps(volunteer: Volunteer, staffing: Staffing, dispatch: Dispatch, zone: ZoneInfo) -> bool:
    """Return whether an offer or promise still fits the terms; a booking made unasked only with standing acceptance."""
    if dispatch.state not in OPEN:
        return True
    if is_away_at(volunteer, staffing.starts_at) or (dispatch.standing and not volunteer.standing):
        return False
    # Promises made before a consent ended stay: they are the volunteer's own to keep.
    tags = show(volunteer.kept_tags if volunteer.away else volunteer.tags)
    near = metres_between(volunteer.home, staffing.place) <= MAX_METRES
    in_city = ring_of(volunteer.area, areas_around(staffing.area)) is not None
    slot = week_slot(staffing.starts_at, staffing.ends_at, zone)
    return near and in_city and set(staffing.tags) <= set(tags) and covers(volunteer.windows, slot)
