"""The kind of an invoice (票种) from what documents call it, or from the structure of a legacy invoice code (发票代码).

Invariant: a kind is read from evidence or is `unknown`; `unknown` is never deductible.
"""

from __future__ import annotations

import unicodedata

# in this order: the first words found in the title decide
_TITLES = (
    (("铁路电子客票",), "rail_ticket"),
    (("航空运输电子客票",), "air_itinerary"),
    (("行程单",), "air_itinerary"),
    (("二手车",), "used_vehicle"),
    (("机动车销售统一",), "vehicle"),
    (("通行费", "电子"), "toll"),
    (("卷式",), "paper_roll"),
    (("卷票",), "paper_roll"),
    (("数电纸质", "专用"), "digital_paper_special"),
    (("数电纸质", "普通"), "digital_paper_ordinary"),
    (("数电", "专用"), "digital_special"),
    (("数电", "普通"), "digital_ordinary"),
    (("全电", "专用"), "digital_special"),
    (("全电", "普通"), "digital_ordinary"),
    (("电子发票(", "专用"), "digital_special"),
    (("电子发票(", "普通"), "digital_ordinary"),
    (("电子", "专用"), "electronic_special"),
    (("电子", "普通"), "electronic_ordinary"),
    (("专用发票",), "paper_special"),
    (("普通发票",), "paper_ordinary"),
)
# 12 digits starting with 0: the last two name the kind (票种); 国家税务总局公告 on invoice codes since 2012
_TWELVE = {
    "04": "paper_ordinary",
    "05": "paper_ordinary",
    "06": "paper_roll",
    "07": "paper_roll",
    "11": "electronic_ordinary",
    "12": "toll",
    "13": "electronic_special",
    "17": "used_vehicle",
}
# 10 digits: the eighth names the kind
_TEN = {"1": "paper_special", "5": "paper_special", "3": "paper_ordinary", "6": "paper_ordinary"}


def by_title(title: str) -> str | None:
    """The kind a title or 发票票种 names, None when the words name none."""
    compact = "".join(unicodedata.normalize("NFKC", title[:200]).split())
    for words, kind in _TITLES:
        if all(word in compact for word in words):
            return kind
    return None


def by_code(code: str) -> str | None:
    """The kind a legacy invoice code (发票代码) of 10 or 12 digits names, None when it names none."""
    if len(code) == 12 and code.startswith("0"):
        return _TWELVE.get(code[10:])
    if len(code) == 10:
        return _TEN.get(code[7])
    return None


def digital(label: str) -> str | None:
    """The kind of a digital invoice (数电票) from GeneralOrSpecialVAT: `01` 专票, `02` 普票, or the label's words."""
    return {"01": "digital_special", "02": "digital_ordinary"}.get(label) or (
        "digital_special" if "专用" in label else "digital_ordinary" if "普通" in label else None
    )
