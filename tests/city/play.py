"""A city from its seed: built, played and judged at every rest."""

import gc
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from tests.city.adversary import Adversary, Trouble, trouble_for
from tests.city.callers import EndlessError
from tests.city.drawn_apart import HOUR_MS
from tests.city.histories import DAY_MS, LENGTHS
from tests.city.laws import LAWS, broken_laws
from tests.city.town import Action, Player, Size, build_town
from tests.city.world import World

RESTS: Final = (3 * HOUR_MS, 9 * HOUR_MS, 14 * HOUR_MS)
"""When the city is brought to rest: at noon, after the last action, and when everything that waits has had its turn."""

TOWN: Final = Size()
HURRIED: Final = Size(hurry=120)
HISTORY: Final = Size(needs=12, people=5, headcount=2)
"""A small town, whose volunteers serve again and again."""
_EVERY: Final = 16
"""Of so many cities one is a history."""


@dataclass(frozen=True)
class Plan:
    """One city to play. Fields not given follow from the seed; `actions` and `strikes` are a part of the schedule."""

    seed: int
    trouble: Trouble | None = None
    size: Size | None = None
    actions: tuple[Action, ...] | None = None
    strikes: AbstractSet[str] | None = None

    def part(self, actions: Iterable[Action], strikes: Iterable[str]) -> "Plan":
        """Return the plan with these actions and strikes alone."""
        return replace(self, actions=tuple(actions), strikes=frozenset(strikes))


@dataclass
class Played:
    """The end of a city: its acts, and the breaches of the first rest that had any."""

    plan: Plan
    actions: list[Action]
    world: World
    needs: int = 0
    checked: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def laws(self) -> set[str]:
        """The names of the broken laws."""
        return {words.partition(":")[0] for words in self.broken}


def play(plan: Plan) -> Played:
    """Play the city to its end, or to the first rest at which a law is broken."""
    with _uncollected():
        return _play(plan)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Run without the collector of cycles: it would walk over the whole city again and again, a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def size_for(seed: int) -> Size:
    """Return the size of a city: one day, quiet or hurried; of every sixteenth several days, up to two weeks."""
    if seed % _EVERY == _EVERY - 1:
        return replace(HISTORY, days=LENGTHS[seed // _EVERY % len(LENGTHS)])
    return HURRIED if seed % 2 else TOWN


def rests_of(size: Size) -> tuple[int, ...]:
    """Return the instants in milliseconds at which a city of that size is brought to rest."""
    if not size.days:
        return RESTS
    return size.days * DAY_MS // 2, size.days * DAY_MS, (size.days + 1) * DAY_MS


def _play(plan: Plan) -> Played:
    adversary = Adversary(plan.seed, plan.trouble or trouble_for(plan.seed), plan.strikes)
    world, size = World(plan.seed, adversary), plan.size or size_for(plan.seed)
    actions = list(plan.actions) if plan.actions is not None else build_town(plan.seed, size)
    played, player = Played(plan, actions, world), Player(world, size)
    player.play(actions)
    if size.days:
        world.retiring.begin()
    for instant in rests_of(size):
        try:
            world.run(instant)
            world.rest()
            played.broken = broken_laws(world)
        except EndlessError as error:
            played.broken = [f"L1: {error}"]
        except Exception as error:  # noqa: BLE001 - a city that fails is a finding, with its seed
            played.broken = [f"fails: {type(error).__name__}: {error}"]
        played.checked += LAWS
        if played.broken:
            break
    played.needs = player.needs
    return played
