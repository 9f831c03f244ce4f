"""Chart work (科目): a book's chart is seeded from its standard, then extended, changed, disabled and recoded.

Invariant: posted lines and balances name an account by its internal id, which never changes; a code or a parent may.
So a used account gets children without any line being touched: its own row becomes the first child, and a new row
above takes its code and name. Whatever would move a balance to another account is a voucher (`app.ledger.charting`).
Every verb holds the book's ledger head, so the acts of a book come one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from app.audit import service as audit
from app.audit.service import Act
from app.books import queries as book_queries
from app.books import service as books
from app.books.errors import BookNotFound
from app.books.types import BookRef, BookScope
from app.kernel.pinyin import initials
from app.ledger.accounts import errors, queries, rules
from app.ledger.accounts.types import Account, Chart, Given, NewAccount
from app.ledger.dimensions import queries as dimensions
from app.ledger.periods import service as periods
from app.standards.loader import load
from app.standards.types import AccountSpec, Taxpayer
from infra.errors import Violation
from infra.ids import encode
from tenants.scope import TenantScope

_SEED = """
INSERT INTO tenant.account (book_id, code, name_zh, name_en, class, normal_side, parent_code, leaf, cash, standard_code,
                            pinyin, dimensions, currencies, monetary, cash_item_in, cash_item_out, cash_follows, active)
SELECT :book, c, zh, en, class, side, parent, leaf, cash, std, pinyin, string_to_array(dimensions, ';'), '{}', monetary,
       item_in, item_out, follows, true
  FROM unnest(cast(:codes AS text[]), cast(:zh AS text[]), cast(:en AS text[]), cast(:classes AS text[]),
              cast(:sides AS text[]), cast(:parents AS text[]), cast(:leaves AS boolean[]), cast(:cash AS boolean[]),
              cast(:standard AS text[]), cast(:pinyin AS text[]), cast(:dimensions AS text[]),
              cast(:monetary AS boolean[]), cast(:items_in AS text[]), cast(:items_out AS text[]),
              cast(:follows AS boolean[]))
       AS k (c, zh, en, class, side, parent, leaf, cash, std, pinyin, dimensions, monetary, item_in, item_out, follows)
"""
_ADD = """
INSERT INTO tenant.account (book_id, code, name_zh, name_en, class, normal_side, parent_code, leaf, cash, standard_code,
                            pinyin, dimensions, currencies, unit, monetary, cash_item_in, cash_item_out, cash_follows,
                            active)
VALUES (:book_id, :code, :name_zh, :name_en, :account_class, :normal_side, :parent_code, true, :cash, :standard_code,
        :pinyin, :dimensions, :currencies, :unit, :monetary, :cash_item_in, :cash_item_out, :cash_follows, true)
"""
_SPLIT = """
WITH first AS (
  UPDATE tenant.account
     SET code = :first, parent_code = :code, name_zh = :first_zh, name_en = :first_en, pinyin = :first_pinyin,
         row_version = row_version + 1
   WHERE book_id = :book AND code = :code
  RETURNING class, normal_side, cash, standard_code, dimensions, currencies, unit, monetary, cash_item_in,
            cash_item_out, cash_follows, row_version
)
INSERT INTO tenant.account (book_id, code, name_zh, name_en, class, normal_side, parent_code, leaf, cash, standard_code,
                            pinyin, dimensions, currencies, unit, monetary, cash_item_in, cash_item_out, cash_follows,
                            active, row_version)
SELECT :book, :code, :name_zh, :name_en, class, normal_side, :above, false, cash, standard_code, :pinyin, dimensions,
       currencies, unit, monetary, cash_item_in, cash_item_out, cash_follows, true, row_version
  FROM first
"""
_LEAF = """
UPDATE tenant.account SET leaf = :leaf, row_version = row_version + 1
 WHERE book_id = :book AND code = :code AND leaf <> :leaf
