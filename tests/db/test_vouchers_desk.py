"""The desk around a voucher: words, parts, the cashier, corrections, attached documents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.books.types import BookRef, BookScope
from app.documents import service as documents
from app.documents.errors import DocumentNotFound
from app.documents.types import Incoming, Vault
from app.ledger.vouchers import errors, queries, service
from app.ledger.vouchers.answers.queries import related
from app.ledger.vouchers.bulk import service as bulk
from app.ledger.vouchers.corrections import service as corrections
from app.ledger.vouchers.corrections.errors import AlreadyCorrected, OtherYear
from app.ledger.vouchers.linking import service as linking
from app.ledger.vouchers.review_rules import service as review_rules
from app.ledger.vouchers.review_rules.types import Wanted
from app.ledger.vouchers.signatures import service as signatures
from app.ledger.vouchers.signatures.errors import NothingToSign, SignerIsPreparer
from app.ledger.vouchers.types import Draft, Drafted, Line
from app.ledger.vouchers.words import service as words
from app.ledger.vouchers.words.errors import WordsRejected, WordUsed
from app.ledger.vouchers.words.types import PRESETS, Word
from infra.db import sqlstate
from infra.ids import new_id
from infra.ports import Ports
from tenants.scope import Actor, TenantRef
from tests.factories.doors import Doors

DAY = date(2026, 1, 5)
CASHIER = Actor("user", new_id(), "李出纳", "owner")


def paid(amount: str = "100.00") -> tuple[Line, ...]:
    """An expense paid from the bank."""
    return Line("560202", "办公费", debit=D(amount)), Line("1002", "办公费", credit=D(amount))


def owed(amount: str = "100.00", customer: str = "甲公司") -> tuple[Line, ...]:
    """A sale on credit."""
    return Line("1122", "销售", debit=D(amount), counterparty=customer), Line("5001", "销售", credit=D(amount))


def received(amount: str = "100.00") -> tuple[Line, ...]:
    """Capital comes in."""
    return Line("1002", "投资", debit=D(amount)), Line("3001", "投资", credit=D(amount))


def draft(scope: BookScope, lines: tuple[Line, ...], day: date = DAY, **more: object) -> Drafted:
    """One draft."""
    (done,) = service.draft_vouchers(scope, [Draft(scope.book.id, day, lines, **more)])  # type: ignore[arg-type]
    return done


def post(scope: BookScope, lines: tuple[Line, ...], day: date = DAY) -> Drafted:
    """One posted voucher."""
    done = draft(scope, lines, day)
    assert service.post_vouchers(scope, [(scope.book.id, done.id)], review=True)
    return done


def worded(doors: Doors, preset: str) -> BookRef:
    """A book that keeps one of the usual lists of words."""
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        words.set_words(scope, PRESETS[preset])
    return book


def test_a_voucher_without_a_word_gets_the_first_that_fits_its_lines(doors: Doors) -> None:
    book = worded(doors, "收付转")
    with doors.book(book.uid) as scope:
        done = [draft(scope, lines) for lines in (received(), paid(), owed(), paid())]
    assert [(each.word, each.number) for each in done] == [("收", 1), ("付", 1), ("转", 1), ("付", 2)]
    with doors.firm() as scope:  # a job over several books reads their words in one query
        scope.narrow([book.id])
        (system,) = service.draft_vouchers(scope, [Draft(book.id, DAY, owed())])
    assert (system.word, system.number) == ("转", 2)


@pytest.mark.parametrize(("word", "lines", "code"), [
    ("收", paid(), "voucher.word_unfit"),
    ("转", received(), "voucher.word_unfit"),
    ("记", owed(), "voucher.word_unknown"),
])  # fmt: skip
def test_a_word_is_held_against_the_lines(doors: Doors, word: str, lines: tuple[Line, ...], code: str) -> None:
    book = worded(doors, "收付转")
    with doors.book(book.uid) as scope, pytest.raises(errors.VoucherRejected) as refused:
        draft(scope, lines, word=word)
    assert [(each.code, each.path) for each in refused.value.violations] == [(code, "/word")]


def test_a_red_voucher_keeps_to_the_word_of_what_it_reverses(doors: Doors) -> None:
    book = worded(doors, "收付转")
    with doors.book(book.uid) as scope:
        red = service.reverse_voucher(scope, post(scope, paid()).id, DAY)
    assert (red.word, red.number) == ("付", 2)


def test_a_used_word_stays_and_a_list_is_sound(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        draft(scope, owed())
        with pytest.raises(WordUsed):
            words.set_words(scope, PRESETS["收付转"])
        words.set_words(scope, (Word("记"), *PRESETS["收付转"]))
        twice = (Word("记"), Word("记", "has"), Word("收", active=False))
        with pytest.raises(WordsRejected) as refused:
            words.set_words(scope, twice)
    assert {each.code for each in refused.value.violations} == {"word.twice", "word.no_accounts"}


def parts_of(book: BookRef, count: int, **more: object) -> list[Draft]:
    """One business over several vouchers."""
    return [Draft(book.id, DAY, owed(), part=at, parts=count, **more) for at in range(1, count + 1)]  # type: ignore[arg-type]


def test_one_business_over_three_vouchers_has_one_number_and_the_next_goes_on_after_it(doors: Doors) -> None:
    book = worded(doors, "收付转")
    with doors.book(book.uid) as scope:
        done = [*service.draft_vouchers(scope, parts_of(book, 3)), draft(scope, owed())]
        service.post_vouchers(scope, [(book.id, each.id) for each in done], review=True)
        shown = queries.some(scope, book.id, [each.id for each in done])
    assert [(row["word"], row["number"], row["part"], row["parts"]) for row in shown] == [
        ("转", 1, 1, 3), ("转", 1, 2, 3), ("转", 1, 3, 3), ("转", 2, 1, 1),
    ]  # fmt: skip


def test_a_number_is_voided_whole_or_not_at_all(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        first, second = service.draft_vouchers(scope, parts_of(book, 2))
        service.void_voucher(scope, second.id, "重复")
        assert {queries.states(scope, book.id, [first.id])[first.id].status} == {"void"}
        third, fourth = service.draft_vouchers(scope, parts_of(book, 2))
        service.post_vouchers(scope, [(book.id, third.id)], review=True)
        with pytest.raises(errors.VoucherPosted):
            service.void_voucher(scope, fourth.id, "重复")
        counted = scope.run(
            "SELECT last, extra, posted, voided FROM tenant.number_counter WHERE book_id = :b", b=book.id
        )
        assert tuple(counted.one()) == (2, 2, 1, 2)


def test_where_the_book_asks_for_it_cash_is_posted_only_with_the_cashiers_signature(doors: Doors) -> None:
    book = doors.new_book(settings={"cashier_signature": True})
    with doors.book(book.uid) as scope:
        cash, credit = draft(scope, paid()), draft(scope, owed())
        fates = bulk.post(scope, [cash.id, credit.id], atomic=False, review=True)
        assert [fate.status for fate in fates] == ["failed", "posted"]
        assert isinstance(fates[0].refusal, errors.CashierMissing)
        assert isinstance(signatures.sign_vouchers(scope, [cash.id])[cash.id], SignerIsPreparer)
    with doors.book(book.uid, CASHIER) as scope:
        assert signatures.sign_vouchers(scope, [cash.id]) == {cash.id: None}
        other = draft(scope, owed())
    with doors.book(book.uid) as scope:
        assert isinstance(signatures.sign_vouchers(scope, [other.id])[other.id], NothingToSign)
        assert [fate.status for fate in bulk.post(scope, [cash.id], atomic=False)] == ["posted"]
        row = queries.one(scope, book.id, cash.id)
        assert row is not None and row["cashier"] == "李出纳"


def test_a_change_takes_review_and_signature_away(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        done = draft(scope, paid())
    with doors.book(book.uid, CASHIER) as scope:
        signatures.sign_vouchers(scope, [done.id])
        service.review_vouchers(scope, [done.id])
        service.change_voucher(scope, done.id, Draft(book.id, DAY, paid("90.00")))
        row = queries.one(scope, book.id, done.id)
    assert row is not None and (row["status"], row["cashier"], row["reviewed_by"]) == ("draft", None, None)


def net(scope: BookScope) -> dict[str, D]:
    """What is left on each account."""
    rows = scope.run(
        "SELECT a.code, sum(b.opening + b.debit - b.credit) AS net FROM tenant.balance b"
        " JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id"
        " WHERE b.book_id = :b AND b.period = '2026-01' GROUP BY a.code",
        b=scope.book.id,
    )
    return {row.code: row.net for row in rows if row.net}


def test_a_difference_books_only_what_is_missing_and_is_linked_both_ways(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        wrong = post(scope, paid("1000.00"))
        right = corrections.correct_by_difference(scope, wrong.id, date(2026, 1, 20), paid("100.00"))
        row = queries.one(scope, book.id, right.id)
        assert row is not None
        assert [(line["account"], line["debit"], line["credit"], line["summary"]) for line in row["lines"]] == [
            ("560202", D("-900.00"), D("0.00"), "订正1月5日记-1号凭证 办公费"),
            ("1002", D("0.00"), D("-900.00"), "订正1月5日记-1号凭证 办公费"),
        ]
        assert related(scope, book.id, [wrong.id])[wrong.id] == [("corrected_by", right.id)]
        with pytest.raises(errors.ReversalFixed):
            service.change_voucher(scope, right.id, Draft(book.id, date(2026, 1, 20), paid("1.00")))
        with pytest.raises(AlreadyCorrected):
            corrections.correct_by_difference(scope, wrong.id, date(2026, 1, 20), paid("90.00"))
        service.post_vouchers(scope, [(book.id, right.id)], review=True)
        assert net(scope) == {"560202": D("100.00"), "1002": D("-100.00")}


def test_a_difference_is_of_amounts_only(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        wrong = post(scope, owed("1000.00"))
        cases = {
            "another account": (*owed("90.00")[:1], Line("5051", "销售", credit=D("90.00"))),
            "another customer": owed("90.00", "乙公司"),
            "the other side": tuple(line._replace(debit=line.credit, credit=line.debit) for line in owed("90.00")),
            "another line": (*owed("90.00"), Line("1001", "x", debit=D(0))),
            "nothing": owed("1000.00"),
        }
        for name, lines in cases.items():
            with pytest.raises(errors.VoucherRejected) as refused:
                corrections.correct_by_difference(scope, wrong.id, DAY, lines)
            code = "voucher.no_difference" if name == "nothing" else "line.not_amount_only"
            assert {each.code for each in refused.value.violations} == {code}, name


def test_a_replacement_is_a_red_and_a_blue_voucher_with_the_prescribed_summaries(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        wrong = post(scope, paid("1000.00"))
        done = corrections.correct_by_replacement(scope, wrong.id, date(2026, 1, 20), owed("80.00"))
        red, blue = queries.some(scope, book.id, [each.id for each in done])
        assert {line["summary"] for line in red["lines"]} == {"注销1月5日记-1号凭证"}
        assert {line["summary"] for line in blue["lines"]} == {"订正1月5日记-1号凭证 销售"}
        assert {each.kind for each in related(scope, book.id, [wrong.id])[wrong.id]} == {"reversed_by", "corrected_by"}
        service.post_vouchers(scope, [(book.id, each.id) for each in done], review=True)
        assert net(scope) == {"1122": D("80.00"), "5001": D("-80.00")}


def test_a_void_correction_frees_the_voucher_for_another_and_last_years_error_needs_a_blue_one(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        wrong = post(scope, paid("1000.00"))
        first = corrections.correct_by_difference(scope, wrong.id, DAY, paid("10.00"))
        service.void_voucher(scope, first.id, "再改")
        corrections.correct_by_difference(scope, wrong.id, DAY, paid("20.00"))
        with pytest.raises(OtherYear):
            corrections.correct_by_difference(scope, wrong.id, date(2027, 1, 5), paid("20.00"))


def test_a_red_voucher_hits_an_account_that_was_disabled_and_got_a_dimension_since(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        done = post(scope, paid("1000.00"))
        scope.run(
            "UPDATE tenant.account SET active = false, dimensions = '{department}'"
            " WHERE book_id = :b AND code = '560202'",
            b=book.id,
        )
        red = service.reverse_voucher(scope, done.id, DAY)
        assert len(service.post_vouchers(scope, [(book.id, red.id)], review=True)) == 1
        assert net(scope) == {}


@pytest.fixture
def vault(ports: Ports, firm: TenantRef) -> Vault:
    """Where the shared firm's documents lie."""
    return Vault.of(ports, firm)


