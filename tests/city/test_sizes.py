"""A need for many people on a whole city: every step stays within one event, and the laws hold at every rest."""

from tests.stories.in_memory import InMemory
from tests.stories.told import fill_after_three_silent_waves


def test_a_need_for_forty_people_is_filled_after_three_silent_waves() -> None:
    fill_after_three_silent_waves(InMemory(), 40)