"""
_CHANGE = """
UPDATE tenant.account
   SET name_zh = :name_zh, name_en = :name_en, pinyin = :pinyin, normal_side = :normal_side, dimensions = :dimensions,
       currencies = :currencies, unit = :unit, monetary = :monetary, cash_item_in = :cash_item_in,
       cash_item_out = :cash_item_out, row_version = row_version + 1
 WHERE book_id = :book_id AND id = :id
"""
_ACTIVE = """
UPDATE tenant.account SET active = :active, row_version = row_version + 1
 WHERE book_id = :book AND id = ANY(cast(:ids AS bigint[])) AND active <> :active
"""
_DELETE = "DELETE FROM tenant.account WHERE book_id = :book AND id = :id"
# Old and new codes may meet half way (4-2-2 has 8 digits where 4-4-4 has them too): all leave before any arrives.
_RECODE_AWAY = """
UPDATE tenant.account a SET code = '~' || k.c, parent_code = '~' || k.p, row_version = a.row_version + 1
  FROM unnest(cast(:ids AS bigint[]), cast(:codes AS text[]), cast(:parents AS text[])) AS k (id, c, p)
 WHERE a.book_id = :book AND a.id = k.id
"""
_RECODE_HOME = """
UPDATE tenant.account SET code = ltrim(code, '~'), parent_code = ltrim(parent_code, '~')
 WHERE book_id = :book AND starts_with(code, '~')
"""


def seed(scope: TenantScope, book: BookRef, specs: Sequence[AccountSpec]) -> int:
    """Write a standard's chart into a new book in one statement; returns the number of accounts.

    The codes are those of the book's width rule; raises `WidthsRejected` when the standard's do not fit it.
    """
    codes = _codes_of(book, specs)
    scope.run(
        _SEED,
        book=book.id,
        codes=[codes[s.code] for s in specs],
        zh=[s.name_zh for s in specs],
        en=[s.name_en for s in specs],
        classes=[s.account_class for s in specs],
        sides=[s.normal_side for s in specs],
        parents=[codes[s.parent_code] if s.parent_code else None for s in specs],
        leaves=[s.leaf for s in specs],
        cash=[s.cash for s in specs],
        standard=[s.code for s in specs],
        pinyin=[initials(s.name_zh) for s in specs],
        dimensions=[";".join(s.dimensions) for s in specs],
        monetary=[s.monetary for s in specs],
        items_in=[s.cash_item_in for s in specs],
        items_out=[s.cash_item_out for s in specs],
        follows=[s.cash_follows for s in specs],
    )
    return len(specs)


def _codes_of(book: BookRef, specs: Sequence[AccountSpec]) -> Mapping[str, str]:
    widths = load(book.standard, book.edition).code_widths
    return _recoded({spec.code: spec.parent_code for spec in specs}, widths, rules.widths_of(book))


def _recoded(parents: Mapping[str, str | None], old: Sequence[int], new: Sequence[int]) -> Mapping[str, str]:
    codes, found = rules.recode(parents, old, new)
    if found:
        raise errors.WidthsRejected(violations=found, count=len(found), widths="-".join(map(str, new)))
    return codes


def hold(scope: BookScope) -> Chart:
    """The book's chart under the lock of its ledger head, for a change."""
    periods.lock_heads(scope, [scope.book.id])
    found = book_queries.find(scope, scope.book.uid)  # as it is under the lock: the widths may have changed
    if found is None:
        raise BookNotFound
    return queries.chart_of(scope, found[0])


def add_account(scope: BookScope, new: NewAccount) -> Account:
    """Add an account (新增科目) under another, or on the first level.

    Under a leaf that has lines or balances the caller names the first child: the leaf itself becomes it, with all
    that hangs on it, and a new account above takes its code (a posted voucher is not touched, 12号 Art. 21(3)).
    Raises `AccountNotFound`, `AccountRejected`, `FirstChildNeeded`.
    """
    chart = hold(scope)
    account = _under(scope, chart, new) if new.parent else _first_level(scope, chart, new)
    scope.run(_ADD, **_columns(account))
    details = {name: value for name, value in asdict(account).items() if value and name not in ("book_id", "id")}
    _log(scope, "account.create", account.code, details)
    return one(scope, account.code)


