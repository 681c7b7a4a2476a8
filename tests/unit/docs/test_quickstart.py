"""The quickstart shows the very programs that tests run."""

import pytest
from pages import ROOT

EXAMPLES = ROOT / "docs/examples"


@pytest.mark.parametrize("name", ["quickstart.py", "quickstart.mjs", "quickstart.sh"])
def test_the_page_shows_the_file(name: str) -> None:
    page = (ROOT / "docs/quickstart.md").read_text(encoding="utf-8")
    program = (EXAMPLES / name).read_text(encoding="utf-8")
    assert f"\n{program}```\n" in page, f"docs/quickstart.md shows another text than docs/examples/{name}"
