"""Every story holds in the city in memory."""

import pytest

from tests.stories.every import OVER_TIME, TIMELESS, Story
from tests.stories.in_memory import InMemory


@pytest.mark.parametrize("told", [*TIMELESS, *OVER_TIME], ids=lambda told: told.__name__)
def test_a_story_in_memory(told: Story) -> None:
    told(InMemory())
