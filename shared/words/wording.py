"""Wording: a code and its machine values become a sentence in one language.

A placeholder names a value and, after a colon, its kind: `{amount:money}` fen, `{minutes:duration}` minutes,
`{at:instant}` an ISO 8601 instant in the city's time zone, `{day:date}` its day, `{day:weekday}`
that of the week, `{n:number}` a number,
`{missing:quantity}` an amount in the unit of the value `commodity`, `{within:metres}` a distance, `{tags:tags}` skills
and languages, `{names:list}` codes with commas between them.
Any other kind names an enumeration, whose words stand in the catalogue `terms`; `need_state_list` is a list of
them of which one holds, `need_state_all` one of which all hold.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, cached_property
from string import Formatter
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit

from shared.contracts.catalogue.entries import KINDS, Kind, Unit
from shared.contracts.catalogue.matching import SHIPPED, Catalogue
from shared.words.catalogues import Forms, Language, sentences
from shared.words.catalogues import catalogue as read_catalogue_of

Args = Mapping[str, str | int]
CITY_ZONE: Final = ZoneInfo("Asia/Shanghai")
UNKNOWN: Final = "unknown_reason"
"""The code whose sentence stands for a code that this release does not know."""
_FEN_IN_YUAN: Final = 100


def _shipped() -> Catalogue:
    return SHIPPED


class Wording:
    """The words of one language for readers in one time zone. Immutable, to be shared.

    `catalogue` returns the catalogue whose entries have words: the shipped one, or that of the city.
    """

    def __init__(
        self, language: Language, zone: ZoneInfo = CITY_ZONE, catalogue: Callable[[], Catalogue] = _shipped
    ) -> None:
        self.language = language
        self.zone = zone
        self.catalogue = catalogue

    @cached_property
    def locale(self) -> Locale:
        """The locale of the formats."""
        return Locale.parse({"en": "en", "zh": "zh_Hans_CN"}[self.language])

    def sentence(self, code: str, args: Args, *, field: str | None = None) -> str:
        """Return the sentence of a reason code; one that names the code where this release does not know it.

        `field` is the field at fault of a refusal. The plural form is that of the value `count`.
        """
        found = sentences(self.language).get(code)
        if found is None:
            return self.sentence(UNKNOWN, {"code": code})
        return self.fill(found, args if field is None else {"field": field, **args})

    def knows(self, code: str) -> bool:
        """Return whether this release has a sentence for the code."""
        return code in sentences(self.language)

    def title(self, code: str) -> str:
        """Return the title of a problem type; the code itself where this release does not know it."""
        return read_catalogue_of(self.language, "titles").get((None, code), (code,))[0]

    def term(self, enumeration: str, code: str) -> str:
        """Return the word for a value of an enumeration; the value itself where this release does not know it."""
        return read_catalogue_of(self.language, "terms").get((enumeration, code), (code,))[0]

    def page(self, code: str, args: Args | None = None) -> str:
        """Return a text of the pages for people without an account. Raises KeyError for an unknown code."""
        return self.fill(read_catalogue_of(self.language, "pages")[None, code], args or {})

    def fill(self, forms: Forms, args: Args) -> str:
        """Return the message in the plural form of `count`, with its values formatted by their kinds."""
        return _Filling(self, args).vformat(self._form(forms, args), (), args)

    def _form(self, forms: Forms, args: Args) -> str:
        count = args.get("count", 1)
        if len(forms) == 1 or not isinstance(count, int):
            return forms[0]
        return forms[0] if self.locale.plural_form(count) == "one" else forms[1]

    # ---- the kinds of values ---------------------------------------------------------------------------

    def money(self, fen: int) -> str:
        """Return an amount in fen as yuan."""
        yuan = format_decimal(fen / _FEN_IN_YUAN, format="#,##0.##", locale=self.locale)
        return f"{yuan}元" if self.language == "zh" else f"CNY {yuan}"

    def duration(self, minutes: int) -> str:
        """Return a length of time in hours and minutes."""
        hours, rest = divmod(minutes, 60)
        parts = [("hour", "小时", hours)] if hours else []
        if rest or not hours:
            parts.append(("minute", "分钟", rest))
        if self.language == "zh":  # babel 2.18 has no Chinese words for these units
            return "".join(f"{n}{unit}" for _, unit, n in parts)
        return " ".join(format_unit(n, f"duration-{unit}", length="long", locale=self.locale) for unit, _, n in parts)

    def instant(self, text: str) -> str:
        """Return an ISO 8601 instant in the city's time zone, to the minute."""
        pattern = "y年M月d日 HH:mm" if self.language == "zh" else "d MMM y, HH:mm"
        at = datetime.fromisoformat(text)
        return format_datetime(at, pattern, tzinfo=self.zone, locale=self.locale)

    def date(self, text: str) -> str:
        """Return the day of an ISO 8601 date or instant, in the city's time zone."""
        at = datetime.fromisoformat(text)
        day = at.astimezone(self.zone).date() if at.tzinfo is not None else at.date()
        return format_date(day, "y年M月d日" if self.language == "zh" else "d MMM y", locale=self.locale)

    def weekday(self, text: str) -> str:
        """Return the day of the week of an ISO 8601 instant, in the city's time zone."""
        return format_date(datetime.fromisoformat(text).astimezone(self.zone).date(), "EEEE", locale=self.locale)

    def quantity(self, amount: int, commodity: str) -> str:
        """Return an amount of a commodity of the ledger: money as yuan, an item in the largest unit that it fills."""
        if commodity == "CNY":
            return self.money(amount)
        form, _, code = commodity.partition(":")
        item = self.catalogue().get("item", code)
        name, unit = code, "" if form == "goods" else {"zh": "次", "en": "×"}[self.language]
        if item is not None:
            # In the largest unit that the amount fills: 25,000 g of rice as one bag of 25 kg.
            best = max((u for u in item.units if amount % u.factor == 0), key=lambda u: u.factor)
            amount //= best.factor
            name, unit = self.entry("item", code), self.unit(best)
        number = format_decimal(amount, locale=self.locale)
        if any(map(str.isdigit, unit)):
            # A unit with a number of its own would run together with the amount: 4×25公斤袋大米.
            return f"{number} × {name}, {unit}" if self.language == "en" else f"{number}×{unit}{name}"
        return " ".join(filter(None, (number, unit, name))) if self.language == "en" else f"{number}{unit}{name}"

    def distance(self, metres: int) -> str:
        """Return a distance in metres, or in kilometres from 1,000 m on."""
        number, unit = (metres // 1000, "km 公里") if metres >= 1000 else (metres, "m 米")
        short, chinese = unit.split()
        return f"{number}{chinese}" if self.language == "zh" else f"{number} {short}"

    def tags(self, text: str) -> str:
        """Return the skills and languages that a need asks for, all of them."""
        names = [self._tag(tag) for tag in text.split(",")]
        return ("、" if self.language == "zh" else ", ").join(names)

    def _tag(self, tag: str) -> str:
        prefix, _, code = tag.rpartition(":")
        return self.entry("language" if prefix == "lang" else "skill", code)

    def entry(self, kind: Kind, code: str) -> str:
        """Return the word for an entry of the catalogue; the code itself where it is not known."""
        found = self.catalogue().get(kind, code)
        return code if found is None else found.zh if self.language == "zh" else found.en

    def word(self, kind: str, code: str) -> str:
        """Return the word for an entry of the catalogue, or for a value of an enumeration; else the code itself."""
        return self.entry(kind, code) if kind in KINDS else self.term(kind, code)

    def choice(self, kind: str | int, code: str) -> str:
        """Return an entry of the catalogue as a label to choose: its word, and the code that programs send."""
        name = self.word(str(kind), code)
        if name == code:
            return code
        return f"{name}（{code}）" if self.language == "zh" else f"{name} ({code})"

    def unit(self, unit: Unit) -> str:
        """Return the word for a unit of an item."""
        return unit.zh if self.language == "zh" else unit.en

    def list_of(self, words: list[str]) -> str:
        """Return alternatives in one phrase: a, b or c."""
        return format_list(words, style="or", locale=self.locale) if words else ""

    def all_of(self, words: list[str]) -> str:
        """Return things that all hold in one phrase: a, b and c."""
        return format_list(words, style="standard", locale=self.locale) if words else ""


class _Filling(Formatter):
    """Fills the placeholders of one message. A value that is missing or has another type is shown as it is."""

    def __init__(self, wording: Wording, args: Args) -> None:
        self._wording = wording
        self._args = args

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:  # noqa: ARG002 - the base class names both
        return kwargs.get(key, "?")

    def format_field(self, value: Any, format_spec: str) -> str:
        try:
            return self._format(value, format_spec)
        except (ValueError, TypeError):
            # Written by another release: the sentence matters more than the form of one value.
            return str(value)

    def _format(self, value: str | int, kind: str) -> str:
        words = self._wording
        if kind == "quantity":
            return words.quantity(int(value), str(self._args.get("commodity", "")))
        if kind in _NUMBERS:
            return _NUMBERS[kind](words, int(value))
        if kind in _TEXTS:
            return _TEXTS[kind](words, str(value))
        enumeration, _, form = kind.rpartition("_")
        if form in _LISTS:
            return _LISTS[form](words, [words.word(enumeration, code) for code in str(value).split(",")])
        if kind == "entries":
            return words.list_of([words.choice(self._args.get("kind", ""), code) for code in str(value).split(",")])
        return words.term(kind, str(value)) if kind else str(value)


_LISTS: Final[Mapping[str, Callable[[Wording, list[str]], str]]] = {"list": Wording.list_of, "all": Wording.all_of}
_NUMBERS: Final[Mapping[str, Callable[[Wording, int], str]]] = {
    "money": Wording.money,
    "duration": Wording.duration,
    "metres": Wording.distance,
    "number": lambda words, value: format_decimal(value, locale=words.locale),
}
_TEXTS: Final[Mapping[str, Callable[[Wording, str], str]]] = {
    "instant": Wording.instant,
    "date": Wording.date,
    "weekday": Wording.weekday,
    "list": lambda words, text: words.list_of(text.split(",")),
    "tags": Wording.tags,
    "area": lambda _, text: text,
}


@cache
def placeholders(message: str) -> frozenset[tuple[str, str]]:
    """Return the placeholders of a message, each with its kind."""
    return frozenset((name, kind or "") for _, name, kind, _ in Formatter().parse(message) if name is not None)
