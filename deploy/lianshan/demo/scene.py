"""The scene: people, stations and resources at Zhanlan Road (展览路街道) when the day begins.

The street, its communities and the number of its stations are facts (seed 001; the national register). The
volunteers, their phones, the funds and the stock are invented.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

Body = dict[str, object]
"""The JSON body of a call."""

CITY: Final = "1101"
DISTRICT: Final = "110102"
STREET: Final = "110102009"
CENTRE: Final = "centre"
MIDDLE: Final = (116.3420, 39.9260)
"""Longitude and latitude (WGS 84) of about the middle of the street; every point of the demo is invented around it."""

STATIONS: Final[dict[str, str]] = {
    CENTRE: "展览路街道社工中心",
    "017": "榆树馆社区社工站",
    "005": "三塔社区社工站",
    "011": "百万庄西社区社工站",
    "009": "百万庄东社区社工站",
    "023": "团结社区社工站",
    "016": "新华里社区社工站",
    "013": "车公庄社区社工站",
    "032": "露园社区社工站",
    "036": "洪茂沟社区社工站",
    "020": "德宝社区社工站",
    "031": "黄瓜园社区社工站",
}
"""One street centre and eleven stations, by the last three digits of their communities."""

COMMUNITIES: Final = (
    "001", "002", "005", "008", "009", "011", "013", "014", "016", "017", "020", "023", "026", "028", "031", "032",
    "035", "036", "038", "039", "041", "042", "043",
)  # fmt: skip
"""All 23; volunteers live in every one of them, also where no station stands yet."""


@dataclass(frozen=True)
class Fund:
    """A fund and the money it begins the day with."""

    key: str
    area: str
    name: str
    amount_fen: int


FUNDS: Final = (
    Fund("tuanjie", f"{STREET}023", "团结社区基金", 200_000),
    Fund("baiwanzhuang", f"{STREET}009", "百万庄东社区基金", 150_000),
    Fund("street", STREET, "展览路街道社区基金", 300_000),
    Fund("district", DISTRICT, "西城区社区发展基金", 1_000_000),
    Fund("city", CITY, "全市应急救助基金", 5_000_000),
)


@dataclass(frozen=True)
class Gift:
    """A donation to a station: goods as (item, quantity, unit), services as (item, sessions)."""

    station: str
    donor: str
    goods: tuple[tuple[str, int, str], ...] = ()
    services: tuple[tuple[str, int], ...] = ()

    def body(self, station_id: str) -> Body:
        """Return the body for POST /v1/donations."""
        return {
            "station_id": station_id,
            "donor": self.donor,
            "goods": [{"item": i, "quantity": q, "unit": u} for i, q, u in self.goods],
            "services": [{"item": i, "quantity": q} for i, q in self.services],
        }


GIFTS: Final = (
    Gift("017", "榆荫药房", goods=(("medication_pack", 80, "piece"),)),
    Gift("005", "心桥咨询室", services=(("counselling", 20),)),
    Gift(CENTRE, "心桥咨询室", services=(("counselling", 60),)),
    Gift(CENTRE, "长安印务", goods=(("health_handbook", 200, "copy"), ("quilt", 24, "piece"))),
    Gift("009", "长安印务", goods=(("health_handbook", 80, "copy"),)),
    Gift("009", "和风门诊部", services=(("health_lecture", 2),)),
    Gift("023", "丰禾粮店", goods=(("rice", 20, "bag_5kg"), ("cooking_oil", 30, "bottle_1800ml"))),
    Gift("016", "丰禾粮店", goods=(("rice", 40, "bag_5kg"),)),
    Gift("013", "和风门诊部", services=(("health_screening", 40),)),
    Gift("020", "小树书屋", goods=(("picture_book", 120, "copy"),)),
    Gift("031", "安居五金", goods=(("handrail", 10, "piece"),)),
)

WHEELCHAIRS: Final = Gift("020", "行远康复器材", goods=(("wheelchair", 5, "piece"),))
"""The donation later in the day that serves a waiting need."""

CONSULTATIONS: Final = Gift("013", "和风门诊部", services=(("medical_consultation", 4),))
"""The pledge of a clinic for those whom the screening finds."""

COOL_BOX: Final = Gift("013", "榆荫药房", goods=(("insulin_cool_box", 1, "piece"),))
"""The donation of the evening: half of a reopened need's request."""


