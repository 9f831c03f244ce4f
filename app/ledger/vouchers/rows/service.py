"""How the rows of vouchers are written: numbers from their counters, heads and lines, each in one statement.

The rules were checked before; any number of vouchers of any number of books costs the same few statements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from app.ledger.accounts.types import Account
from app.ledger.dimensions import service as dimensions
from app.ledger.dimensions.types import Item, ItemKey
from app.ledger.vouchers import rules
from app.ledger.vouchers.types import Draft, Drafted, Line, Source
from tenants.scope import TenantScope

AccountMap = dict[tuple[int, str], Account]

_NUMBERS = """
INSERT INTO tenant.number_counter AS c (book_id, period, word, last, extra, posted, voided)
SELECT b, p, w, n, e, 0, 0
  FROM unnest(cast(:books AS bigint[]), cast(:periods AS text[]), cast(:words AS text[]), cast(:counts AS integer[]),
              cast(:extras AS integer[])) AS k (b, p, w, n, e)
 ORDER BY b, p, w
ON CONFLICT (book_id, period, word) DO UPDATE SET last = c.last + excluded.last, extra = c.extra + excluded.extra
RETURNING c.book_id, c.period, c.word, c.last
"""
_VOUCHERS = """
INSERT INTO tenant.voucher (book_id, id, period, date, word, number, part, parts, status, attachments, source_type,
                            source_id, source_rule, transfer, reverses, external_id, note, prepared_by, preparer,
                            created_at, updated_at)
SELECT b, i, p, d, w, n, pt, ps, 'draft', a, st, si, coalesce(sr, ''), t, r, e, nt, :actor, :preparer, :now, :now
  FROM unnest(cast(:books AS bigint[]), cast(:ids AS uuid[]), cast(:periods AS text[]), cast(:dates AS date[]),
              cast(:words AS text[]), cast(:numbers AS integer[]), cast(:parts AS integer[]),
              cast(:of_parts AS integer[]), cast(:attachments AS integer[]), cast(:source_types AS text[]),
              cast(:source_ids AS text[]), cast(:source_rules AS text[]), cast(:transfers AS boolean[]),
              cast(:reverses AS uuid[]), cast(:external_ids AS text[]), cast(:notes AS text[]))
       AS k (b, i, p, d, w, n, pt, ps, a, st, si, sr, t, r, e, nt)
"""
_LINES = """
INSERT INTO tenant.voucher_line (book_id, voucher_id, line_no, period, account_id, dim_set_id, summary, currency, rate,
                                 foreign_amount, quantity, unit_price, debit, credit, cash_item, cash_amount)
SELECT b, v, n, p, a, s, t, cur, r, f, q, up, d, c, ci, ca
  FROM unnest(cast(:books AS bigint[]), cast(:vouchers AS uuid[]), cast(:numbers AS integer[]),
              cast(:periods AS text[]), cast(:accounts AS bigint[]), cast(:sets AS bigint[]),
              cast(:summaries AS text[]), cast(:currencies AS text[]), cast(:rates AS numeric[]),
              cast(:foreigns AS numeric[]), cast(:quantities AS numeric[]), cast(:prices AS numeric[]),
              cast(:debits AS numeric[]), cast(:credits AS numeric[]), cast(:cash_items AS text[]),
              cast(:cash_amounts AS numeric[])) AS k (b, v, n, p, a, s, t, cur, r, f, q, up, d, c, ci, ca)
