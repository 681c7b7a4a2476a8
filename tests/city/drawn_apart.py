"""Actions that are drawn apart from the others of a town: those of a seed do not depend on them.

Each is an instant in milliseconds, a kind, and the number that it draws from.
"""

from collections.abc import Iterator
from itertools import chain
from random import Random
from typing import Final

HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
Drawn = tuple[int, str, int]


def draw_apart(seed: int, days: int, office: int) -> Iterator[Drawn]:
    """Yield the actions of this number of days about deliveries, hours, gifts, payments, due times and people's data.

    Of the latter `office` times as much as usual.
    """
    for at, kind, number in chain(draw_deliveries(f"{seed}"), draw_extensions(f"{seed}")):
        yield at * days, kind, number
    for at, kind, number in chain(draw_adjustments(f"{seed}"), draw_corrections(f"{seed}")):
        yield at * days, kind, number
    for at, kind, number in draw_amendments(f"{seed}"):
        yield at * days, kind, number
    yield from draw_payments(f"{seed}")
    # Among the first registrations of the town, so that two replicas meet one person at once.
    yield from draw_registrations_beside(f"{seed}")
    for nth in range(office):
        name = f"{seed}" if nth == 0 else f"{seed} {nth}"
        for at, kind, number in chain(
            draw_merges(name), draw_erasures(name), draw_consents(name), draw_registrations(name),
            draw_screenings(name),
        ):  # fmt: skip
            yield at * days, kind, number


def draw_registrations_beside(name: str) -> Iterator[Drawn]:
    """Yield second registrations of people who have just been registered, in half of the towns."""
    chance = Random(f"twins of {name}")
    instants = sorted(120_152 + chance.randrange(60) for _ in range(chance.choice((0, 0, 1, 3))))
    yield from ((at, "again", chance.getrandbits(32)) for at in instants)


def draw_registrations(name: str) -> Iterator[Drawn]:
    """Yield second registrations of people, and the decisions about them."""
    chance = Random(f"registrations of {name}")
    several = ("again", "decide", "again", "disown", "decide", "again", "decide")
    kinds = several[: chance.choice((0, 2, 5, 7))]
    instants = sorted(chance.randrange(5 * MINUTE_MS, 6 * HOUR_MS) for _ in kinds)
    yield from ((at, kind, chance.getrandbits(32)) for at, kind in zip(instants, kinds, strict=True))


def draw_deliveries(name: str) -> Iterator[Drawn]:
    """Yield the deliveries that stations state for partly committed needs, and those they take back."""
    chance = Random(f"deliveries of {name}")
    kinds = ("part", "part", "undo", "part", "undo")[: chance.choice((0, 3, 5))]
    instants = sorted(chance.randrange(HOUR_MS, 9 * HOUR_MS) for _ in kinds)
    yield from ((at, kind, chance.getrandbits(32)) for at, kind in zip(instants, kinds, strict=True))


def draw_extensions(name: str) -> Iterator[Drawn]:
    """Yield the needs that are given more time, or opened again."""
    chance = Random(f"extensions of {name}")
    instants = sorted(chance.randrange(HOUR_MS, 9 * HOUR_MS) for _ in range(chance.randint(0, 4)))
    yield from ((at, "extend", chance.getrandbits(32)) for at in instants)


def draw_amendments(name: str) -> Iterator[Drawn]:
    """Yield the corrections of needs, in three of four towns."""
    chance = Random(f"amendments of {name}")
    instants = sorted(chance.randrange(5 * MINUTE_MS, 5 * HOUR_MS) for _ in range(chance.choice((0, 3, 6, 9))))
    yield from ((at, "amend", chance.getrandbits(32)) for at in instants)


def draw_adjustments(name: str) -> Iterator[Drawn]:
    """Yield adjustments of credited minutes."""
    chance = Random(f"adjustments of {name}")
    instants = sorted(chance.randrange(5 * HOUR_MS, 10 * HOUR_MS) for _ in range(chance.choice((0, 2, 4))))
    yield from ((at, "adjust", chance.getrandbits(32)) for at in instants)


