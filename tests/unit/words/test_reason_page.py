"""The page of reason codes is that of the catalogues."""

from shared.words.page import PAGE, render


def test_the_page_lists_every_code_with_both_sentences() -> None:
    assert PAGE.read_text("utf-8") == render(), "run `python -m shared.words.page`"
