"""All text of commands is clean: NFC, trimmed, nothing hidden, something to see."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.contracts.email_addresses import Email, EmailChange
from shared.contracts.messages import Label, Name, Phone, PublicName, Text, Title
from shared.contracts.text import clean_line, clean_text, is_visible

LINES = [TypeAdapter(kind) for kind in (Label, Name, Title, PublicName)]


def refusal(adapter: TypeAdapter[str], text: str) -> str:
    with pytest.raises(ValidationError) as refused:
        adapter.validate_python(text)
    return str(refused.value.errors()[0]["type"])


@pytest.mark.parametrize("adapter", LINES)
@pytest.mark.parametrize("hidden", ["\u0000", "\u200b", "\u200d", "\u202e", "\ufeff", "\u3164", "\n", "\t", "\ud7fc"])
def test_a_line_with_a_hidden_character_is_refused(adapter: TypeAdapter[str], hidden: str) -> None:
    assert refusal(adapter, f"Elm{hidden}Hall") == "no_hidden_characters"


@pytest.mark.parametrize("blank", [" ", "\u3000", "\u00a0 "])
def test_a_line_of_blanks_has_nothing_to_see(blank: str) -> None:
    assert all(refusal(adapter, blank) == "something_visible" for adapter in LINES)


def test_a_line_is_trimmed_composed_and_its_blanks_are_spaces() -> None:
    assert clean_line("\u3000Cafe\u0301\u3000Elm ") == "Café Elm"


@pytest.mark.parametrize("kept", ["👨‍👩‍👧 Families", "❤️ Hall", "می‌خواهم", "ᠮᠣᠩᠭᠣᠯ", "葛\U000e0100城"])
def test_joiners_and_selectors_stay_where_emoji_and_scripts_need_them(kept: str) -> None:
    assert clean_line(kept) == kept


def test_free_text_keeps_its_lines_and_may_be_empty() -> None:
    adapter = TypeAdapter(Text)
    assert adapter.validate_python(" one\r\ntwo\tthree ") == "one\ntwo\tthree"
    assert adapter.validate_python("\n \n") == ""
    assert refusal(adapter, "one\u200btwo") == "no_hidden_characters"


@given(st.text(max_size=60))
def test_clean_text_stays_as_it_is(text: str) -> None:
    for clean in (clean_line, clean_text):
        try:
            cleaned = clean(text)
        except ValueError:
            continue
        assert clean(cleaned) == cleaned
        assert unicodedata.is_normalized("NFC", cleaned)
        assert cleaned == cleaned.strip()
        assert clean is clean_text or any(map(is_visible, cleaned))


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("13800138000", "+8613800138000"),
        ("１３８ ００１３ ８０００", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("010-66012345", "+861066012345"),
        ("(010) 66012345转801", "+861066012345;ext=801"),
        ("0431-88904567 ext. 12", "+8643188904567;ext=12"),
        ("０１０－６６０１２３４５转８０１", "+861066012345;ext=801"),
        ("010-66012345-801", "+861066012345;ext=801"),
        ("010 6601 2345－801", "+861066012345;ext=801"),
        ("400-810-8888", "+864008108888"),
        ("+1 650 253 0000", "+16502530000"),
        ("+861066012345;ext=801", "+861066012345;ext=801"),
    ],
)
def test_a_phone_is_stored_in_one_form(written: str, stored: str) -> None:
    assert TypeAdapter(Phone).validate_python(written) == stored


def test_a_mobile_number_that_is_written_plainly_is_judged_as_any_other_way_of_writing_it() -> None:
    for prefix in range(1000, 2000, 3):
        for plain in (f"{prefix}1234567", f"{prefix}000000"):
            judged = {_judge(written) for written in (plain, f"+86{plain}", f" {plain}", f"+86 {plain}")}
            assert len(judged) == 1, plain


def _judge(written: str) -> str:
    try:
        return TypeAdapter(Phone).validate_python(written)
    except ValidationError:
        return ""


@pytest.mark.parametrize(
    "written", ["66012345", "1380013800", "19999", "call me", "138001380001", "1380013800x", "110", "13800138000-1"]
)
def test_what_is_no_phone_is_refused(written: str) -> None:
    assert refusal(TypeAdapter(Phone), written) == "phone_number"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Wen.Li@Example.ORG", "Wen.Li@example.org"),
        (" wen@example.org ", "wen@example.org"),
        ("ｗｅｎ＠ｅｘａｍｐｌｅ．ｏｒｇ", "wen@example.org"),
        ("wen+notices@xn--fsqu00a.xn--fiqs8s", "wen+notices@例子.中国"),
        ("文丽@例子。中国", "文丽@例子.中国"),
    ],
)
def test_an_e_mail_address_is_stored_in_one_form(written: str, stored: str) -> None:
    assert TypeAdapter(Email).validate_python(written) == stored


@pytest.mark.parametrize(
    "written",
    [
        "wen at example.org", "wen@", "wen@example", "wen@localhost", "wen@[192.0.2.1]", '"wen li"@example.org',
        "wen@example.org\r\nBcc: all@example.org", "wen\n@example.org", "wen@example.org,all@example.org",
        "Wen <wen@example.org>", "=?utf-8?q?wen?=@example.org", "wen\u202e@example.org",
        "\x00wen@example.org", "w" * 65 + "@example.org",
        "文" * 22 + "@example.org", "文" * 20 + "@" + ("例" * 25 + ".") * 3 + "中国",
    ],
)  # fmt: skip
def test_what_is_no_e_mail_address_or_more_than_one_is_refused(written: str) -> None:
    assert refusal(TypeAdapter(Email), written) == "email_address"
    assert refusal(TypeAdapter(EmailChange), written) == "email_address"


def test_an_e_mail_address_has_254_characters_at_most() -> None:
    longest = "w" * 64 + "@" + "d" * 61 + "." + "d" * 61 + "." + "d" * 62 + ".cn"
    assert len(TypeAdapter(Email).validate_python(longest)) == 254
    with pytest.raises(ValidationError, match="at most 254"):
        TypeAdapter(Email).validate_python(longest + "n")


@pytest.mark.parametrize(
    "name",
    [
        "王伟 110105194912310022",
        "王伟 11010519491231002X",
        "李 １１０１０５１９４９１２３１００２Ｘ",
        "张 110105 19491231 002X",
        "旧证 110105491231002",
        "张三家 13912345678",
        "送到李四１３９１２３４５６７８",
        "Elm 139 1234 5678",
        "Elm 139-1234-5678",
        "Elm +8613912345678",
        "Hall (010) 66012345",
        "Hall 0431-88904567",
        "李四，139，1234，5678",
        "李四 139（1234）5678",
        "李四 一三九一二三四五六七八",
        "李四 幺三九 一二三四 五六七八",
        "李四 1️⃣3️⃣9️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣",
        "李四 ①③⑨①②③④⑤⑥⑦⑧",
        "李四 ❶❸❾❶❷❸❹❺❻❼❽",
    ],
)
def test_a_public_name_with_the_number_of_a_person_is_refused(name: str) -> None:
    assert refusal(TypeAdapter(PublicName), name) == "no_personal_number"


@pytest.mark.parametrize(
    "name",
    [
        "展览路街道社工中心",
        "2026年度基金",
        "Elm Hall 100044",
        "12345 热线",
        "Load station 110102009017",
        "85号院1-2-301",
        "三八妇女节一九七八年基金",
        "周一至周五 13:30-17:30 301室",
        "2026-01-01 – 2027-12-31",
    ],
)
def test_other_numbers_may_stand_in_a_public_name(name: str) -> None:
    assert TypeAdapter(PublicName).validate_python(name) == name
