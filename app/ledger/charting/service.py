"""Chart work that moves balances: merging accounts, turning dimensions on and off, children that become items.

The account and the items of a posted line never change (财会〔2024〕12号 Art. 21(3)), so balances are moved by a
reclassification voucher (结转凭证) in the last period the book has reached: red where they stood and black where they
go, on the same side. It is drafted, and reviewed and posted like any other or at once; lines of unposted vouchers move
themselves. Everything happens in one transaction under the book's ledger head: if it dies, nothing happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.ledger.accounts import queries as account_queries
from app.ledger.accounts import service as accounts
from app.ledger.accounts.errors import DIMENSION_UNKNOWN, AccountNotFound
from app.ledger.accounts.types import Account, Chart, Given, NewAccount
from app.ledger.charting import errors, queries, rules
from app.ledger.charting.drafts import service as drafts
from app.ledger.charting.drafts.service import Place
from app.ledger.charting.rules import Parties
from app.ledger.charting.types import SOURCE, Conversion, Holding, Move, On, Outcome, Share, Suggestion
from app.ledger.dimensions import queries as dimensions
from app.ledger.dimensions import service as desk
from app.ledger.dimensions.types import Named
from app.ledger.periods import queries as period_queries
from app.ledger.periods import service as periods
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.bulk import service as bulk
from app.ledger.vouchers.types import Draft, Drafted, Source
from app.standards.loader import load
from app.standards.types import Taxpayer
from infra.errors import Violation
from infra.ids import encode, new_id

_OTHERS = ("other_receivable", "other_payable")
_EMPLOYEES = ("employee_receivable", "employee_payable")


def merge_accounts(scope: BookScope, code: str, into: str, on: On) -> Outcome:
    """Merge an account into another of the same line (科目合并): its balance and drafts move, then it is disabled.

    Raises `AccountNotFound`, `ChartWorkRejected`, `ReclassPending`, `NotLastPeriod`, `PeriodClosed`.
    """
    chart, period = _begin(scope, on)
    source, target = _account(chart, code), _account(chart, into)
    standing = account_queries.standings(scope, scope.book.id, [source.id, target.id], lock=True)[source.id]
    _refuse(rules.check_merge(chart, source, target, standing))
    held = _held(scope, period, [source])
    moved = {
        place: Place(target.id, place.dim_set_id) for place in drafts.places(scope) if place.account_id == source.id
    }
    count = drafts.move_lines(scope, moved, f"account.merge {code}")
    moves = [Move(source, each.held, into, each.held, each.currency, each.measures) for each in held]
    done = _reclassify(scope, moves, f"科目合并：{code}{source.name_zh}并入{into}{target.name_zh}", "merge", on)
    accounts.put_out(scope, [source.id], "account.disable", [code])
    return _outcome(scope, "account.merge", code, Outcome(into, done, count), into=into)


def turn_on(scope: BookScope, code: str, dimension: str, shares: Sequence[Share], on: On) -> Outcome:
    """Turn a dimension on for an account (启用辅助核算), its balance shared out among items.

    The shares of each balance add up to it in RMB, in its currency and in quantity; an account without a balance needs
    none. Turned on already but with a balance of no item, it is the back-fill alone. Raises as `merge_accounts`.
    """
    chart, period = _begin(scope, on)
    account = _account(chart, code)
    standing = account_queries.standings(scope, scope.book.id, [account.id], lock=True)[account.id]
    key = scope.book.id, dimension
    items = dimensions.items(scope, ((*key, share.item) for share in shares))
    to_share = rules.unshared(_held(scope, period, [account]), dimension)
    found = [*rules.against_moving(account, standing), *_check_dimension(scope, dimension)]
    if dimension in account.dimensions and not to_share:
        found.append(errors.DIMENSION_ON.at("/dimension", account=code))
    _refuse([*found, *rules.check_shares(shares, to_share, items, key)])
    moves = [
        Move(
            account,
            share.items,
            code,
            rules.with_item(share.items, dimension, share.item),
            share.currency,
            share.measures,
        )
        for share in shares
    ]
    done = _reclassify(scope, moves, f"启用辅助核算：{code}{account.name_zh}", "dimension_on", on)
    kept = tuple(dict.fromkeys((*account.dimensions, dimension)))
    accounts.rewrite(scope, account, replace(account, dimensions=kept), "account.change")
    return _outcome(scope, "account.dimension_on", code, Outcome(code, done), dimension=dimension)


def turn_off(scope: BookScope, code: str, dimension: str, on: On) -> Outcome:
    """Turn a dimension off for an account (停用辅助核算): what its items hold becomes the account's again.

    Raises as `merge_accounts`.
    """
    chart, period = _begin(scope, on)
    account = _account(chart, code)
    standing = account_queries.standings(scope, scope.book.id, [account.id], lock=True)[account.id]
    found = list(rules.against_moving(account, standing))
    if dimension not in account.dimensions:
        found.append(errors.DIMENSION_OFF.at("/dimension", account=code))
    _refuse(found)
    moves = [
        Move(account, each.held, code, rules.without(each.held, dimension), each.currency, each.measures)
        for each in _held(scope, period, [account])
        if dimension in {kind for kind, _ in each.held}
    ]
    done = _reclassify(scope, moves, f"停用辅助核算：{code}{account.name_zh}", "dimension_off", on)
    left = tuple(each for each in account.dimensions if each != dimension)
    accounts.rewrite(scope, account, replace(account, dimensions=left), "account.change")
    return _outcome(scope, "account.dimension_off", code, Outcome(code, done), dimension=dimension)


def convert_children(scope: BookScope, asked: Conversion, on: On) -> Outcome:
    """Make items of the children of an account (明细科目转辅助核算): a new leaf keeps the dimension, they are disabled.

    Without named children every active leaf of the book's own right under the account. Raises as `merge_accounts`,
    and `AccountRejected` for the new leaf.
    """
    chart, period = _begin(scope, on)
    parent = _account(chart, asked.parent)
    every = rules.convertible(chart, parent.code)
    children = [each for each in every if not asked.children or each.code in asked.children]
    account_queries.standings(scope, scope.book.id, [each.id for each in children], lock=True)
    keys = {each.id: (scope.book.id, asked.dimension, each.name_zh) for each in children}
    known = dimensions.items(scope, keys.values())
    inactive = [v for key in keys.values() if key in known for v in rules.check_item("/children", key, known)]
    _refuse([*rules.check_conversion(asked, chart, children), *_check_dimension(scope, asked.dimension), *inactive])
    held = _held(scope, period, children)
    leaf = accounts.add_account(scope, _leaf_for(asked, children))
    desk.ensure_items(scope, keys.values(), known)
    by_id = {each.id: each for each in children}
    count = _follow(scope, by_id, leaf, asked.dimension)
    moves = [
        Move(
            by_id[each.account_id],
            each.held,
            leaf.code,
            rules.with_item(each.held, asked.dimension, by_id[each.account_id].name_zh),
            each.currency,
            each.measures,
        )
        for each in held
    ]
    done = _reclassify(scope, moves, f"明细科目转辅助核算：{parent.code}{parent.name_zh}", "convert", on)
    codes = [each.code for each in children]
    accounts.put_out(scope, list(by_id), "account.disable", codes)
    return _outcome(scope, "account.convert", parent.code, Outcome(leaf.code, done, count), children=codes)


def _leaf_for(asked: Conversion, children: Sequence[Account]) -> NewAccount:
    """The leaf that takes over: kept as the children are, with the dimension, in every currency any of them is in."""
    first = children[0]
    currencies = frozenset[str]().union(*(each.booked_in for each in children))
    given = Given(
        normal_side=first.normal_side,
        dimensions=(*first.dimensions, asked.dimension),
        currencies=tuple(currencies),
        unit=first.unit,
        monetary=first.monetary,
        cash_item_in=first.cash_item_in,
        cash_item_out=first.cash_item_out,
    )
    return NewAccount(asked.name_zh, asked.parent, asked.code, given=given)


def _follow(scope: BookScope, children: Mapping[int, Account], leaf: Account, dimension: str) -> int:
    """Move the lines of unposted vouchers on the children to the items on the new leaf."""
    old = [place for place in drafts.places(scope) if place.account_id in children]
    held = dimensions.named(scope, scope.book.id, (place.dim_set_id for place in old))
    moved = {
        place: (leaf.id, rules.with_item(held.get(place.dim_set_id, ()), dimension, children[place.account_id].name_zh))
        for place in old
    }
    return _stand_on(scope, moved, f"account.convert {leaf.parent_code}")


def merge_items(scope: BookScope, dimension: str, item: int, into: int, on: On) -> Outcome:
    """Merge an item into another of its dimension (核算项目合并): what it holds and its drafts move, it is disabled.

    Raises `ItemNotFound`, `ChartWorkRejected`, `ReclassPending`, `NotLastPeriod`, `PeriodClosed`.
    """
    chart, period = _begin(scope, on)
    source, target = (desk.held(scope, dimension, each) for each in (item, into))
    if item == into:
        _refuse([errors.SAME.at("/into")])
    if not target.active:
        _refuse([errors.ITEM_DISABLED.at("/into", item=target.name)])
    holdings = queries.holdings_of_item(scope, scope.book.id, period, item)
    by_id = {each.id: each for each in chart.accounts.values()}
    every = drafts.places(scope)
    sets = dimensions.named(scope, scope.book.id, (place.dim_set_id for place in every))
    old = [place for place in every if (dimension, source.name) in sets.get(place.dim_set_id, ())]
    touched = sorted({each.account_id for each in holdings} | {place.account_id for place in old})
    account_queries.standings(scope, scope.book.id, touched, lock=True)
    _none_waits(scope, touched)
    moves = [
        Move(
            by_id[each.account_id],
            each.held,
            by_id[each.account_id].code,
            rules.with_item(each.held, dimension, target.name),
            each.currency,
            each.measures,
        )
        for each in holdings
    ]
    named = {place: rules.with_item(sets[place.dim_set_id], dimension, target.name) for place in old}
    count = _stand_on(scope, {place: (place.account_id, held) for place, held in named.items()}, "item.merge")
    done = _reclassify(scope, moves, f"核算项目合并：{source.name}并入{target.name}", "merge_item", on)
    desk.put_out(scope, source)
    return _outcome(scope, "item.merge", str(item), Outcome(target.name, done, count), into=str(into))


def _stand_on(scope: BookScope, moved: Mapping[Place, tuple[int, Named]], by: str) -> int:
    """Move the lines of unposted vouchers to an account and items each, whose set is made where there is none."""
    book = scope.book.id
    every = dimensions.items(scope, ((book, *item) for _, held in moved.values() for item in held))
    sets = desk.ensure_sets(scope, ((book, held) for _, held in moved.values()), every)
    to = {place: Place(account, sets[book, held]) for place, (account, held) in moved.items()}
    return drafts.move_lines(scope, to, by)


def suggestions(scope: BookScope) -> list[Suggestion]:
    """The accounts whose children look like parties and would better be items (往来单位设成三级科目)."""
    standard, taxpayer = load(scope.book.standard, scope.book.edition), Taxpayer(scope.book.taxpayer)
    kept = {spec.code: spec.dimension for spec in standard.charts[taxpayer] if spec.dimension}
    kept |= {standard.role(role, taxpayer): "employee" for role in _EMPLOYEES if role in standard.roles}
    tops = {standard.above[standard.role(role, taxpayer)][-1] for role in _OTHERS if role in standard.roles}
    parties = Parties(kept, standard.under(tops) - kept.keys())
    return rules.suggestions(account_queries.chart_of(scope, scope.book), parties)


def _begin(scope: BookScope, on: On) -> tuple[Chart, str]:
    """The chart under its lock, and the period written into, which is the last the book has reached."""
    chart, period = accounts.hold(scope), f"{on.day:%Y-%m}"
    periods.reach(scope, [(scope.book.id, period)])
    last = period_queries.of_book(scope, scope.book.id)[-1].period
    if period != last:
        raise errors.NotLastPeriod(period=last)
    return chart, period


def _account(chart: Chart, code: str) -> Account:
    account = chart.accounts.get(code)
    if account is None:
        raise AccountNotFound(account=code)
    return account


def _held(scope: BookScope, period: str, of: Iterable[Account]) -> list[Holding]:
    """What these accounts hold; raises `ReclassPending` while an earlier move of one of them is not posted."""
    ids = [each.id for each in of]
    _none_waits(scope, ids)
    return queries.holdings(scope, scope.book.id, period, ids)


def _none_waits(scope: BookScope, accounts: Sequence[int]) -> None:
    waiting = queries.pending(scope, scope.book.id, accounts)
    if waiting is not None:
        raise errors.ReclassPending(account=waiting[0], voucher=waiting[1])


def _check_dimension(scope: BookScope, dimension: str) -> list[Violation]:
    known = {each.code for each in dimensions.every(scope, scope.book.id)}
    return [] if dimension in known else [DIMENSION_UNKNOWN.at("/dimension", dimension=dimension)]


def _reclassify(scope: BookScope, moves: Iterable[Move], summary: str, act: str, on: On) -> list[Drafted]:
    """Draft the vouchers of these moves as parts of one number, and review and post them when asked."""
    every = rules.vouchers_of(moves, summary[:200])
    act_id = encode("act", new_id())
    wanted = [
        Draft(
            scope.book.id,
            on.day,
            lines,
            source=Source(SOURCE, act_id, f"{act}/{part}"),
            part=part,
            parts=len(every),
            waived=True,
        )
        for part, lines in enumerate(every, 1)
    ]
    done = vouchers.draft_vouchers(scope, wanted)
    if on.post and done:
        for fate in bulk.post(scope, [each.id for each in done], atomic=False, review=True):
            if fate.refusal is not None:
                raise fate.refusal
    return done


def _outcome(scope: BookScope, action: str, code: str, outcome: Outcome, **details: object) -> Outcome:
    moved = {"vouchers": [encode("vch", each.id) for each in outcome.vouchers], "drafts": outcome.drafts}
    audit.record(scope, [Act(action, action.partition(".")[0], code, {**details, **moved}, scope.book.id)])
    return outcome


def _refuse(found: Iterable[Violation]) -> None:
    violations = list(found)
    if violations:
        raise errors.ChartWorkRejected(violations=violations, count=len(violations))
