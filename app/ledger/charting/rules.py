"""The pure rules of chart work that moves balances: what fits what, shares that add up, lines that move figures.

Invariant: a move is two lines on one side, the one of the old account red and the other black, so turnover and
balance of everything above both accounts stay what they were, and every voucher made of moves balances.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.kernel.money import FEN, RMB, show
from app.ledger.accounts import errors as account_errors
from app.ledger.accounts.types import Account, Chart, Standing
from app.ledger.charting import errors
from app.ledger.charting.types import Conversion, Holding, Measures, Move, Share, Suggestion
from app.ledger.dimensions.types import COUNTERPARTIES, Item, ItemKey, Named
from app.ledger.vouchers import errors as voucher_errors
from app.ledger.vouchers.types import Line
from infra.errors import Violation

MOST_LINES = 500  # of one voucher; more are parts of its number (5-1/3)
MANY_CHILDREN = 5
_ORGANISATION = re.compile(
    "(公司|集团|厂|店|商行|中心|合作社|事务所|医院|学院|学校|大学|银行|研究院|工作室|经营部|门市部|个体户)"
)
_PERSON = re.compile("[\u4e00-\u9fff·]{2,4}")


def lines_of(move: Move, summary: str) -> list[Line]:
    """The lines that move a balance; a quantity or foreign amount without RMB rides on a fen that is taken back."""
    debit = move.source.normal_side == "debit"
    amount, foreign, quantity = move.measures if debit else Measures(*(-each for each in move.measures))
    carried = [amount or FEN] + ([] if amount else [-FEN])

    def side(account: str, items: Named, sign: int) -> list[Line]:
        lines = []
        for index, part in enumerate(carried):
            value = sign * part
            of_first = sign if index == 0 else 0
            lines.append(
                Line(
                    account,
                    summary,
                    debit=value if debit else Decimal("0.00"),
                    credit=Decimal("0.00") if debit else value,
                    items=items,
                    currency=move.currency,
                    foreign_amount=None if move.currency == RMB else of_first * foreign,
                    quantity=of_first * quantity or None,
                )
            )
        return lines

    return side(move.source.code, move.source_items, -1) + side(move.target, move.target_items, 1)


def vouchers_of(moves: Iterable[Move], summary: str) -> list[tuple[Line, ...]]:
    """The lines of all moves, in as many vouchers as their length asks for; what holds nothing is not moved."""
    vouchers: list[list[Line]] = [[]]
    for move in moves:
        if not any(move.measures):
            continue
        lines = lines_of(move, summary)
        if len(vouchers[-1]) + len(lines) > MOST_LINES:
            vouchers.append([])
        vouchers[-1] += lines
    return [tuple(lines) for lines in vouchers if lines]


def check_merge(chart: Chart, source: Account, target: Account, standing: Standing) -> Iterable[Violation]:
    """Whether one account's balance and drafts fit another: statements, sides and every measure stay as they are."""
    if source.id == target.id:
        yield errors.SAME.at("/into")
    for path, account in (("", source), ("/into", target)):
        if not account.leaf:
            yield errors.NOT_LEAF.at(path, account=account.code)
    if not target.active:
        yield errors.DISABLED.at("/into", account=target.code)
    pair = {"account": source.code, "other": target.code}
    if source.standard_code != target.standard_code:
        yield errors.STATEMENT_LINE.at("/into", **pair)
    if (source.normal_side, source.cash) != (target.normal_side, target.cash):
        yield errors.KIND.at("/into", **pair)
    if set(source.dimensions) != set(target.dimensions):
        yield errors.DIMENSIONS.at("/into", **pair)
    for currency in sorted(standing.currencies - target.booked_in):
        yield errors.CURRENCY.at("/into", account=target.code, currency=currency)
    if standing.counted and source.unit != target.unit:
        yield errors.UNIT.at("/into", **pair)


def without(held: Named, dimension: str) -> Named:
    """The items of the other dimensions."""
    return tuple(each for each in held if each[0] != dimension)


def with_item(held: Named, dimension: str, item: str) -> Named:
    """The items with one more."""
    return tuple(sorted((*without(held, dimension), (dimension, item))))


def unshared(holdings: Iterable[Holding], dimension: str) -> dict[tuple[Named, str], Measures]:
    """What is held without an item of a dimension, by the other items and currency."""
    return {
        (each.held, each.currency): each.measures
        for each in holdings
        if dimension not in {code for code, _ in each.held}
    }


