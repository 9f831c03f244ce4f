"""The pure rules of chart work: codes and their widths, names, and what of a used account may still change.

Invariant: an account's code is its parent's code and as many digits as the book's rule gives to its level.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.books.types import BookRef
from app.kernel.money import RMB
from app.kernel.pinyin import initials
from app.ledger.accounts import errors
from app.ledger.accounts.types import Account, Chart, Given, NewAccount, Standing
from app.standards.loader import load
from app.standards.types import AccountSpec
from infra.errors import Violation

MOST_LEVELS = 6
NARROWEST, WIDEST = 2, 4  # digits of a level below the first
_PLAIN = ("account_class", "normal_side", "cash", "cash_follows", "monetary", "cash_item_in", "cash_item_out")


def widths_of(book: BookRef) -> tuple[int, ...]:
    """The widths of a book's codes by level: its setting `code_widths`, or the standard's."""
    given = book.settings.get("code_widths")
    return tuple(given) if isinstance(given, list) else load(book.standard, book.edition).code_widths


def held(chart: Chart, code: str) -> Account:
    """An account of a chart; raises `AccountNotFound`."""
    account = chart.accounts.get(code)
    if account is None:
        raise errors.AccountNotFound(account=code)
    return account


def next_code(chart: Chart, parent: str | None, taken: Collection[str] = ()) -> str | None:
    """The free code after the last child of an account, or the first gap; None when there is none or no level."""
    level = chart.level(parent) if parent else 0
    if parent is None or level >= len(chart.widths):
        return None
    width = chart.widths[level]
    used = {each.code for each in chart.children(parent)} | set(taken)
    last = max((int(code[len(parent) :]) for code in used if code.startswith(parent)), default=0)
    numbers = (*range(last + 1, 10**width), *range(1, last))
    return next((code for code in (f"{parent}{number:0{width}}" for number in numbers) if code not in used), None)


def place(chart: Chart, new: NewAccount) -> tuple[str, str | None]:
    """The codes of a new account and of the first child asked for with it; "" where none is free."""
    first = new.first_child.code or next_code(chart, new.parent) or "" if new.first_child else None
    taken = [code for code in (first, new.code) if code]
    return new.code or next_code(chart, new.parent, taken) or "", first


def inherited(parent: Account, given: Given, code: str, name: str) -> Account:
    """The account a parent gets as its child: what is not given is the parent's."""
    child = replace(parent, id=0, code=code, parent_code=parent.code, leaf=True, active=True, row_version=1)
    return changed(replace(child, name_zh=name, name_en=name), given)


def of_standard(book_id: int, spec: AccountSpec, new: NewAccount, code: str) -> Account:
    """A first-level account: an account of the standard, or one of the book's own that is shown as it."""
    plain: dict[str, Any] = {name: getattr(spec, name) for name in _PLAIN}
    plain |= {"account_class": str(spec.account_class), "normal_side": str(spec.normal_side)}
    account = Account(
        book_id=book_id,
        id=0,
        code=code,
        name_zh=new.name_zh,
        name_en=spec.name_en if code == spec.code else new.name_zh,
        parent_code=None,
        leaf=True,
        standard_code=spec.code,
        pinyin="",
        dimensions=spec.dimensions,
        currencies=(),
        unit=None,
        active=True,
        row_version=1,
        **plain,
    )
    return changed(account, new.given)


def changed(account: Account, given: Given) -> Account:
    """The account with what is given, in one spelling: dimensions and currencies once each, RMB alone as none."""
    values: dict[str, Any] = {**given}
    if "dimensions" in given:
        values["dimensions"] = tuple(dict.fromkeys(given["dimensions"]))
    if "currencies" in given:
        currencies = tuple(sorted(set(given["currencies"])))
        values["currencies"] = () if currencies == (RMB,) else currencies
    after = replace(account, **values)
    return replace(after, name_en=after.name_en or after.name_zh, pinyin=initials(after.name_zh))


def check_new(chart: Chart, new: NewAccount, account: Account, first_code: str | None) -> Iterable[Violation]:
    """What is wrong with where a new account stands, and with the first child that comes with it."""
    parent = chart.accounts.get(new.parent) if new.parent else None
    if parent is not None:
        if not parent.active:
            yield errors.PARENT_DISABLED.at("/parent_code", account=parent.code)
        if new.standard_code is not None:
            yield errors.STANDARD_INHERITED.at("/standard_code")
    yield from _check_code(chart, parent, account.code, "/code")
    yield from check_name(chart, account)
    if parent is not None and new.first_child is not None and first_code is not None:
        yield from _check_code(chart, parent, first_code, "/first_child/code")
        if first_code == account.code:
            yield errors.CODE_TAKEN.at("/first_child/code", account=first_code)
        if new.first_child.name_zh == account.name_zh:
            yield errors.NAME_TAKEN.at("/first_child/name_zh", name=account.name_zh)


