"""The laws of a city at rest: L1 to L5 over all stores and every event, each breach in words beginning with its law.

L1 and most of L2 are the checks of `deploy/lianshan/laws`, which run on any store; the sums of L3 and L4 are MongoDB
pipelines there and are made here in Python.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Final

from deploy.lianshan.laws import word_breaches
from deploy.lianshan.laws.effects_happen_once import _find_disagreements, _find_missing_links
from deploy.lianshan.laws.feed import read_feed
from deploy.lianshan.laws.nobody_is_booked_twice import PROMISED
from deploy.lianshan.laws.nothing_is_lost import HELD, find_forgotten_needs
from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.contracts.subscriptions import EVENTS_EXCHANGE
from shared.ledger.checks import violations
from tests.city.aged import find_outlived
from tests.city.amended import find_unheeded
from tests.city.broker import queues_for, topology
from tests.city.consented import find_hidden_consents, find_wrong_reads
from tests.city.correcting import find_wrong_gifts
from tests.city.credited import find_wrong_credits
from tests.city.deadlines import find_without_deadline
from tests.city.delivered import find_wrong_deliveries
from tests.city.erased import find_left
from tests.city.merged import find_confused, find_matched, find_misplaced
from tests.city.mongo import Database
from tests.city.paid import find_wrong_payments
from tests.city.registered import find_doubled
from tests.city.screened import (
    find_alerts_of_nobody,
    find_old_results,
    find_people_miscounted,
    find_unwanted_results,
    find_wrong_clocks,
    find_wrong_needs,
)
from tests.city.services import PERSONAL
from tests.city.shares import find_left_beside, find_unshared
from tests.city.store import Document
from tests.city.sums import find_lost_sums
from tests.city.views import stored
from tests.city.world import World

_OPEN_LINK: Final = ("waiting", "partial", "committed")
_SECRET: Final = (PERSONAL.encode(), PERSONAL.encode("unicode_escape"))


@dataclass(frozen=True)
class CityStores:
    """The stores of a city with the methods of `deploy.lianshan.stores.Stores`."""

    world: World

    def of(self, service: str) -> Database:
        """Return the database that the service owns."""
        return Database(self.world.services[service].memory)

    def collection(self, service: str, name: str) -> Any:
        """Return one collection of a service's store."""
        return self.of(service)[stored(service, name)]


def broken_laws(world: World) -> list[str]:
    """Return every breach."""
    stores = CityStores(world)
    return [
        *_mark("L1", _nothing_is_lost(world, stores)),
        *_mark("L1", find_without_deadline(world)),
        *_mark("L1", _nothing_is_early(world)),
        *_mark("L1", find_left_beside(world)),
        *_mark("L2", _effects_happen_once(world, stores)),
        *_mark("L2", find_unheeded(world)),
        *_mark("L3", _value_is_conserved(world)),
        *_mark("L4", _nobody_is_booked_twice(world)),
        *_mark("L5", _no_personal_data(world)),
        *_mark("L2", find_confused(world)),
        *_mark("L2", find_hidden_consents(world)),
        *_mark("L2", find_wrong_needs(world)),
        *_mark("L2", find_wrong_clocks(world)),
        *_mark("L1", find_alerts_of_nobody(world)),
        *_mark("L3", find_lost_sums(world)),
        *_mark("L3", find_wrong_deliveries(world)),
        *_mark("L3", find_wrong_gifts(world)),
        *_mark("L3", find_wrong_payments(world)),
        *_mark("L4", find_misplaced(world)),
        *_mark("L4", find_doubled(world)),
        *_mark("L5", find_left(world)),
        *_mark("L5", find_matched(world)),
        *_mark("L5", find_outlived(world)),
        *_mark("L5", find_wrong_reads(world)),
        *_mark("L5", find_unwanted_results(world)),
        *_mark("L2", find_people_miscounted(world)),
        *_mark("L5", find_old_results(world)),
        *_mark("size", _events_are_small(world)),
    ]


LAWS: Final = 28
"""Laws that one rest checks."""


def _mark(law: str, breaches: Any) -> Iterator[str]:
    yield from (f"{law}: {words}" for words in breaches)