def _under(scope: BookScope, chart: Chart, new: NewAccount) -> Account:
    """The account asked for, its parent made one that may have children."""
    parent = rules.held(chart, new.parent or "")
    code, first = rules.place(chart, new)
    account = rules.inherited(parent, new.given, code, new.name_zh)
    found = [*rules.check_new(chart, new, account, first), *_check_words(scope, account)]
    used = parent.leaf and queries.standings(scope, scope.book.id, [parent.id])[parent.id].used
    if new.first_child and not used:
        found.append(errors.FIRST_CHILD_UNASKED.at("/first_child", account=parent.code))
    _refuse(found)
    if not used:
        scope.run(_LEAF, book=scope.book.id, code=parent.code, leaf=False)
        return account
    if new.first_child is None or first is None:
        raise errors.FirstChildNeeded(account=parent.code)
    scope.run(
        _SPLIT,
        book=scope.book.id,
        code=parent.code,
        above=parent.parent_code,
        name_zh=parent.name_zh,
        name_en=parent.name_en,
        pinyin=parent.pinyin,
        first=first,
        first_zh=new.first_child.name_zh,
        first_en=new.first_child.name_en or new.first_child.name_zh,
        first_pinyin=initials(new.first_child.name_zh),
    )
    _log(scope, "account.split", parent.code, {"first_child": first, "name_zh": new.first_child.name_zh})
    return account


def _first_level(scope: BookScope, chart: Chart, new: NewAccount) -> Account:
    standard, code = load(scope.book.standard, scope.book.edition), new.code or ""
    specs = {spec.code: spec for spec in standard.charts[Taxpayer(scope.book.taxpayer)]}
    spec = specs.get(new.standard_code or code)
    _refuse(rules.check_first_level(new, spec, code))
    assert spec is not None  # noqa: S101  (the type checker's; it was just refused)
    account = rules.of_standard(scope.book.id, spec, new, code)
    _refuse([*rules.check_new(chart, new, account, None), *_check_words(scope, account)])
    return account


def change_account(scope: BookScope, code: str, given: Given) -> Account:
    """Change an account (修改科目): its names, what it is kept by, its cash-flow items.

    What lines or balances depend on stays. Raises `AccountNotFound`, `AccountRejected`.
    """
    chart = hold(scope)
    before = rules.held(chart, code)
    after = rules.changed(before, given)
    standing = queries.standings(scope, scope.book.id, [before.id], lock=True)[before.id]
    found = rules.check_change(before, after, standing, preset=chart.preset(before))
    _refuse([*found, *rules.check_name(chart, after), *_check_words(scope, after)])
    rewrite(scope, before, after, "account.change")
    return one(scope, code)


def rewrite(scope: BookScope, before: Account, after: Account, action: str) -> None:
    """Write what differs of an account, and the log's line with what was and what is."""
    was, now = asdict(before), asdict(after)
    differs = {name: {"before": was[name], "after": now[name]} for name in now if now[name] != was[name]}
    if differs:
        columns = _columns(after)
        scope.run(_CHANGE, id=before.id, **columns)
        _log(scope, action, before.code, differs)


def disable_account(scope: BookScope, code: str) -> Account:
    """Disable an account (停用) and those below it; raises `AccountNotFound`, or `AccountInUse` with what stands
    against it."""
    chart = hold(scope)
    rules.held(chart, code)
    below = {each.id: each.code for each in chart.below(code)}
    standings = queries.standings(scope, scope.book.id, list(below), lock=True)
    against = list(rules.against_disabling(below, standings.values()))
    if against:
        raise errors.AccountInUse(violations=against, account=code)
    put_out(scope, list(below), "account.disable", [code])
    return one(scope, code)