"""


def take_numbers(scope: TenantScope, keys: Sequence[tuple[int, str, str]], parts: Sequence[int]) -> list[int]:
    """The next number of each (book id, period, word), in the order given, under the lock of its counter row.

    A part above 1 goes on under the number given to its key before.
    """
    first = Counter(key for key, part in zip(keys, parts, strict=True) if part == 1)
    counts = sorted(Counter(keys).items())
    rows = scope.run(
        _NUMBERS,
        books=[key[0] for key, _ in counts],
        periods=[key[1] for key, _ in counts],
        words=[key[2] for key, _ in counts],
        counts=[first[key] for key, _ in counts],
        extras=[count - first[key] for key, count in counts],
    )
    last = {(row.book_id, row.period, row.word): row.last for row in rows}
    following = {key: last[key] - first[key] for key, _ in counts}
    numbers = []
    for key, part in zip(keys, parts, strict=True):
        following[key] += part == 1
        numbers.append(following[key])
    return numbers


def insert_heads(scope: TenantScope, drafts: Sequence[Draft], written: Sequence[Drafted]) -> None:
    """Write the heads of drafts under the ids and numbers they were given."""
    sources = [draft.source or Source(None, None, "") for draft in drafts]  # type: ignore[arg-type]
    scope.run(
        _VOUCHERS,
        books=[w.book_id for w in written],
        ids=[w.id for w in written],
        periods=[w.period for w in written],
        dates=[d.date for d in drafts],
        words=[w.word for w in written],
        numbers=[w.number for w in written],
        parts=[d.part for d in drafts],
        of_parts=[d.parts for d in drafts],
        attachments=[d.attachments for d in drafts],
        source_types=[s.type for s in sources],
        source_ids=[s.id for s in sources],
        source_rules=[s.rule for s in sources],
        transfers=[d.transfer for d in drafts],
        reverses=[d.reverses for d in drafts],
        external_ids=[d.external_id for d in drafts],
        notes=[d.note for d in drafts],
        actor=scope.actor.name,
        preparer=scope.actor.key,
        now=scope.now,
    )


def insert_lines(
    scope: TenantScope,
    vouchers: Sequence[tuple[Sequence[Line], Drafted]],
    found: AccountMap,
    items: Mapping[ItemKey, Item],
) -> None:
    """Write the lines of vouchers, each with its share of the cash-flow items, and the dimension sets they need."""
    books: list[int] = []
    ids: list[UUID] = []
    numbers: list[int] = []
    keys: list[str] = []
    used: list[Account] = []
    lines: list[Line] = []
    cash_items: list[str | None] = []
    cash_amounts: list[object] = []
    for of_voucher, done in vouchers:
        of_accounts = [found[done.book_id, line.account] for line in of_voucher]
        count = len(of_voucher)
        books += [done.book_id] * count
        ids += [done.id] * count
        numbers += range(1, count + 1)
        keys += [done.period] * count
        used += of_accounts
        lines += of_voucher
        for item, amount in rules.tag_cash(of_voucher, of_accounts):
            cash_items.append(item)
            cash_amounts.append(amount)
    scope.run(
        _LINES,
        books=books,
        vouchers=ids,
        numbers=numbers,
        periods=keys,
        accounts=[account.id for account in used],
        sets=_sets(scope, books, used, lines, items),
        summaries=[line.summary for line in lines],
        currencies=[line.currency for line in lines],
        rates=[line.rate for line in lines],
        foreigns=[line.foreign_amount for line in lines],
        quantities=[line.quantity for line in lines],
        prices=[line.unit_price for line in lines],
        debits=[line.debit for line in lines],
        credits=[line.credit for line in lines],
        cash_items=cash_items,
        cash_amounts=cash_amounts,
    )


def _sets(
    scope: TenantScope,
    books: Sequence[int],
    used: Sequence[Account],
    lines: Sequence[Line],
    items: Mapping[ItemKey, Item],
) -> list[int]:
    """The dimension set of each line; customers and suppliers are made where a line is the first to name them."""
    held = [
        (book, rules.named(line, account)) if line.counterparty or line.items else None
        for book, account, line in zip(books, used, lines, strict=True)
    ]
    wanted = {key for key in held if key}
    if not wanted:
        return [0] * len(lines)
    all_items = dimensions.ensure_items(scope, ((book, *item) for book, of_set in wanted for item in of_set), items)
    sets = dimensions.ensure_sets(scope, wanted, all_items)
    return [sets[key] if key else 0 for key in held]
