"""The laws of merges: ids stand for one another in one way, and each has its own tags, slots and record of service."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from deploy.lianshan.laws.nothing_is_lost import HELD
from services.volunteering.matching.domain.volunteers import BOOKINGS_KEPT, NOWHERE, tags_of
from shared.contracts.volunteering.people import RegisterVolunteer
from tests.city.world import World

SERVED: Final = frozenset({"checked_out", "credited"})
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
            if shown.get(one, {}).get("survivor_id") != identity["survivor"]:
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
                if all(hold[0] != row["id"] for hold in volunteers[owner][name]):
                    yield f"{owner} does not keep the slot of {row['id']}, which is {row['state']}"
    registered = _registered_tags(world)
    for one, volunteer in volunteers.items():
        if survivors.get(one, one) != one:
            continue
        if volunteer["kept"] != served[one]:
            yield f"{one} has served {served[one]} times, and {volunteer['kept']} are kept"
        if tuple(volunteer["home"]) != NOWHERE and set(volunteer["tags"]) != registered[one]:
            yield f"{one} is found by {volunteer['tags']}, and was registered with {sorted(registered[one])}"


def _registered_tags(world: World) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for letter in world.people.letters.values():
        command: Any = letter.command
        if isinstance(command, RegisterVolunteer) and "ok" in (letter.answer or {}):
            found[(letter.answer or {})["ok"]["id"]] = set(tags_of(command.skills, command.languages))
    return found
