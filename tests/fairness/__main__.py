"""`make fairness DAYS=90 SEED=0`: play a city at scarce, balanced and rich supply, and compare it with the optimum."""

import gc
import sys
from argparse import ArgumentParser
from time import process_time
from typing import Final

from tests.fairness.city import City
from tests.fairness.figures import Figures, group, group_by, measure, sum_by_band
from tests.fairness.scenario import LEVELS, Level, Scenario, draw_scenario
from tests.fairness.season import Season

LEAST: Final = 0.95
"""The share of the optimum that is reached at least, in the top band and in total."""
HEAD: Final = """
| supply | needs of | number | wholly served | partly | served share | longest wait | of the optimum |
|---|---|---|---|---|---|---|---|"""


def main(arguments: list[str]) -> int:
    """Play each level of supply and print the table; return 1 where a bound is missed, with the bound in words."""
    parser = ArgumentParser(prog="make fairness")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--communities", type=int, default=23)
    asked = parser.parse_args(arguments)
    gc.disable()  # the collector of cycles would walk over the whole city again and again
    missed, bounds = list[str](), list[str]()
    for level in LEVELS:
        scenario = draw_scenario(asked.seed, level, asked.days, asked.communities)
        figures, reached = _play(scenario)
        if not bounds:
            print(HEAD)  # after the solver's own words
        _print_groups(level, figures, reached)
        top = max(name for name in reached if name != "all")
        missed += _find_missed(level, figures, {name: reached[name] for name in (top, "all")})
        bounds.append(
            f"{level}: usable stock left beside a waiting need {len(figures.missed)} times; "
            f"{figures.most_asked} asks of one volunteer in a week at most, "
            f"{figures.asked_too_often:.1%} of the volunteers asked too often"
        )
        gc.collect()
    days = f"{asked.days} days of {asked.communities} communities"
    print("", *bounds, f"seed {asked.seed}, {days}, {process_time():.0f} s of one core", *missed, sep="\n")
    return 1 if missed else 0


def _play(scenario: Scenario) -> tuple[Figures, dict[str, float]]:
    """Return the figures of the city, and the share of the optimum that each band and `all` have reached."""
    city = City(scenario)
    city.play()
    figures = measure(city)
    optimum = sum_by_band(Season(scenario).play())
    ours = sum_by_band({one.need: one.share for one in figures.served})
    reached = {f"band {band}": ours.get(band, 0.0) / best for band, best in optimum.items() if best}
    return figures, reached | {"all": sum(ours.values()) / sum(optimum.values())}


def _print_groups(level: Level, figures: Figures, reached: dict[str, float]) -> None:
    groups = [*group_by(figures.served, "band"), *group_by(figures.served, "size"), group("all", figures.served)]
    for one in groups:
        best = f"{reached[one.name]:.1%}" if one.name in reached else ""
        print(
            f"| {level} | {one.name} | {one.needs} | {one.wholly:.1%} | {one.partly:.1%} "
            f"| {one.share:.1%} | {one.longest:.0f} h | {best} |",
            flush=True,
        )


def _find_missed(level: Level, figures: Figures, reached: dict[str, float]) -> list[str]:
    """Return the bounds that the level misses, in words."""
    found = [f"MISSED, {level}: {words}" for words in figures.missed]
    if figures.asked_too_often:
        found.append(f"MISSED, {level}: {figures.asked_too_often:.1%} of the volunteers are asked too often")
    return found + [
        f"MISSED, {level}: {share:.1%} of the optimum in {part}" for part, share in reached.items() if share < LEAST
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