def rows(world: World, service: str, name: str) -> dict[Any, Document]:
    """Return the documents of a collection by id."""
    return world.rows(service, name)


# ---- L1 --------------------------------------------------------------------------------------------------------


def _nothing_is_early(world: World) -> Iterator[str]:
    """Nothing ends before its time, by any host's clock."""
    for name, service in world.services.items():
        yield from (f"{name}: {key} fired before it was due" for key in service.early)


def _nothing_is_lost(world: World, stores: CityStores) -> Iterator[str]:
    for name in world.services:
        for letter in rows(world, name, "letters").values():
            if letter["kind"] == "command" and letter["id"] in world.people.doomed:
                continue  # its caller was told
            yield f"{letter['_id']} was given up: {letter['history'][-1]}"
    published = world.broker.published
    for service in world.services.values():
        for key, (routing_key, _) in service.committed.items():
            if key not in published:
                yield f"{key} was committed and never published"
            for queue in queues_for(EVENTS_EXCHANGE, routing_key):
                if key not in world.service_of(queue).handled:
                    yield f"{key} never reached {queue}"
    for sent in world.people.letters.values():
        stored_keys = world.services[sent.command.to].handled
        if "ok" in (sent.answer or {}) and f"command:{sent.key}" not in stored_keys:
            yield f"{sent.command.type} {sent.key} was answered and is not stored"
    yield from word_breaches(find_forgotten_needs(stores))  # type: ignore[arg-type]


# ---- L2 --------------------------------------------------------------------------------------------------------


def _effects_happen_once(world: World, stores: CityStores) -> Iterator[str]:
    yield from world.people.contradictions
    for service in world.services.values():
        for key, times in service.handled.items():
            if times > 1:
                yield f"{service.name} has handled {key} {times} times"
    committed: dict[str, tuple[str, int]] = {}
    for service in world.services.values():
        committed.update(service.committed)
    for key, bodies in world.broker.published.items():
        if key not in committed:
            yield f"{key} was published and is not committed"
        elif bodies != {committed[key][1]}:
            yield f"{key} was published otherwise than it is committed"
    feed = read_feed(stores)  # type: ignore[arg-type]
    yield from word_breaches(feed.wrong)
    yield from world.sequence.breaches()
    yield from word_breaches(_find_missing_links(feed, whole=True))
    yield from word_breaches(_find_disagreements(stores, feed, whole=True))  # type: ignore[arg-type]
    yield from _views_agree(world)


def _views_agree(world: World) -> Iterator[str]:
    shown = rows(world, "gateway", "dispatches")
    for staffing in rows(world, "volunteering", "staffings").values():
        for row in staffing["dispatches"]:
            view = shown.get(row["id"], {"state": "nothing", "seen": 0})
            if (view["state"], view["seen"]) != (row["state"], row["version"]):
                yield f"dispatch {row['id']} is {row['state']}, the gateway shows {view['state']}"
    accounts = rows(world, "charity", "accounts")
    for view in rows(world, "gateway", "stock").values():
        account = accounts.get(view["_id"])
        if account is None:
            yield f"the gateway shows {view['_id']}, which charity does not have"
            continue
        balance = account["credits_posted"] - account["debits_posted"]
        if (view["balance"], view["reserved"]) != (balance, account["debits_pending"]):
            yield f"the gateway shows {view['balance']} on {view['_id']}, {view['reserved']} reserved, not {balance}"


# ---- L3 --------------------------------------------------------------------------------------------------------


def _value_is_conserved(world: World) -> Iterator[str]:
    for service in ("charity", "volunteering"):
        accounts, transfers = rows(world, service, "accounts"), rows(world, service, "transfers")
        yield from word_breaches(violations(accounts.values(), transfers.values(), ledger=service))
    yield from _reservations_match_links(world)
    yield from _funds_serve_their_own_area(world)
    yield from find_unshared(world)
    yield from find_wrong_credits(world)


def _reservations_match_links(world: World) -> Iterator[str]:
    links = rows(world, "charity", "links").values()
    held = {
        source["transfer_id"]: link["_id"]
        for link in links
        if link["state"] in _OPEN_LINK
        for source in link["sources"]
    }
    pending = {t["_id"] for t in rows(world, "charity", "transfers").values() if t["state"] == "pending"}
    yield from (f"{transfer} stays reserved, and no open need holds it" for transfer in sorted(pending - held.keys()))
    yield from (f"need {held[t]} counts on {t}, which is not reserved" for t in sorted(held.keys() - pending))


