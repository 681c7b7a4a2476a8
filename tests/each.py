"""One test for all things of one kind: it holds the law for each, and names every thing that breaks it.

@for_each("kind", sorted(EVENTS))
def test_an_event_has_three_parts(kind: str) -> None: …

pytest spends two milliseconds on a test of its own; over thousands of laws that last microseconds this is most of their
time. Use `pytest.mark.parametrize` for a few cases that each say something different.
"""

from collections.abc import Callable, Collection, Iterable
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any

MOST_NAMED = 20
"""Things that a failure names; the others are counted."""
LONGEST_NAME = 80


def _name(values: Iterable[object]) -> str:
    return "-".join(str(getattr(value, "__name__", value)) for value in values)[:LONGEST_NAME]


def for_each(
    names: str | tuple[str, ...], things: Collection[Any], ids: Callable[[Any], str] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run the test once for each of the things, as the arguments `names`; other arguments stay fixtures.

    `ids` names a thing in the failure. Raises AssertionError that names the things that break the law, and with no
    thing at all. An exception of another kind ends the test, with the thing in a note.
    """
    keys = (names,) if isinstance(names, str) else names

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def run(**fixtures: Any) -> None:
            assert things, "there is nothing to hold the law for"
            broken: list[str] = []
            for thing in things:
                values = (thing,) if isinstance(names, str) else tuple(thing)
                name = ids(thing) if ids else _name(values)
                try:
                    test(**fixtures, **dict(zip(keys, values, strict=True)))
                except AssertionError as fault:
                    broken.append(f"{name}: {fault}")
                except Exception as fault:
                    fault.add_note(f"with {name}")
                    raise
            assert not broken, f"{len(broken)} of {len(things)} break it\n" + "\n".join(broken[:MOST_NAMED])

        left = [each for name, each in signature(test).parameters.items() if name not in keys]
        run.__signature__ = Signature([each.replace(kind=Parameter.KEYWORD_ONLY) for each in left])  # type: ignore[attr-defined]
        return run

    return decorate
