"""The script: the needs (需求) of the day, after the seeds, and the end that each must have.

Medication visits, comfort, lecture and hardship: seed 003's project for elders. Risk alerts: seed 000's health
screening. Safety: seed 000's safe communities. Reading corner and handrails: the themes of seed 001's projects.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final

from deploy.lianshan.demo.scene import Body, place
from deploy.lianshan.demo.words import Both
from shared.words import Language

SLOT: Final = timedelta(hours=2)
"""How long the volunteers are asked for. Nearly every service of the demo begins when its need is published."""
SERVICE: Final = timedelta(minutes=90)
"""How long a service lasts, by city time."""

DUE: Final = timedelta(days=1)
EVENING: Final = time(22, 10)
OVER_NIGHT: Final = timedelta(hours=10)
"""From an hour at which nobody is asked to the next morning."""
SOON: Final = SERVICE + timedelta(minutes=10)
"""The due time of the need that nobody can meet by then: after the services, and before the slots end."""


@dataclass(frozen=True)
class Wanted:
    """The volunteers that a need asks for."""

    headcount: int
    skill: str


@dataclass(frozen=True)
class Ending:
    """The end that a need must have; `rings` are exactly those of its sources, nearest first.

    Where `waits` is given, the need must once have stood in a waiting list, with this word in the reason or in the
    thing it waited for.
    """

    state: str
    rings: tuple[str, ...] = ()
    waits: str = ""


@dataclass(frozen=True)
class ScriptedNeed:
    """A need of the script. `short` is its name in the transcript, `title` that in the API."""

    key: str
    short: Both
    title: Both
    station: str
    theme: str
    urgency: str
    severity: int
    people_helped: int
    ends: Ending
    groups: tuple[str, ...] = ()
    goods: tuple[tuple[str, int, str], ...] = ()
    services: tuple[tuple[str, int], ...] = ()
    money_fen: int = 0
    volunteers: Wanted | None = None
    due: timedelta = DUE
    begins: timedelta = timedelta()
    languages: tuple[str, ...] = field(default=())

    def body(self, station_id: str, now: datetime, language: Language) -> Body:
        """Return the body for POST /v1/needs, at that station."""
        lines: list[Body] = [
            *({"kind": "goods", "item": i, "quantity": q, "unit": u} for i, q, u in self.goods),
            *({"kind": "service", "item": i, "quantity": q} for i, q in self.services),
        ]
        if self.money_fen:
            lines.append({"kind": "money", "amount_fen": self.money_fen, "purpose": self.title.of(language)})
        body: Body = {
            "station_id": station_id,
            "title": self.title.of(language),
            "theme": self.theme,
            "urgency": self.urgency,
            "severity": self.severity,
            "due": (now + self.due).isoformat(),
            "location": place(self.station),
            "beneficiaries": {"count": self.people_helped, "groups": list(self.groups)},
            "lines": lines,
            "publish": True,
        }
        if self.volunteers is not None:
            body["volunteers"] = {
                "headcount": self.volunteers.headcount,
                "skills": [self.volunteers.skill],
                "languages": list(self.languages),
                "starts_at": (now + self.begins).isoformat(),
                "ends_at": (now + self.begins + SLOT).isoformat(),
            }
        return body


MEDICATION: Final = ScriptedNeed(
    "medication", Both("Medication", "送药上门"),
    Both("Medication delivery to 69 homes", "为 69 户老人送药上门"),
    "017", "elderly_care", "high", 4, 69,
    Ending("evaluated", ("station",)), groups=("elderly", "living_alone"),
    goods=(("medication_pack", 69, "piece"),), volunteers=Wanted(6, "medication_delivery"),
)  # fmt: skip

COMFORT: Final = ScriptedNeed(
    "comfort", Both("Comfort", "心理慰藉"),
    Both("Psychological comfort for 48 elders", "为 48 位老人提供心理慰藉"),
    "005", "elderly_care", "normal", 3, 48,
    Ending("evaluated", ("station", "street")), groups=("elderly",),
    services=(("counselling", 48),), volunteers=Wanted(4, "counselling"),
)  # fmt: skip

LECTURE: Final = ScriptedNeed(
    "lecture", Both("Health lecture", "健康讲座"),
    Both("Health lecture for 200", "面向 200 人的健康讲座"),
    "009", "health", "normal", 2, 200,
    Ending("evaluated", ("station", "community", "street")), groups=("elderly",),
    goods=(("health_handbook", 200, "copy"),), services=(("health_lecture", 2),), money_fen=80_000,
    volunteers=Wanted(5, "lecture"),
)  # fmt: skip

HARDSHIP: Final = ScriptedNeed(
    "hardship", Both("Hardship", "困难帮扶"),
    Both("Help for 30 elders in hardship", "帮扶 30 位困难老人"),
    "023", "hardship", "high", 5, 30,
    Ending("evaluated", ("station", "community", "street", "district")), groups=("elderly_80_plus", "low_income"),
    goods=(("rice", 30, "bag_5kg"), ("cooking_oil", 30, "bottle_1800ml")), money_fen=900_000,
    volunteers=Wanted(5, "escort"),
)  # fmt: skip

SAFETY: Final = ScriptedNeed(
    "safety", Both("Safety walk", "安全巡查"),
    Both("A safety walk through the lanes before winter", "入冬前的胡同安全巡查"),
    "016", "community_safety",
    "normal", 3, 400, Ending("evaluated"), volunteers=Wanted(6, "hazard_check"),
)  # fmt: skip

ALERT: Final = ScriptedNeed(
    "alert", Both("Risk alert", "风险提示"),
    Both("Urgent risk alert: 12 elders to be screened today", "紧急风险提示：今天须筛查 12 位老人"),
    "013", "health", "urgent", 5,
    12, Ending("evaluated", ("station",)), groups=("elderly_80_plus", "seriously_ill"),
    services=(("health_screening", 12),), volunteers=Wanted(2, "first_aid"),
)  # fmt: skip

RELIEF: Final = ScriptedNeed(
    "relief", Both("Relief", "临时救助"),
    Both("Emergency relief for three families after a fire", "三户火灾家庭的临时救助"),
    "031", "hardship", "urgent", 5, 9,
    Ending("evaluated", ("district", "city")), groups=("low_income", "children"), money_fen=800_000,
)  # fmt: skip

WHEELCHAIR: Final = ScriptedNeed(
    "wheelchair", Both("Wheelchairs", "轮椅借用"),
    Both("Three wheelchairs for residents back from hospital", "出院居民借用三台轮椅"),
    "032", "disability",
    "high", 4, 3, Ending("evaluated", ("street",), waits="wheelchair"), groups=("disabled",),
    goods=(("wheelchair", 3, "piece"),), volunteers=Wanted(1, "escort"),
)  # fmt: skip

QUILTS: Final = ScriptedNeed(
    "quilts", Both("Quilts", "棉被"),
    Both("Winter quilts for 20 households", "20 户家庭的冬被"),
    "036", "hardship", "normal", 3, 20,
    Ending("cancelled"), groups=("low_income",), goods=(("quilt", 20, "piece"),),
    volunteers=Wanted(3, "carrying"),
)  # fmt: skip

WARMTH: Final = ScriptedNeed(
    "warmth", Both("Warmth", "御寒"),
    Both("Winter quilts for 15 elders living alone", "15 位独居老人的冬被"),
    "011", "elderly_care", "normal", 3, 15,
    Ending("evaluated", ("street",), waits="quilt"), groups=("living_alone",),
    goods=(("quilt", 15, "piece"),), volunteers=Wanted(2, "carrying"),
)  # fmt: skip

BOOKS: Final = ScriptedNeed(
    "books", Both("Reading corner", "儿童书角"),
    Both("A reading corner for the children of Debao", "德宝社区的儿童书角"),
    "020", "children", "low", 1, 60,
    Ending("evaluated", ("station",)), groups=("children",), goods=(("picture_book", 100, "copy"),),
)  # fmt: skip

HANDRAILS: Final = ScriptedNeed(
    "handrails", Both("Handrails", "适老改造"),
    Both("Handrails in eight homes", "八户家庭安装扶手"),
    "031", "elderly_care", "normal", 3, 8,
    Ending("evaluated", ("station",)), groups=("elderly_80_plus",), goods=(("handrail", 8, "piece"),),
    volunteers=Wanted(2, "hazard_check"),
)  # fmt: skip

CLINIC: Final = ScriptedNeed(
    "clinic", Both("Clinic escort", "陪同就医"),
    Both("Company to the clinic for eight elders", "陪同八位老人就医"),
    "009", "elderly_care", "high", 3, 8,
    Ending("evaluated"), groups=("elderly_80_plus",), volunteers=Wanted(4, "escort"),
)  # fmt: skip

SIGNING: Final = ScriptedNeed(
    "signing", Both("Sign language", "手语陪同"),
    Both("A sign-language companion for a resident", "为一位居民提供手语陪同"),
    "005", "disability", "normal", 3,
    1, Ending("published", waits="volunteer"), groups=("disabled",), volunteers=Wanted(1, "sign_language"),
)  # fmt: skip

COOLING: Final = ScriptedNeed(
    "cooling", Both("Cool boxes", "胰岛素冷藏"),
    Both("Cool boxes for insulin before the next delivery", "下次送药前的胰岛素冷藏盒"),
    "013", "health", "high", 4,
    2, Ending("partly_served", ("station",), waits="insulin_cool_box"), groups=("seriously_ill",),
    goods=(("insulin_cool_box", 2, "piece"),), due=SOON,
)  # fmt: skip

TEA: Final = ScriptedNeed(
    "tea", Both("Tea hour", "茶话会"),
    Both("A talk over tea for 30 elders, tomorrow afternoon", "明天下午为 30 位老人办茶话会"),
    "009", "elderly_care", "normal", 2, 30,
    Ending("ready", waits="volunteer"), groups=("elderly",),
    volunteers=Wanted(2, "lecture"), begins=timedelta(hours=16),
)  # fmt: skip

CONSULT: Final = ScriptedNeed(
    "consult", Both("Doctor's visit", "医生上门"),
    Both("A doctor sees an elder with a critical blood pressure", "医生上门诊视血压危急的老人"),
    "013", "health", "urgent", 5, 1,
    Ending("evaluated", ("station",)), groups=("elderly_80_plus",), services=(("medical_consultation", 1),),
)  # fmt: skip
"""Opened by the alert of the screening, and not by a call."""

FIRST: Final = (COOLING, MEDICATION, COMFORT, LECTURE, HARDSHIP, SAFETY, ALERT)
"""Published one by one."""

AFTER_HARDSHIP: Final = (RELIEF, QUILTS)
"""Published once the first are linked, so that the street's money is used up and the quilts are taken."""

BULK: Final = (WARMTH, WHEELCHAIR, BOOKS, HANDRAILS, CLINIC, SIGNING)
"""Published in one call to /v1/needs:batch."""

NEEDS: Final = (CONSULT, *FIRST, *AFTER_HARDSHIP, *BULK, TEA)
SERVED: Final = tuple(scripted for scripted in NEEDS if scripted.ends.state == "evaluated")
DECLINED: Final = SAFETY
"""The need with one volunteer who declines."""
REOPENED: Final = COOLING
"""The need that is unmet at its due time, is opened again, and gets a part."""
ADJUSTED: Final = CLINIC
"""The need with one volunteer who left earlier than recorded."""
