"""Companies that could exist: names by region and trade, and tax ids whose check digits hold (GB 32100, GB 11714).

Invariant: `is_tax_id(tax_id(rng, region))` for every draw.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from app.samples.types import Party

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORG_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Region:
    """A place of registration: its six-digit code, and how names and the tax bureau call it."""

    code: str
    city: str
    province: str


REGIONS = (
    Region("320594", "苏州", "江苏省"),
    Region("330106", "杭州", "浙江省"),
    Region("310115", "上海", "上海市"),
    Region("440305", "深圳", "深圳市"),
    Region("510107", "成都", "四川省"),
    Region("420111", "武汉", "湖北省"),
    Region("370202", "青岛", "青岛市"),
    Region("110108", "北京", "北京市"),
)
PROVINCES = {region.code[:2]: region.province for region in REGIONS}
_FIRST = "华盛瑞嘉恒鑫宏博启泰安锦晟卓永诚汇融创智云海天景东信"
_SECOND = "达源通远丰利美康翔宇辰逸凡优佳峰洋航润德和众合顺泽"
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = ("敏", "静", "丽", "强", "磊", "洋", "艳", "勇", "杰", "娟", "涛", "秀英", "建国", "晓燕", "志强", "思远")


def check_character(body: str) -> str:
    """The 18th character of a 统一社会信用代码 for its first 17 (GB 32100)."""
    total = sum(_VALUE[character] * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def is_tax_id(code: str) -> bool:
    """Whether a text is a 统一社会信用代码 with the right check character."""
    if len(code) != 18 or any(character not in _VALUE for character in code):
        return False
    return check_character(code[:17]) == code[17]


def tax_id(rng: random.Random, region: str, prefix: str = "91") -> str:
    """A 统一社会信用代码 registered in a region; `92` is an individual business (个体工商户)."""
    organisation = "MA" + "".join(rng.choices(ALPHABET, k=6))
    total = sum(_ORG_DIGITS.index(c) * weight for c, weight in zip(organisation, _ORG_WEIGHTS, strict=True))
    organisation += "0123456789X0"[(11 - total % 11) % 11]
    body = prefix + region + organisation
    return body + check_character(body)


def person(rng: random.Random) -> str:
    """A person's name, for drawers of invoices."""
    return rng.choice(_SURNAMES) + rng.choice(_GIVEN)


def brand(number: int) -> str:
    """The two characters a company calls itself; different for any 600 numbers in a row."""
    first, second = divmod(number * 101 % (len(_FIRST) * len(_SECOND)), len(_SECOND))
    return _FIRST[first] + _SECOND[second]


def company(rng: random.Random, trade: str, region: Region | None = None, number: int | None = None) -> Party:
    """A limited company of one trade, such as 苏州瑞达五金有限公司; the brand is drawn unless numbered."""
    region = region or rng.choice(REGIONS)
    called = brand(rng.randrange(600) if number is None else number)
    return Party(f"{region.city}{called}{trade}有限公司", tax_id(rng, region.code), person(rng), region.code[:2])


def shop(rng: random.Random, trade: str, region: Region) -> Party:
    """An individual business, such as 苏州市锦源餐馆."""
    name = f"{region.city}市{brand(rng.randrange(600))}{trade}"
    return Party(name, tax_id(rng, region.code, "92"), person(rng), region.code[:2])