def _funds_serve_their_own_area(world: World) -> Iterator[str]:
    accounts = rows(world, "charity", "accounts")
    for link in rows(world, "charity", "links").values():
        for source in link["sources"]:
            account = accounts[source["account_id"]]
            if account["kind"] == "fund" and not link["area"].startswith(account["area"]):
                yield f"need {link['_id']} in {link['area']} draws on the fund of {account['area']}"


# ---- L4, L5, sizes ---------------------------------------------------------------------------------------------


def _nobody_is_booked_twice(world: World) -> Iterator[str]:
    held: dict[str, list[tuple[Any, Any, str]]] = {}
    for staffing in rows(world, "volunteering", "staffings").values():
        people = [row["volunteer_id"] for row in staffing["dispatches"] if row["state"] in HELD]
        if len(people) > staffing["headcount"]:
            yield f"need {staffing['_id']} asked for {staffing['headcount']} people and got {len(people)}"
        if len(set(people)) < len(people):
            yield f"need {staffing['_id']} has one volunteer twice"
        for row in staffing["dispatches"]:
            if row["state"] in HELD:
                slot = (staffing["starts_at"], staffing["ends_at"], row["id"])
                held.setdefault(row["volunteer_id"], []).append(slot)
    for volunteer, slots in held.items():
        for (_, ends, one), (starts, _, other) in pairwise(sorted(slots)):
            if starts < ends:
                yield f"volunteer {volunteer} has {one} and {other} at the same time"
    yield from _nobody_is_booked_twice_under_two_ids(world)
    kept = {row[2] for slots in held.values() for row in slots}
    for person in rows(world, "volunteering", "volunteers").values():
        for booking in person.get("bookings", ()):
            if booking[0] not in kept:
                yield f"volunteer {person['_id']} keeps a slot for {booking[0]}, which is not held"


def _nobody_is_booked_twice_under_two_ids(world: World) -> Iterator[str]:
    survivors = {row["_id"]: row["survivor"] for row in rows(world, "volunteering", "identities").values()}
    of_person: dict[str, list[tuple[Any, Any, Document]]] = {}
    for staffing in rows(world, "volunteering", "staffings").values():
        for row in staffing["dispatches"]:
            if row["state"] in HELD and row["volunteer_id"] in survivors:
                slot = (staffing["starts_at"], staffing["ends_at"], row)
                of_person.setdefault(survivors[row["volunteer_id"]], []).append(slot)
    for person, slots in of_person.items():
        for (starts, ends, one), (others, end, other) in combinations(slots, 2):
            open_still = PROMISED & {one["state"], other["state"]} and one["volunteer_id"] != other["volunteer_id"]
            if open_still and starts < end and others < ends:
                yield f"{person} has {one['id']} and {other['id']} at the same time, under two ids"
    for merged, survivor in survivors.items():
        row = rows(world, "volunteering", "volunteers")[merged]
        if merged != survivor and (row["tags"] or row.get("bookings") or row.get("offers")):
            yield f"{merged} stands for {survivor} and may still be asked"


def _no_personal_data(world: World) -> Iterator[str]:
    bodies, world.broker.bodies = world.broker.bodies, []
    together = b"\n".join(bodies)
    if any(secret in together for secret in _SECRET):
        yield "an event carries what somebody wrote about a person"
    for name, known in world.services["gateway"].memory.rows.items():
        if any(PERSONAL in str(row) for row in known.by_id.values()):
            yield f"the gateway's {name} hold what somebody wrote about a person"
    for name, queue in world.broker.queues.items():
        if topology()[name].kind != "dead" and any(_SECRET[0] in parcel.message.body for parcel in queue):
            yield f"{name} holds what somebody wrote about a person"


def _events_are_small(world: World) -> Iterator[str]:
    if world.broker.largest_event > MAX_EVENT_BYTES:
        yield f"an event has {world.broker.largest_event} bytes, {MAX_EVENT_BYTES} are allowed"
