"""The pure rules of a voucher: what makes one acceptable, and how its cash movement falls on cash-flow items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from app.kernel.money import ZERO, allocate, show
from app.ledger.accounts.types import Account
from app.ledger.vouchers import errors
from app.ledger.vouchers.types import Draft, Line
from infra.errors import Violation

MAX_LINES = 1000

CashTag = tuple[str | None, Decimal | None]
_NO_TAG: CashTag = (None, None)


def check(draft: Draft, accounts: Mapping[tuple[int, str], Account]) -> list[Violation]:
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
        if (
            account is None
            or not account.leaf
            or not account.active
            or bool(line.debit) is bool(line.credit)
            or not line.summary
            or bool(account.dimension) is not bool(line.counterparty)
        ):
            found.extend(_check_line(f"/lines/{index}", line, account))
    if debit != credit:
        found.append(
            errors.UNBALANCED.at("/lines", debit=show(debit), credit=show(credit), difference=show(abs(debit - credit)))
        )
    return found


def _check_line(path: str, line: Line, account: Account | None) -> list[Violation]:
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
    if not account.active:
        found.append(errors.ACCOUNT_INACTIVE.at(where, account=line.account))
    if account.dimension and not line.counterparty:
        found.append(errors.COUNTERPARTY_MISSING.at(f"{path}/counterparty", account=line.account))
    if line.counterparty and not account.dimension:
        found.append(errors.COUNTERPARTY_FORBIDDEN.at(f"{path}/counterparty", account=line.account))
    return found


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
