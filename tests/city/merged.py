"""The laws of merges: ids stand for one another in one way, and each has its own tags, slots and record of service."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from deploy.lianshan.laws.nothing_is_lost import HELD
from services.volunteering.matching.domain.volunteers import BOOKINGS_KEPT, NOWHERE, show, tags_of
from services.volunteering.people.consent import MATCHING
from shared.contracts.volunteering.people import ChangeVolunteer, PauseVolunteer, RegisterVolunteer, ResumeVolunteer
from shared.engine import Document
from tests.city.world import World

SERVED: Final = frozenset({"checked_out", "credited"})
TOLD: Final = (RegisterVolunteer, ChangeVolunteer, PauseVolunteer, ResumeVolunteer)
"""The commands whose answer names skills and languages."""
SLACK: Final = timedelta(minutes=1)
"""Clocks differ: a slot that is past for one replica is not for another."""


def find_confused(world: World) -> Iterator[str]:
    """Return the ids that contradict each other."""
    shown = world.rows("gateway", "identities")
    for service in ("volunteering", "charity"):
        known = world.rows(service, "identities")
        for one, identity in known.items():
            survivor = known.get(identity["survivor"], {})
            if survivor.get("survivor") != identity["survivor"]:
                yield f"{one} stands for {identity['survivor']}, which does not stand for itself"
            elif one not in {identity["survivor"], *survivor["others"]}:
                yield f"{one} stands for {identity['survivor']}, which does not know it"
            if identity["survivor"] == one:
                left = [other for other in identity["others"] if known[other]["survivor"] != one]
                yield from (f"{one} counts on {other}, which stands for another" for other in left)
            # An id that never took part in a merge, and has an identity for its version alone, is shown by itself.
            if shown.get(one, {}).get("survivor_id", one) != identity["survivor"]:
                yield f"{one} stands for {identity['survivor']}, and the gateway shows another"


def find_misplaced(world: World) -> Iterator[str]:
    """Return the tags, slots and services of volunteers that are not where they belong."""
    identities = world.rows("volunteering", "identities")
    survivors = {one: identity["survivor"] for one, identity in identities.items()}
    volunteers = world.rows("volunteering", "volunteers")
    served = dict.fromkeys(volunteers, 0)
    for staffing in world.rows("volunteering", "staffings").values():
        fresh = staffing["ends_at"] > world.time() - BOOKINGS_KEPT + SLACK
        for row in staffing["dispatches"]:
            owner = survivors.get(row["volunteer_id"], row["volunteer_id"])
            served[owner] += row["state"] in SERVED
            if fresh and row["state"] in {"offered", *HELD}:
                name = "offers" if row["state"] == "offered" else "bookings"
                if all(hold[0] != row["id"] for hold in volunteers[owner].get(name, ())):
                    yield f"{owner} does not keep the slot of {row['id']}, which is {row['state']}"
    registered = _registered_tags(world)
    for one, volunteer in volunteers.items():
        if survivors.get(one, one) != one:
            continue
        if (kept := volunteer.get("kept", 0)) != served[one]:
            yield f"{one} has served {served[one]} times, and {kept} are kept"
        if tuple(volunteer["home"]) != NOWHERE and set(show(_own_tags(volunteer))) != registered[one]:
            yield f"{one} has the tags {_own_tags(volunteer)}, and was registered with {sorted(registered[one])}"


def find_matched(world: World) -> Iterator[str]:
    """Return the volunteers who are searched although they have withdrawn, or not found although a consent stands.

    Of the statements under the ids of one person the latest counts.
    """
    identities, volunteers = world.rows("volunteering", "identities"), world.rows("volunteering", "volunteers")
    consents: dict[str, list[Document]] = {}
    for consent in world.rows("volunteering", "consents").values():
        if consent["purpose"] == MATCHING.purpose:
            consents.setdefault(consent["person_id"], []).append(consent)
    for one in volunteers:
        identity = identities.get(one, {"survivor": one, "others": ()})
        tags = _own_tags(volunteers[one])
        if identity["survivor"] != one or not tags:
            continue
        living = [other for other in (one, *identity["others"]) if tuple(volunteers[other]["home"]) != NOWHERE]
        said = [consent for other in living for consent in consents.get(other, ())]
        hidden, agrees = tags != show(tags), _agrees(said)
        if agrees is not None and agrees == hidden:
            words = "consents" if agrees else "does not consent"
            yield f"{one} {words} to be matched, and has the tags {tags}"


def _agrees(consents: list[Document]) -> bool | None:
    """Return whether the person wants to be matched; None where nothing was said, or two things at about one time."""
    given = [consent for consent in consents if consent["state"] == "given"]
    if not given:
        return False if consents else None
    withdrawn = [consent for consent in consents if consent["state"] == "withdrawn"]
    standing = {consent["_id"]: _at(consent, "given_at") for consent in given}
    for consent in given:
        others = [other for other in withdrawn if other["person_id"] != consent["person_id"]]
        stood = [
            _at(other, "withdrawn_at") for other in others if _at(other, "withdrawn_at") < _at(other, "expires_at")
        ]
        if any(abs(at - standing[consent["_id"]]) < SLACK for at in stood):
            return None
        if any(at > standing[consent["_id"]] for at in stood):
            del standing[consent["_id"]]
    return bool(standing)


def _at(consent: Document, name: str) -> datetime:
    return datetime.fromisoformat(consent[name])


def _own_tags(volunteer: Document) -> tuple[str, ...]:
    """Return the tags, of one who is away those that count from the return on."""
    return tuple(volunteer.get("kept_tags", ()) if volunteer.get("away") else volunteer["tags"])


def _registered_tags(world: World) -> dict[str, set[str]]:
    """Return the tags by the latest answer about each volunteer: after a change those of the change."""
    versions: dict[str, int] = {}
    found: dict[str, set[str]] = {}
    for letter in world.people.letters.values():
        answer = (letter.answer or {}).get("ok")
        if not isinstance(letter.command, TOLD) or answer is None:
            continue
        if answer["version"] >= versions.get(answer["id"], 0):
            versions[answer["id"]] = answer["version"]
            found[answer["id"]] = set(tags_of(tuple(answer["skills"]), tuple(answer["languages"])))
    return found
