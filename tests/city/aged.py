"""The law of retention: old words are gone with the marks that lead to them, and each data key opens something."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from shared.contracts.stations.needs import ENDED
from tests.city.retiring import KEPT_DAYS
from tests.city.world import World

RECORDS: Final = {
    "volunteer": ("volunteering", "volunteer_people"),
    "donor": ("charity", "donors"),
    "need": ("stations", "need_texts"),
    "resident": ("stations", "resident_records"),
    "worker": ("stations", "worker_records"),
}
"""The owner of each kind of person, and the collection whose documents the person's data key seals, by their id."""
SERVICES: Final = ("volunteering", "charity", "stations")
"""The owners of people."""


def find_outlived(world: World) -> Iterator[str]:
    """Return the things still stored after the end of their time."""
    for service in SERVICES:
        known = {one for owner, records in RECORDS.values() if owner == service for one in world.rows(owner, records)}
        for key in world.rows(service, "data_keys"):
            purpose, _, person = key.partition(":")
            if purpose == "person" and person not in known:
                yield f"the data key of {person} is there, and the data that it sealed is not"
    if world.retiring.whole is not None:
        cutoff = world.retiring.whole - timedelta(days=KEPT_DAYS)
        for need in world.rows("stations", "needs").values():
            if need.get("state") in ENDED and need["timeline"][-1][1] < cutoff:
                yield from _find_words(world, need["_id"])


def _find_words(world: World, need: str) -> Iterator[str]:
    if need in world.rows("stations", "need_texts"):
        yield f"the words of {need} are there after their time"
    if any(row["about"] == need for row in world.rows("stations", "external_ids").values()):
        yield f"an external id of {need} is there after its time"
    for consent in world.rows("stations", "consents").values():
        if consent["person_id"] == need and consent["guardian_sealed"]:
            yield f"the consent {consent['_id']} names a guardian after the time of {need}"
