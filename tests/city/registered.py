"""The law about people who were registered twice: one person holds one place of a need in spite of that."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from services.volunteering.dispatch.domain.dispatch_states import HELD
from shared.contracts.volunteering.people import RegisterVolunteer
from tests.city.world import World

NOWHERE = [0.0, 0.0]
"""The home of a volunteer whose data was erased."""


def find_doubled(world: World) -> Iterator[str]:
    """Yield the needs of which one person holds two places, and the pending people who hold anything.

    Left out are ids of which an officer has said that they are another person's, and those whose data was erased.
    """
    volunteers = world.rows("volunteering", "volunteers")
    apart = _told_apart(world)
    names = {one: person for one, person in _persons(world) if one not in apart}
    for staffing in world.rows("volunteering", "staffings").values():
        held = {row["volunteer_id"] for row in staffing["dispatches"] if row["state"] in HELD}
        known = sorted(one for one in held if one in names and list(volunteers[one]["home"]) != NOWHERE)
        for one, other in combinations(known, 2):
            if names[one] == names[other]:
                yield f"need {staffing['_id']} has one person twice, as {one} and {other}"
    for one, volunteer in volunteers.items():
        away, promised = volunteer.get("away"), volunteer.get("bookings") or volunteer.get("offers")
        if away in {"pending", "rejected"} and promised:
            yield f"{one} is {away}, and was asked or promised something"


def _persons(world: World) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the id of each registration with the particulars that only one person has."""
    for letter in world.people.letters.values():
        asked = letter.command
        answer = letter.answer or {}
        if isinstance(asked, RegisterVolunteer) and "ok" in answer:
            yield answer["ok"]["id"], (asked.name, asked.phone)


def _told_apart(world: World) -> set[str]:
    """Return the ids that an officer has stated to be another person's, by a check or by undoing a merge."""
    checks = world.rows("volunteering", "identity_checks").values()
    merges = world.rows("volunteering", "merges").values()
    apart = {row["volunteer_id"] for row in checks if row["state"] == "another_person"}
    return apart | {row["merged_id"] for row in merges if row["state"] == "unmerged"}
