"""The law of payments: paid plus owed of each money line equals the amount used, and the accounts have the same."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.city.store import Document
from tests.city.world import World


def find_wrong_payments(world: World) -> Iterator[str]:
    """Return the lines that are paid otherwise than they were used, and the accounts that disagree with them."""
    payments = world.rows("charity", "payments")
    of_line = {(row["need_id"], row["line_id"]): row for row in payments.values()}
    for link in world.rows("charity", "links").values():
        for line in link["lines"]:
            payment = of_line.pop((link["_id"], line["line_id"]), {"used_fen": 0})
            used = line.get("fulfilled", 0) if line["commodity"] == "CNY" else 0
            if payment["used_fen"] != used:
                yield f"need {link['_id']} used {used} fen of {line['line_id']}, and {payment['used_fen']} are payable"
    yield from (f"payment {row['_id']} is of no line" for row in of_line.values())
    yield from _find_unlike_states(world, payments.values())
    yield from _find_unlike_accounts(world, payments.values())


def _find_unlike_states(world: World, payments: Iterable[Document]) -> Iterator[str]:
    transfers = world.rows("charity", "transfers")
    gone = {row["reverses"] for row in transfers.values()}
    for row in payments:
        owed = row["used_fen"] - row["paid_fen"]
        settled = "paid" if row["paid_fen"] else "void"
        states = {"owed", "awaiting_approval"} if owed > 0 else {"overpaid"} if owed < 0 else {settled}
        if row["state"] not in states:
            yield f"payment {row['_id']} is {row['state']}, and {owed} fen are owed"
        if row["recorded_fen"] != (owed if row["state"] == "awaiting_approval" else 0):
            yield f"payment {row['_id']} is {row['state']}, and {row['recorded_fen']} fen await approval"
        if row["approved_by"] is not None and row["approved_by"] == row["recorded_by"]:
            yield f"payment {row['_id']} is approved by its recorder"
        standing = [each["amount"] for each in map(transfers.__getitem__, row["transfers"]) if each["_id"] not in gone]
        if sum(standing) != row["paid_fen"] or len(standing) < len(row["transfers"]):
            yield f"payment {row['_id']} has paid {row['paid_fen']} fen, and {standing} stand in the ledger"


def _find_unlike_accounts(world: World, payments: Iterable[Document]) -> Iterator[str]:
    expected: Counter[str] = Counter()
    for row in payments:
        expected[f"used:{row['area']}:CNY"] += row["used_fen"] - row["paid_fen"]
        expected[f"paid:{row['area']}:CNY"] += row["paid_fen"]
    for name, account in world.rows("charity", "accounts").items():
        if account["commodity"] == "CNY" and account["kind"] in {"used", "paid"}:
            balance = account["credits_posted"] - account["debits_posted"]
            if balance != expected.pop(name, 0):
                yield f"{name} has {balance} fen, and its payments another sum"
    yield from (f"{name} is missing, and should have {fen} fen" for name, fen in expected.items() if fen)
