"""The pure rules of a voucher: what makes one acceptable, and how its cash movement falls on cash-flow items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.kernel.money import FEN, RMB, ZERO, allocate, fen, show
from app.ledger.accounts.types import Account
from app.ledger.dimensions.types import COUNTERPARTIES, Item, ItemKey, Named
from app.ledger.vouchers import errors
from app.ledger.vouchers.types import Draft, Line
from infra.errors import Violation

MAX_LINES = 1000

CashTag = tuple[str | None, Decimal | None]
_NO_TAG: CashTag = (None, None)


def number_text(word: str, number: int, part: int = 1, parts: int = 1) -> str:
    """A number as it is written: 记-5, or 记-5-1/3 for the first of three vouchers under one number (分数编号)."""
    return f"{word}-{number}" if parts == 1 else f"{word}-{number}-{part}/{parts}"


def summary_of(word: str, voucher: Mapping[str, Any]) -> str:
    """`注销1月5日记-3号凭证`: the summary 会计基础工作规范 Art. 51(5) prescribes, `word` being 注销 or 订正."""
    day = voucher["date"]
    number = number_text(voucher["word"], voucher["number"], voucher["part"], voucher["parts"])
    return f"{word}{day.month}月{day.day}日{number}号凭证"


def named(line: Line, account: Account) -> Named:
    """The items a line names, its counterparty among them, in the order of their dimensions."""
    if not line.counterparty:
        return tuple(sorted(line.items)) if line.items else ()
    return tuple(sorted((*line.items, (account.counterparty_dimension or COUNTERPARTIES[0], line.counterparty))))


def again(line: Mapping[str, Any]) -> Line:
    """The line as it was asked for, from a row that was read."""
    return Line(
        line["account"],
        line["summary"],
        line["debit"],
        line["credit"],
        line["counterparty"],
        line["cash_item"],
        tuple(sorted(line["items"].items())),
        line["currency"],
        line["foreign_amount"],
        line["rate"],
        line["quantity"],
        line["unit_price"],
    )


def says_the_same(row: Mapping[str, Any], draft: Draft, accounts: Mapping[tuple[int, str], Account]) -> bool:
    """Whether a draft says what the row of a voucher says already, in whatever words its lines were asked for."""
    kept = [again(line) for line in row["lines"]]
    heads = (row["date"], row["attachments"], row["note"]) == (draft.date, draft.attachments, draft.note)
    if not heads or [line.account for line in kept] != [line.account for line in draft.lines]:
        return False
    used = [accounts[draft.book_id, line.account] for line in draft.lines]
    tags = [item for item, _ in tag_cash(draft.lines, used)]
    asked = [line._replace(cash_item=item) for line, item in zip(draft.lines, tags, strict=True)]
    return [_plainly(*pair) for pair in zip(kept, used, strict=True)] == [
        _plainly(*pair) for pair in zip(asked, used, strict=True)
    ]


def _plainly(line: Line, account: Account) -> Line:
    """The line with its counterparty among its items."""
    return line._replace(counterparty="", items=named(line, account))


def red(line: Line, summary: str) -> Line:
    """The line on the same side with the other sign, of money, of foreign money and of quantity."""
    return line._replace(
        summary=summary,
        debit=-line.debit,
        credit=-line.credit,
        foreign_amount=None if line.foreign_amount is None else -line.foreign_amount,
        quantity=None if line.quantity is None else -line.quantity,
    )


def check(draft: Draft, accounts: Mapping[tuple[int, str], Account], items: Mapping[ItemKey, Item]) -> list[Violation]:
    """Every rule the voucher breaks, each with a pointer into its lines (会计基础工作规范 Art. 51)."""
    found: list[Violation] = []
    if len(draft.lines) < 2:
        found.append(errors.TOO_FEW_LINES.at("/lines"))
    if len(draft.lines) > MAX_LINES:
        found.append(errors.TOO_MANY_LINES.at("/lines", limit=MAX_LINES))
    debit = credit = ZERO
    for index, line in enumerate(draft.lines):
        debit += line.debit
        credit += line.credit
        account = accounts.get((draft.book_id, line.account))
        if account is None or not _plain(line, account):
            found.extend(_check_line(f"/lines/{index}", line, account, draft, items))
    if debit != credit:
        found.append(
            errors.UNBALANCED.at("/lines", debit=show(debit), credit=show(credit), difference=show(abs(debit - credit)))
        )
    return found


def _plain(line: Line, account: Account) -> bool:
    """Whether nothing about a line needs a closer look: most lines of most vouchers."""
    return (
        account.leaf
        and account.active
        and bool(line.debit) is not bool(line.credit)
        and bool(line.summary)
        and not (account.dimensions or account.currencies)
        and not (line.counterparty or line.items)
        and line.currency == RMB
        and line.foreign_amount is line.rate is line.quantity is line.unit_price is None
    )


def _check_line(
    path: str, line: Line, account: Account | None, draft: Draft, items: Mapping[ItemKey, Item]
) -> list[Violation]:
    found: list[Violation] = []
    if bool(line.debit) is bool(line.credit):
        found.append(errors.LINE_SIDES.at(path))
    if not line.summary:
        found.append(errors.LINE_SUMMARY.at(f"{path}/summary"))
    where = f"{path}/account_code"
    if account is None:
        return [*found, errors.ACCOUNT_UNKNOWN.at(where, account=line.account)]
    if not account.leaf:
        found.append(errors.ACCOUNT_NOT_LEAF.at(where, account=line.account))
    if draft.waived:
        return found
    if not account.active:
        found.append(errors.ACCOUNT_INACTIVE.at(where, account=line.account))
    return [
        *found,
        *_check_dimensions(path, line, account),
        *_check_items(path, named(line, account), draft.book_id, items),
        *_check_foreign(path, line, account),
        *_check_quantity(path, line, account),
    ]


def _check_dimensions(path: str, line: Line, account: Account) -> Iterable[Violation]:
    counterparty = account.counterparty_dimension
    given = {dimension for dimension, _ in line.items}
    if line.counterparty and counterparty is None:
        yield errors.COUNTERPARTY_FORBIDDEN.at(f"{path}/counterparty", account=line.account)
    if counterparty and not line.counterparty and counterparty not in given:
        yield errors.COUNTERPARTY_MISSING.at(f"{path}/counterparty", account=line.account)
    for dimension in account.dimensions:
        if dimension != counterparty and dimension not in given:
            yield errors.ITEM_MISSING.at(f"{path}/items", account=line.account, dimension=dimension)
    for dimension in sorted(given - set(account.dimensions)):
        yield errors.ITEM_FORBIDDEN.at(f"{path}/items/{dimension}", account=line.account, dimension=dimension)


def _check_items(path: str, held: Named, book_id: int, items: Mapping[ItemKey, Item]) -> Iterable[Violation]:
    """Customers and suppliers come into being with their first line, because invoices name them; others are made."""
    for dimension, name in held:
        where = f"{path}/counterparty" if dimension in COUNTERPARTIES else f"{path}/items/{dimension}"
        item = items.get((book_id, dimension, name))
        if item is None and dimension not in COUNTERPARTIES:
            yield errors.ITEM_UNKNOWN.at(where, dimension=dimension, item=name)
        elif item is not None and not item.active:
            yield errors.ITEM_INACTIVE.at(where, dimension=dimension, item=name)


def _check_foreign(path: str, line: Line, account: Account) -> Iterable[Violation]:
    if line.currency not in (account.currencies or (RMB,)):
        yield errors.CURRENCY_FORBIDDEN.at(f"{path}/currency", account=line.account, currency=line.currency)
    foreign, rate, amount = line.foreign_amount, line.rate, line.debit or line.credit
    if line.currency == RMB:
        if foreign is not None or rate is not None:
            yield errors.FOREIGN_INCOMPLETE.at(path)
        return
    if foreign is None or rate is None:
        yield errors.FOREIGN_INCOMPLETE.at(path)
        return
    if foreign * amount <= 0:
        yield errors.SIGN_MISMATCH.at(f"{path}/foreign_amount")
    elif abs(foreign * rate - amount) > FEN:
        expected = show(fen(foreign * rate))
        yield errors.FOREIGN_MISMATCH.at(path, foreign=show(foreign), rate=rate, expected=expected, amount=show(amount))


def _check_quantity(path: str, line: Line, account: Account) -> Iterable[Violation]:
    """A line of a quantity account may carry none: costs are added to goods without more goods."""
    quantity, price, amount = line.quantity, line.unit_price, line.debit or line.credit
    if account.unit is None and (quantity is not None or price is not None):
        yield errors.QUANTITY_FORBIDDEN.at(f"{path}/quantity", account=line.account)
    elif quantity is not None and quantity * amount < 0:
        yield errors.SIGN_MISMATCH.at(f"{path}/quantity")
    elif price is not None and abs((quantity or 0) * price - _priced(line, amount)) > FEN:
        expected = show(fen((quantity or 0) * price))
        yield errors.QUANTITY_MISMATCH.at(
            path, quantity=quantity or 0, price=price, expected=expected, amount=show(_priced(line, amount))
        )


def _priced(line: Line, amount: Decimal) -> Decimal:
    """What a unit price multiplies up to: the foreign amount of a foreign line."""
    return amount if line.foreign_amount is None else line.foreign_amount


def tag_cash(lines: Sequence[Line], accounts: Sequence[Account]) -> list[CashTag]:
    """The cash-flow item and signed amount (cash in positive) of each line; direct method.

    The voucher's net cash movement is split over the lines that stand against it, in proportion to their amounts;
    a line's own item wins over its account's default. VAT follows the line it goes with: it has a share only when it
    names an item or stands alone. A voucher of cash lines only carries no item.
    """
    if not any(account.cash for account in accounts):
        return [_NO_TAG] * len(lines)
    nets = [line.debit - line.credit for line in lines]
    cash = sum((net for net, account in zip(nets, accounts, strict=True) if account.cash), ZERO)
    against = [
        index for index, net in enumerate(nets) if not accounts[index].cash and (net < 0 < cash or cash < 0 < net)
    ]
    tags = [_NO_TAG] * len(lines)
    against = [i for i in against if lines[i].cash_item or not accounts[i].cash_follows] or against
    if not against:
        return tags
    for index, share in zip(against, allocate(cash, [abs(nets[i]) for i in against]), strict=True):
        account = accounts[index]
        item = lines[index].cash_item or (account.cash_item_in if cash > 0 else account.cash_item_out)
        tags[index] = (item or account.cash_item_in or account.cash_item_out, share)
    return [tag if tag[0] else _NO_TAG for tag in tags]
