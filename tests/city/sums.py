"""The law of sums: no erasure and no merge changes the sums of hours, gifts and counts."""

from collections import Counter
from collections.abc import Iterator

from services.gateway.declaration import FEATURES
from services.gateway.projection.plain import PlainFeature
from services.volunteering.timebank.domain.minting import ADJUSTED, HOLDER_KIND
from shared.contracts.charity.donations import Donate
from tests.city.world import World


def find_lost_sums(world: World) -> Iterator[str]:
    """Return the hours and gifts that have become fewer since the last rest, and the counts that disagree."""
    sums = {**_hours(world), **_gifts(world)}
    for words, before in world.sums.items():
        if sums.get(words, 0) < before:
            yield f"{words} were {before} at the last rest, and are {sums.get(words, 0)}"
    world.sums = sums
    yield from _answered_gifts_stay(world)
    yield from _counts_agree(world)


def _hours(world: World) -> dict[str, int]:
    """Return the balances, without the minutes that adjustments by a second person have given and taken."""
    adjusted: Counter[str] = Counter()
    for row in world.rows("volunteering", "transfers").values():
        adjusted[row["credit_account"]] += row["amount"] if row["reason"] == ADJUSTED else 0
        adjusted[row["debit_account"]] -= row["amount"] if row["reverses"] else 0
    return {
        f"the minutes of {account['holder']}": account["credits_posted"] - account["debits_posted"] - adjusted[name]
        for name, account in world.rows("volunteering", "accounts").items()
        if account["kind"] == HOLDER_KIND
    }


def _gifts(world: World) -> Counter[str]:
    found: Counter[str] = Counter()
    booked: Counter[str] = Counter()
    for moved in world.rows("charity", "transfers").values():
        booked[moved["cause"]] = max(booked[moved["cause"]], moved["amount"])
    for gift in world.rows("charity", "donations").values():
        found[f"the gifts of {gift['donor_id']}"] += 1
        # A corrected gift may have become smaller; the most that was ever booked for it stays in the ledger.
        corrected = gift.get("corrections") and gift["fund_id"] is not None
        found[f"the fen of {gift['donor_id']}"] += booked[gift["_id"]] if corrected else gift["amount_fen"]
    return found


def _answered_gifts_stay(world: World) -> Iterator[str]:
    kept, shown = world.rows("charity", "donations"), world.rows("gateway", "donations")
    for letter in world.people.letters.values():
        if isinstance(letter.command, Donate) and (answer := (letter.answer or {}).get("ok")) is not None:
            gift = kept.get(answer["id"], {})
            amount = answer["amount_fen"] if gift.get("corrections") else gift.get("amount_fen")
            if (gift.get("donor_id"), amount) != (answer["donor_id"], answer["amount_fen"]):
                yield f"gift {answer['id']} is not the one that was answered"
            if answer["id"] not in shown:
                yield f"gift {answer['id']} is not shown"


def _counts_agree(world: World) -> Iterator[str]:
    for feature in FEATURES:
        if not isinstance(feature, PlainFeature) or not feature.counted:
            continue
        counted: Counter[str] = Counter()
        for row in world.rows("gateway", feature.count.collection).values():
            counted[f"{row['area']} {row['values']}"] += row["count"]
        there: Counter[str] = Counter()
        for row in world.rows("gateway", feature.view.collection).values():
            values = {name: row["shape"][name] for name in feature.counted}
            there[f"{row['area']} {values}"] += 1
        for words in sorted(counted.keys() | there.keys()):
            if counted[words] != there[words]:
                yield f"{feature.path} in {words} are counted as {counted[words]}, and there are {there[words]}"