def put_out(scope: BookScope, ids: Sequence[int], action: str, codes: Sequence[str]) -> None:
    """Disable these accounts, whatever hangs on them; the caller decided that, and says what the log names."""
    if scope.run(_ACTIVE, book=scope.book.id, ids=list(ids), active=False).rowcount:
        audit.record(scope, [Act(action, "account", code, {}, scope.book.id) for code in codes])


def enable_account(scope: BookScope, code: str) -> Account:
    """Enable an account (启用) and those above it; raises `AccountNotFound`."""
    chart = hold(scope)
    line_up = [rules.held(chart, code)]
    while line_up[-1].parent_code is not None:
        line_up.append(chart.accounts[line_up[-1].parent_code])
    if scope.run(_ACTIVE, book=scope.book.id, ids=[each.id for each in line_up], active=True).rowcount:
        _log(scope, "account.enable", code, {})
    return one(scope, code)


def delete_account(scope: BookScope, code: str) -> None:
    """Delete an own leaf that was never used; its parent is a leaf again when it was the last child.

    Raises `AccountNotFound`, `AccountPreset`, `AccountUsed`.
    """
    chart = hold(scope)
    account = rules.held(chart, code)
    if chart.preset(account):
        raise errors.AccountPreset(account=code)
    if not account.leaf or queries.standings(scope, scope.book.id, [account.id], lock=True)[account.id].used:
        raise errors.AccountUsed(account=code)
    scope.run(_DELETE, book=scope.book.id, id=account.id)
    if account.parent_code and len(chart.children(account.parent_code)) == 1:
        scope.run(_LEAF, book=scope.book.id, code=account.parent_code, leaf=True)
    _log(scope, "account.delete", code, {"name_zh": account.name_zh, "parent_code": account.parent_code})


def change_widths(scope: BookScope, widths: Sequence[int]) -> Mapping[str, str]:
    """Bring every code of the book to other widths (科目编码长度, 4-2-2 -> 4-3-3); gives old code -> new code.

    Raises `WidthsRejected` with every code that does not fit.
    """
    chart = hold(scope)
    codes = _recoded({each.code: each.parent_code for each in chart.accounts.values()}, chart.widths, widths)
    if tuple(widths) == chart.widths:
        return codes
    every = list(chart.accounts.values())
    scope.run(
        _RECODE_AWAY,
        book=scope.book.id,
        ids=[each.id for each in every],
        codes=[codes[each.code] for each in every],
        parents=[codes[each.parent_code] if each.parent_code else None for each in every],
    )
    scope.run(_RECODE_HOME, book=scope.book.id)
    book = books.lock_book(scope)
    books.update_book(scope, {"settings": {**book.settings, "code_widths": list(widths)}})
    details = {"before": list(chart.widths), "after": list(widths)}
    audit.record(scope, [Act("account.recode", "book", encode("bk", book.uid), details, book.id)])
    return codes


def one(scope: BookScope, code: str) -> Account:
    """An account as it stands; raises `AccountNotFound`."""
    account = queries.in_books(scope, [scope.book.id], [code]).get((scope.book.id, code))
    if account is None:
        raise errors.AccountNotFound(account=code)
    return account


def _check_words(scope: BookScope, account: Account) -> Iterable[Violation]:
    known = {each.code for each in dimensions.every(scope, scope.book.id)}
    return rules.check_words(account, known, load(scope.book.standard, scope.book.edition).cash_items)


def _columns(account: Account) -> dict[str, Any]:
    columns = asdict(account)
    del columns["id"]
    return {**columns, "dimensions": list(account.dimensions), "currencies": list(account.currencies)}


def _refuse(found: Iterable[Violation]) -> None:
    violations = list(found)
    if violations:
        raise errors.AccountRejected(violations=violations, count=len(violations))


def _log(scope: BookScope, action: str, code: str, details: Mapping[str, Any]) -> None:
    audit.record(scope, [Act(action, "account", code, details, scope.book.id)])