def check_shares(
    shares: Sequence[Share],
    to_share: Mapping[tuple[Named, str], Measures],
    items: Mapping[ItemKey, Item],
    key: tuple[int, str],
) -> Iterable[Violation]:
    """Shares of each balance add up to it in every measure; their items exist, or are parties that may be made."""
    given: dict[tuple[Named, str], Measures] = {}
    for index, share in enumerate(shares):
        place = share.items, share.currency
        given[place] = given.get(place, Measures()).plus(share.measures)
        yield from check_item(f"/shares/{index}/item", (*key, share.item), items)
    for place in sorted({*given, *to_share}):
        expected, said = to_share.get(place, Measures()), given.get(place, Measures())
        if expected != said:
            named = "、".join(name for _, name in place[0]) or "—"
            yield errors.SHARE_SUM.at(
                "/shares", items=named, currency=place[1], expected=_spoken(expected), given=_spoken(said)
            )


def _spoken(measures: Measures) -> str:
    amount, foreign, quantity = measures
    return f"{show(amount)} / {show(foreign)} / {quantity.normalize():f}"


def check_item(path: str, key: ItemKey, items: Mapping[ItemKey, Item]) -> Iterable[Violation]:
    """An item is active; customers and suppliers are made with the first line that names them."""
    item = items.get(key)
    if item is None and key[1] not in COUNTERPARTIES:
        yield voucher_errors.ITEM_UNKNOWN.at(path, dimension=key[1], item=key[2])
    elif item is not None and not item.active:
        yield voucher_errors.ITEM_INACTIVE.at(path, dimension=key[1], item=key[2])


def against_moving(account: Account, standing: Standing) -> Iterable[Violation]:
    """What stands against changing what an account is kept by: it has children, or unposted vouchers."""
    if not account.leaf:
        yield errors.NOT_LEAF.at(account=account.code)
    if standing.drafts:
        yield account_errors.IN_DRAFTS.at(account=account.code, count=standing.drafts)


def convertible(chart: Chart, parent: str) -> list[Account]:
    """The active leaves of the book's own right under an account."""
    return [each for each in chart.children(parent) if each.leaf and each.active and not chart.preset(each)]


def check_conversion(asked: Conversion, chart: Chart, children: Sequence[Account]) -> Iterable[Violation]:
    """The children are leaves of the book's own under one account, and kept alike."""
    fit = {each.code for each in convertible(chart, asked.parent)}
    for index, code in enumerate(asked.children):
        if code not in fit:
            yield errors.NOT_CHILD.at(f"/children/{index}", account=code)
    if not children:
        yield errors.NO_CHILDREN.at("/children", account=asked.parent)
        return
    first, *others = children
    if asked.dimension in first.dimensions:
        yield errors.DIMENSION_ON.at("/dimension", account=first.code)
    for other in others:
        pair = {"account": first.code, "other": other.code}
        if (first.normal_side, first.cash) != (other.normal_side, other.cash):
            yield errors.KIND.at("/children", **pair)
        if set(first.dimensions) != set(other.dimensions):
            yield errors.DIMENSIONS.at("/children", **pair)
        if first.unit != other.unit:
            yield errors.UNIT.at("/children", **pair)


@dataclass(frozen=True, slots=True)
class Parties:
    """Where a standard expects parties: account of the standard -> its dimension, and the open accounts of others."""

    dimensions: Mapping[str, str]
    others: Collection[str]


def suggestions(chart: Chart, parties: Parties) -> list[Suggestion]:
    """The accounts under which many children look like customers, suppliers or employees."""
    found = []
    for account in chart.accounts.values():
        of_standard = account.standard_code
        if of_standard not in parties.dimensions and of_standard not in parties.others:
            continue
        children = convertible(chart, account.code)
        names = [each.name_zh for each in children]
        organisations = sum(bool(_ORGANISATION.search(name)) for name in names)
        persons = sum(bool(_PERSON.fullmatch(name)) for name in names)
        if len(children) < MANY_CHILDREN or 2 * (organisations + persons) <= len(children):
            continue
        party = "customer" if account.normal_side == "debit" else "supplier"
        dimension = parties.dimensions.get(of_standard) or ("employee" if persons > organisations else party)
        if any(dimension in each.dimensions for each in children):
            continue
        codes = tuple(each.code for each in children)
        found.append(Suggestion(account.code, account.name_zh, dimension, codes))
    return found