def _check_code(chart: Chart, parent: Account | None, code: str, path: str) -> Iterable[Violation]:
    level, above = (chart.level(parent.code), parent.code) if parent else (0, "")
    if level >= len(chart.widths):
        yield errors.TOO_DEEP.at(path, limit=len(chart.widths))
    elif not code:
        yield errors.CODES_FULL.at(path, account=above)
    elif not (code.isascii() and code.isdigit() and code.startswith(above)) or (
        len(code) != len(above) + chart.widths[level]
    ):
        yield errors.CODE_WIDTH.at(path, account=code, width=chart.widths[level])
    elif code in chart.accounts:
        yield errors.CODE_TAKEN.at(path, account=code)


def check_name(chart: Chart, account: Account) -> Iterable[Violation]:
    """A name stands once among the accounts beside it."""
    beside = chart.children(account.parent_code)
    if any(each.name_zh == account.name_zh and each.id != account.id for each in beside):
        yield errors.NAME_TAKEN.at("/name_zh", name=account.name_zh)


def check_first_level(new: NewAccount, spec: AccountSpec | None, code: str) -> Iterable[Violation]:
    """An own first-level account is shown as one of the standard whose code comes before, so roles stay with that."""
    if spec is None or spec.parent_code is not None or code < spec.code:
        yield errors.STANDARD_CODE.at("/standard_code" if new.standard_code else "/code")


def check_words(account: Account, dimensions: Collection[str], cash_items: Collection[str]) -> Iterable[Violation]:
    """The dimensions and cash-flow items an account names exist."""
    for index, dimension in enumerate(account.dimensions):
        if dimension not in dimensions:
            yield errors.DIMENSION_UNKNOWN.at(f"/dimensions/{index}", dimension=dimension)
    for side in ("cash_item_in", "cash_item_out"):
        item = getattr(account, side)
        if item is not None and item not in cash_items:
            yield errors.CASH_ITEM.at(f"/{side}", item=item)


def check_change(before: Account, after: Account, standing: Standing, *, preset: bool) -> Iterable[Violation]:
    """What of a used account, or of one of the standard, may not change."""
    if after.normal_side != before.normal_side and (standing.used or preset):
        yield errors.SIDE_FIXED.at("/normal_side", account=before.code)
    if set(after.dimensions) != set(before.dimensions) and standing.used:
        yield errors.DIMENSIONS_USED.at("/dimensions", account=before.code)
    for currency in sorted(standing.currencies - after.booked_in):
        yield errors.CURRENCY_USED.at("/currencies", account=before.code, currency=currency)
    if after.unit != before.unit and standing.counted:
        yield errors.UNIT_USED.at("/unit", account=before.code)


def against_disabling(codes: Mapping[int, str], standings: Iterable[Standing]) -> Iterable[Violation]:
    """What stands against disabling these accounts."""
    for one in standings:
        if one.holds:
            yield errors.HOLDS_BALANCE.at(account=codes[one.id])
        if one.drafts:
            yield errors.IN_DRAFTS.at(account=codes[one.id], count=one.drafts)


def check_widths(old: Sequence[int], new: Sequence[int]) -> Iterable[Violation]:
    """A width rule keeps the first level and has 2 to 4 digits on each other, six levels at most."""
    fine = all(NARROWEST <= width <= WIDEST for width in new[1:]) and 1 <= len(new) <= MOST_LEVELS
    if not fine or new[0] != old[0]:
        yield errors.WIDTH_RULE.at("/code_widths", first=old[0], limit=MOST_LEVELS)


def recode(
    parents: Mapping[str, str | None], old: Sequence[int], new: Sequence[int]
) -> tuple[dict[str, str], list[Violation]]:
    """The code of each account under other widths, every part padded or cut on its left; and all that does not fit.

    `parents` gives each account's parent, in the order of codes. Parts stay the numbers they were, so two accounts
    never come to the same code.
    """
    found = list(check_widths(old, new))
    if found:
        return {}, found
    codes: dict[str, str] = {}
    levels: dict[str, int] = {}
    for code, parent in parents.items():
        level = levels[code] = levels[parent] + 1 if parent else 1
        if level > len(new):
            return {}, [errors.TOO_DEEP.at("/code_widths", limit=len(new))]
        part, width = code.removeprefix(parent or ""), new[level - 1]
        if len(part.lstrip("0")) > width:
            found.append(errors.WIDTH_TOO_NARROW.at("/code_widths", account=code, segment=part, width=width))
        codes[code] = (codes[parent] if parent else "") + part.lstrip("0").rjust(width, "0")
    return codes, found
