"""Every reason code has its Chinese and its English sentence, with the values that the code is given."""

import re
from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType
from reason_sites import Site, sites

from shared.contracts.broken_rules import MANY_CHOICES, RULES
from shared.contracts.catalogue.entries import KINDS as CATALOGUE_KINDS
from shared.contracts.plain import StepCode
from shared.words import CATALOGUES, LANGUAGES
from shared.words.catalogues import SENTENCES, catalogue, sentences
from shared.words.wording import UNKNOWN, placeholders

PASSED_ON = {
    "shared/contracts/refusals.py": "a refusal is read from an answer",
    "shared/engine/amqp/decoding.py": "the rule is that of a model's own error",
    "shared/engine/run/queries.py": "the rule is that of a model's own error",
    "deploy/lianshan/catalogue/entry_file.py": "the rule is that of a model's own error",
    "services/gateway/deliveries/attempt.py": "the reason why no answer came",
    "services/gateway/deliveries/sending.py": "the rule is that of the refused address",
    "services/gateway/features/notices/report_routes.py": "the rule is that of the refused signature",
    "services/gateway/features/webhooks/owned.py": "the rule is that of the refused address",
    "services/gateway/http/authentication.py": "the rule is that of the refused token",
    "shared/tables/problems.py": "the reason of a problem is that of its code",
    "services/gateway/http/problems.py": "a refusal or a model's own errors become a problem",
}
"""Files whose calls pass on a code that another place has given."""
NOT_RAISED = {
    UNKNOWN: "said of a code that this release does not know",
    "unreadable_refusal": "of a refusal of no known form",
}
KINDS = {
    "", "entries", "metres", "weekday", "tags", "money", "duration", "number", "instant", "date", "list", "area",
    "quantity",
}  # fmt: skip
HAN = range(0x4E00, 0xA000)


def used() -> dict[str, list[Site]]:
    found: dict[str, list[Site]] = {}
    for site in sites():
        if site.code is not None:
            found.setdefault(site.code, []).append(site)
    return found


def needed(code: str) -> set[str]:
    return {
        name for forms in (sentences("en")[code], sentences("zh")[code]) for f in forms for name, _ in placeholders(f)
    }


def test_there_are_places_that_give_a_reason() -> None:
    assert len(sites()) > 80


def test_a_reason_is_given_as_a_code_that_stands_in_the_text_of_the_program() -> None:
    hidden = [site.place for site in sites() if site.code is None and site.place.partition(":")[0] not in PASSED_ON]
    assert hidden == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_that_is_used_has_a_sentence(language: str) -> None:
    assert {code: s[0].place for code, s in used().items() if code not in sentences(language)} == {}


def test_every_sentence_belongs_to_a_code_that_is_used() -> None:
    codes = {
        code for _, code in (key for name in ("refusals", "reasons", "operations") for key in catalogue("en", name))
    }
    assert codes - used().keys() - NOT_RAISED.keys() == set()


def test_every_rule_of_a_messages_form_is_one_of_pydantic_or_of_ours() -> None:
    codes = {code for _, code in catalogue("en", "validation")}
    ours = used().keys() | {*RULES.values(), MANY_CHOICES}
    assert codes - set(get_args(ErrorType)) - ours == {"value_not_valid"}


def test_the_sentence_of_a_code_has_every_value_that_it_names() -> None:
    for code, places in used().items():
        for site in places if code in sentences("en") else ():
            # Of a broken rule the edge knows the field: it is the place of the value in the message.
            known = site.has_field or site.call == "broken_rule"
            given = site.values | ({"field"} if known else set())
            assert not site.whole or needed(code) <= given | {"first"}, f"{code} at {site.place}"


@pytest.mark.parametrize("name", CATALOGUES)
def test_both_languages_have_the_same_codes_with_the_same_values_of_the_same_kinds(name: str) -> None:
    english, chinese = catalogue("en", name), catalogue("zh", name)
    assert english.keys() == chinese.keys()
    for key, forms in english.items():
        kinds = {form: placeholders(form) - {("count", "")} for form in (*forms, *chinese[key])}
        assert len({frozenset(k) for k in kinds.values()}) == 1, key


@pytest.mark.parametrize("name", CATALOGUES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_written_in_its_language_and_every_kind_is_known(language: str, name: str) -> None:
    enumerations = {context for context, _ in catalogue(language, "terms")} | set(CATALOGUE_KINDS)
    for key, forms in catalogue(language, name).items():
        for form in forms:
            assert form, key
            words = re.sub(r"{[^}]*}|[ 0-9]", "", form)  # a message may be of values alone
            assert not words or any(ord(letter) in HAN for letter in words) == (language == "zh"), key
            kinds = {kind for _, kind in placeholders(form)}
            assert {kind.removesuffix("_list").removesuffix("_all") for kind in kinds - KINDS} <= enumerations, key


def test_no_code_stands_in_two_catalogues() -> None:
    codes = [code for name in SENTENCES for _, code in catalogue("en", name)]
    assert [code for code in set(codes) if codes.count(code) > 1] == []


def test_the_work_list_may_be_filtered_by_every_next_step_and_by_no_other_code() -> None:
    given = {site.code for site in sites() if site.call == "NextStep"}
    assert given == set(get_args(StepCode))