def test_a_posted_voucher_gets_documents_and_loses_none(doors: Doors, vault: Vault) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        first, second = documents.store(
            scope, vault, [Incoming(name, "text/xml", f"<{name}/>".encode()) for name in ("a", "b")]
        )
        done = draft(scope, paid())
        linking.attach(scope, done.id, [first.document_id, second.document_id, first.document_id])
        linking.detach(scope, done.id, second.document_id)
        with pytest.raises(DocumentNotFound):
            linking.detach(scope, done.id, second.document_id)
        service.post_vouchers(scope, [(book.id, done.id)], review=True)
        linking.attach(scope, done.id, [second.document_id])
        with pytest.raises(errors.VoucherPosted):
            linking.detach(scope, done.id, first.document_id)
        held = [each.id for each in related(scope, book.id, [done.id])[done.id] if each.kind == "documents"]
        assert set(held) == {first.document_id, second.document_id}
    with pytest.raises(DBAPIError) as refused, doors.book(book.uid) as scope:
        scope.run("DELETE FROM tenant.voucher_document WHERE book_id = :b", b=book.id)
    assert sqlstate(refused.value) == "ZF001"


def test_a_review_is_taken_back_when_the_papers_are_no_longer_those_it_looked_at(doors: Doors, vault: Vault) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        files = [Incoming(name, "text/xml", f"<{name}/>".encode()) for name in ("a", "b")]
        first, second = (one.document_id for one in documents.store(scope, vault, files))
        done = draft(scope, paid())
        linking.attach(scope, done.id, [first])
        for exchange in (
            lambda: linking.attach(scope, done.id, [first, second]),
            lambda: linking.detach(scope, done.id, first),
        ):
            assert service.review_vouchers(scope, [done.id]) == [done.id]
            exchange()
            row = queries.one(scope, book.id, done.id)
            assert row is not None and (row["status"], row["reviewed_by"]) == ("draft", None)
        assert service.review_vouchers(scope, [done.id]) == [done.id]
        linking.attach(scope, done.id, [second])
        row = queries.one(scope, book.id, done.id)
        assert row is not None and row["status"] == "reviewed", "what is attached already exchanges nothing"
    with doors.book(book.uid) as scope:
        lines = scope.run(
            "SELECT details FROM tenant.audit_event WHERE book_id = :b AND action = 'voucher.unreview'", b=book.id
        ).scalars()
        assert [one["reviewed_by"] for one in lines] == [scope.actor.name] * 2


def test_a_document_of_another_book_is_unknown(doors: Doors, vault: Vault) -> None:
    other, book = doors.new_book(), doors.new_book()
    with doors.book(other.uid) as scope:
        (stored,) = documents.store(scope, vault, [Incoming("x", "text/xml", b"<x/>")])
    with pytest.raises(DocumentNotFound), doors.book(book.uid) as scope:
        linking.attach(scope, draft(scope, paid()).id, [stored.document_id])


def test_a_version_of_a_review_rule_says_for_ever_what_it_said(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        rule_id, version = review_rules.propose_rule(scope, Wanted("小额", "invoice", max_amount=D("500.00")))
        review_rules.approve_version(scope, rule_id, version)
    for change in ("max_amount = 9999", "accounts = '{1002}'", "max_amount = NULL", "source_type = 'manual'"):
        with pytest.raises(DBAPIError) as refused, doors.book(book.uid) as scope:
            scope.execute(
                text(f"UPDATE {doors.tenant.schema}.review_rule SET {change} WHERE book_id = :b"), {"b": book.id}
            )
        assert sqlstate(refused.value) == "ZF001", change