def draw_corrections(name: str) -> Iterator[Drawn]:
    """Yield corrections of gifts, in two of three towns."""
    chance = Random(f"corrections of {name}")
    instants = sorted(chance.randrange(5 * MINUTE_MS, 9 * HOUR_MS) for _ in range(chance.choice((0, 3, 6))))
    yield from ((at, "correct", chance.getrandbits(32)) for at in instants)


def draw_payments(name: str) -> Iterator[Drawn]:
    """Yield needs for money, their deliveries and the steps of the payments, in two thirds of the towns."""
    chance = Random(f"payments of {name}")
    steps = chance.choice((0, 4, 10))
    if not steps:
        return
    early = [(125_000, "fund"), *((150_000 + nth, "money") for nth in range(3))]
    needs = [(chance.randrange(5 * MINUTE_MS, HOUR_MS), "grant") for _ in range(3)]
    handed = [(chance.randrange(HOUR_MS // 2, 2 * HOUR_MS), "hand_out") for _ in range(5)]
    paid = [(chance.randrange(HOUR_MS, 11 * HOUR_MS), "pay") for _ in range(steps)]
    yield from ((at, kind, chance.getrandbits(32)) for at, kind in sorted([*early, *needs, *handed, *paid]))


def draw_merges(name: str) -> Iterator[Drawn]:
    """Yield merges of people and their undoing."""
    chance = Random(f"merges of {name}")
    several = ("merge", "merge", "unmerge", "merge_donors", "merge", "unmerge", "unmerge_donors")
    kinds = several[: chance.choice((0, 3, 7))]
    instants = sorted(chance.randrange(10 * MINUTE_MS, 4 * HOUR_MS) for _ in kinds)
    yield from ((at, kind, chance.getrandbits(32)) for at, kind in zip(instants, kinds, strict=True))


def draw_erasures(name: str) -> Iterator[Drawn]:
    """Yield erasures of people."""
    chance = Random(f"erasures of {name}")
    instants = sorted(chance.randrange(HOUR_MS, 8 * HOUR_MS) for _ in range(chance.randint(0, 3)))
    yield from ((at, "erase", chance.getrandbits(32)) for at in instants)


def draw_consents(name: str) -> Iterator[Drawn]:
    """Yield consents of people, their renewal and withdrawal, and commands about people that fail."""
    chance = Random(f"consents of {name}")
    several = ("consent", "consent", "withdraw", "consent", "fail", "renew", "withdraw")
    kinds = several[: chance.choice((0, 3, 5, 7))]
    instants = sorted(chance.randrange(10 * MINUTE_MS, 8 * HOUR_MS) for _ in kinds)
    yield from ((at, kind, chance.getrandbits(32)) for at, kind in zip(instants, kinds, strict=True))


def draw_screenings(name: str) -> Iterator[Drawn]:
    """Yield residents, their screening by consent, and the answers to the alerts, in one of three towns."""
    chance = Random(f"screenings of {name}")
    if chance.randrange(3):
        return
    early = [(180_000, "resident"), (180_050, "resident"), (180_100, "resident")]
    early += [(240_000, "plan_screening"), (240_050, "plan_screening")]
    begun = [(300_000 + nth * 20_000, kind) for kind in ("begin_screening", "agree", "agree") for nth in range(2)]
    several = ("measure",) * 8 + ("respond",) * 6 + ("take_back", "agree", "correct_result", "correct_result")
    late = [(chance.randrange(6 * MINUTE_MS, 4 * HOUR_MS), kind) for kind in several]
    rare = ("move_resident", "merge_residents", "end_screening")
    ends = [(chance.randrange(HOUR_MS, 5 * HOUR_MS), kind) for kind in rare]
    yield from ((at, kind, chance.getrandbits(32)) for at, kind in sorted([*early, *begun, *late, *ends]))