@dataclass(frozen=True)
class Elder:
    """An invented resident who is screened: `systolic` in mmHg."""

    name: str
    birth_year: int
    systolic: int
    lives_alone: bool

    def body(self, station_id: str, at: str) -> Body:
        """Return the body for POST /v1/residents, in the care of the station that stands at `at`."""
        return {
            "station_id": station_id,
            "name": self.name,
            "birth_year": self.birth_year,
            "groups": ["elderly_80_plus"],
            "location": place(at),
        }

    def results(self, resident_id: str) -> Body:
        """Return the body for POST /v1/screenings/{id}/results."""
        alone = "yes" if self.lives_alone else "no"
        values = [
            {"indicator": "systolic_pressure", "measured": self.systolic}, {"indicator": "lives_alone", "chosen": alone}
        ]  # fmt: skip
        return {"resident_id": resident_id, "results": values}


ELDERS: Final = (
    Elder("孟桂枝", 1941, 186, lives_alone=False),
    Elder("贺玉兰", 1944, 128, lives_alone=True),
    Elder("秦守田", 1939, 118, lives_alone=False),
)
"""The residents of one community who are screened in the morning: the first has a critical value."""


@dataclass(frozen=True)
class Volunteer:
    """An invented volunteer."""

    number: int
    name: str
    community: str
    birth_year: int
    skills: tuple[str, ...]
    standing: bool
    languages: tuple[str, ...] = ("cmn",)
    offset: tuple[float, float] = field(default=(0.0, 0.0))

    def body(self) -> Body:
        """Return the body for POST /v1/volunteers. Without a window in `availability` one is free at any time."""
        return {
            "name": self.name,
            "phone": f"139000{self.number:05d}",
            "area": f"{STREET}{self.community}",
            "location": place(self.community, self.offset),
            "birth_year": self.birth_year,
            "skills": list(self.skills),
            "languages": list(self.languages),
            "availability": [],
            "standing_acceptance": self.standing,
        }


SKILLS: Final = (
    ("medication_delivery", 9, 9),
    ("counselling", 6, 3),
    ("lecture", 7, 0),
    ("escort", 20, 10),
    ("hazard_check", 18, 0),
    ("first_aid", 5, 5),
    ("carrying", 13, 8),
    ("translation", 2, 1),
)
"""Skill, volunteers with it, those of them with standing acceptance (confirmed at once, without an offer)."""

_FAMILY: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云"
_GIVEN: Final = ("晓禾", "若川", "明远", "秋实", "安然", "望舒", "知夏", "一苇", "怀谷", "青禾")


def volunteers() -> Iterator[Volunteer]:
    """Yield eighty invented people, the same every day."""
    number = 0
    # The steps are prime to the lengths of the lists: so names and years mix, and every community has people.
    for skill, count, standing in SKILLS:
        for nth in range(count):
            number += 1
            yield Volunteer(
                number=number,
                name=_FAMILY[number % len(_FAMILY)] + _GIVEN[number % len(_GIVEN)],
                community=COMMUNITIES[number * 5 % len(COMMUNITIES)],
                birth_year=1956 + number * 7 % 48,
                skills=(skill,),
                standing=nth < standing,
                languages=("cmn", "kor") if skill == "translation" else ("cmn",),
                offset=(number % 7 * 0.0003, number % 5 * 0.0003),
            )


def place(community: str, offset: tuple[float, float] = (0.0, 0.0)) -> dict[str, float]:
    """Return an invented point for a community (or the centre), always the same."""
    nth = COMMUNITIES.index(community) if community in COMMUNITIES else 11
    lon = MIDDLE[0] + (nth % 5 - 2) * 0.0022 + offset[0]
    lat = MIDDLE[1] + (nth // 5 - 2) * 0.0020 + offset[1]
    return {"lon": round(lon, 5), "lat": round(lat, 5)}


def area_of(station: str) -> str:
    """Return the area in which a station or the centre stands."""
    return STREET if station == CENTRE else f"{STREET}{station}"


def names() -> frozenset[str]:
    """Return the invented and official names that are shown as they are, in every language."""
    donors = {gift.donor for gift in (*GIFTS, WHEELCHAIRS, CONSULTATIONS, COOL_BOX)}
    return frozenset({*STATIONS.values(), *(fund.name for fund in FUNDS), *donors})
