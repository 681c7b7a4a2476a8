"""The pages name files and tests that exist, so that a reader who follows them finds something."""

import re
from typing import Final

from pages import ROOT, pages, prose_of

from tests.each import for_each

EXAMPLES: Final = (
    "services/volunteering/teams",
    "shared/contracts/volunteering/teams.py",
    "features/teams",
    "unit/volunteering/teams",
)
"""The parts of the paths that a reader of CONTRIBUTING.md makes."""
PATH: Final = re.compile(r"`((?:services|shared|deploy|tests|docs)/[\w./-]+)`")
TEST: Final = re.compile(r"`(test_\w+)`")
TESTS: Final = {file.stem for file in (ROOT / "tests").rglob("test_*.py")}


@for_each("page", [page for page in pages() if page != "CHANGELOG.md"])
def test_each_file_and_each_test_that_a_page_names_exists(page: str) -> None:
    paths = [path for path in PATH.findall(prose_of(page)) if not any(made in path for made in EXAMPLES)]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert [test for test in TEST.findall(prose_of(page)) if test not in TESTS] == []
