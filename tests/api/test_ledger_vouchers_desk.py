"""The desk over HTTP: words, templates, copies, parts, corrections, numbers, the cashier, documents, search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from app.books.types import BookRef
from app.documents import service as documents
from app.documents.types import Incoming, Vault
from infra.ids import encode, new_id
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.api.test_ledger_vouchers import SALE, act, draft
from tests.factories.doors import Doors

PAID = [
    {"account_code": "560202", "summary": "办公费", "debit": "50.00"},
    {"account_code": "1002", "summary": "办公费", "credit": "50.00"},
]


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A fresh book."""
    return doors.new_book()


def post(owner: Caller, book: BookRef, **changes: Any) -> dict[str, Any]:
    """A posted voucher."""
    reviewed = act(owner, book, draft(owner, book, **changes), "review").get_json()
    body: dict[str, Any] = act(owner, book, reviewed, "post").get_json()
    return body


def codes(answer: TestResponse) -> set[tuple[str, str]]:
    """Pointer and code of every violation."""
    return {(each["pointer"], each["code"]) for each in answer.json["errors"]}  # type: ignore[index]


def test_a_book_keeps_its_own_words(owner: Caller, book: BookRef) -> None:
    place = address(book.uid, "/voucher-words")
    first = owner("GET", place).json
    assert first["words"] == [] and "收付转" in {preset["name"] for preset in first["presets"]}
    chosen = next(preset["words"] for preset in first["presets"] if preset["name"] == "收付转")
    kept = owner("PUT", place, {"words": chosen}, If_Match=first["etag"])
    assert (kept.status_code, kept.json["words"]) == (200, chosen)
    assert owner("PUT", place, {"words": []}, If_Match=first["etag"]).status_code == 412
    assert draft(owner, book, lines=PAID)["number_text"] == "付-1"
    wrong = owner("POST", address(book.uid, "/vouchers"), {**SALE, "word": "收"})
    assert codes(wrong) == {("/word", "voucher.word_unfit")}
    used = owner("PUT", place, {"words": []}, If_Match=kept.json["etag"])
    assert used.status_code == 200, "付 is among the words of a book without a list"
    only = owner("PUT", place, {"words": [{"word": "记"}]}, If_Match=used.json["etag"])
    assert (only.status_code, only.json["code"]) == (409, "word.used")


def test_a_voucher_is_made_from_a_template_with_what_is_filled_in(owner: Caller, book: BookRef) -> None:
    place = address(book.uid, "/voucher-templates")
    lines = [
        {"account_code": "560202", "summary": "房租", "side": "debit"},
        {"account_code": "22210101", "summary": "房租", "side": "debit", "amount": "9.00"},
        {"account_code": "1002", "summary": "房租", "side": "credit"},
    ]
    made = owner("POST", place, {"name": "每月房租", "lines": lines})
    assert made.status_code == 201
    one = made.headers["Location"]
    assert owner("GET", one).json == made.json and owner("GET", place).json["data"] == [made.json]
    assert owner("POST", place, {"name": "每月房租", "lines": lines}).json["code"] == "template.name_taken"
    filled = owner("POST", f"{one}/draft", {"date": "2026-02-01", "lines": [{"line": 1, "amount": "100.00"}]})
    assert filled.status_code == 201, filled.json
    assert [(line["debit"], line["credit"]) for line in filled.json["lines"]] == [
        ("100.00", "0.00"), ("9.00", "0.00"), ("0.00", "109.00"),
    ]  # fmt: skip
    assert codes(owner("POST", f"{one}/draft", {"date": "2026-02-01"})) == {("/lines/2/credit", "line.balance_twice")}
    strange = {"date": "2026-02-01", "lines": [{"line": 9, "amount": "1.00"}]}
    assert codes(owner("POST", f"{one}/draft", strange)) == {("/lines/0/line", "template.no_such_line")}
    changed = owner("PATCH", one, {"name": "房租"}, If_Match=made.json["etag"])
    assert (changed.json["name"], changed.json["lines"]) == ("房租", made.json["lines"])
    assert owner("DELETE", one, If_Match=made.json["etag"]).status_code == 412
    assert owner("DELETE", one, If_Match=changed.json["etag"]).status_code == 204
    assert owner("GET", one).json["code"] == "template.not_found"
    bad = [{"account_code": "9999", "summary": "x", "side": "debit"}, {**lines[0], "cash_item": "zz"}]
    assert codes(owner("POST", place, {"name": "x", "lines": bad})) == {
        ("/lines/0/account_code", "line.account_unknown"),
        ("/lines/1/cash_item", "line.cash_item_unknown"),
    }


def test_a_copy_has_the_lines_and_nothing_that_is_the_originals_own(owner: Caller, book: BookRef) -> None:
    first = draft(owner, book, external_id="ERP-1", attachments=3)
    copied = owner("POST", address(book.uid, f"/vouchers/{first['id']}/copy"), {"date": "2026-02-05"})
    assert copied.status_code == 201
    body = copied.json
    assert (body["lines"], body["date"], body["number"]) == (first["lines"], "2026-02-05", 1)
    assert (body["external_id"], body["attachments"], body["status"]) == (None, 0, "draft")


def test_one_business_over_two_vouchers_is_shown_and_voided_as_one_number(owner: Caller, book: BookRef) -> None:
    parts = {"date": "2026-01-05", "parts": [{"lines": PAID}, {"lines": SALE["lines"]}]}
    made = owner("POST", address(book.uid, "/vouchers/parts"), parts)
    assert [each["number_text"] for each in made.json["data"]] == ["记-1-1/2", "记-1-2/2"]
    assert draft(owner, book)["number_text"] == "记-2"
    assert act(owner, book, made.json["data"][1], "void", {"reason": "重复"}).status_code == 200
    listed = owner("GET", address(book.uid, "/vouchers?status=void")).json["data"]
    assert [each["number_text"] for each in listed] == ["记-1-1/2", "记-1-2/2"]
    broken = {**parts, "parts": [{"lines": PAID[:1]}, {"lines": PAID}]}
    refused = owner("POST", address(book.uid, "/vouchers/parts"), broken)
    assert ("/parts/0/lines", "voucher.unbalanced") in codes(refused)


def test_a_correction_is_linked_both_ways_and_the_tag_says_so(owner: Caller, book: BookRef) -> None:
    posted = post(owner, book, lines=PAID)
    right = [{**line, **{side: "5.00" for side in ("debit", "credit") if side in line}} for line in PAID]
    asked = {"date": "2026-01-31", "how": "difference", "lines": right}
    (by,) = act(owner, book, posted, "correct", asked).get_json()["data"]
    assert (by["corrects"], by["lines"][0]["debit"]) == (posted["id"], "-45.00")
    place = address(book.uid, f"/vouchers/{posted['id']}")
    seen = owner("GET", place, If_None_Match=posted["etag"])
    assert (seen.status_code, seen.json["corrected_by"]) == (200, by["id"])
    assert owner("GET", place, If_None_Match=seen.headers["ETag"]).status_code == 304
    again = act(owner, book, seen.json, "correct", asked)
    assert (again.status_code, again.get_json()["code"]) == (409, "voucher.already_corrected")
    other = post(owner, book, lines=PAID)
    red, blue = act(owner, book, other, "correct", {**asked, "how": "replacement"}).get_json()["data"]
    assert (red["reverses"], blue["corrects"]) == (other["id"], other["id"])
    assert act(owner, book, other, "correct", {**asked, "date": "2027-01-31"}).get_json()["code"] == (
        "voucher.correction_other_year"
    )


def test_drafts_change_their_numbers_among_themselves(owner: Caller, book: BookRef) -> None:
    late, early = draft(owner, book, date="2026-01-09"), draft(owner, book, date="2026-01-02")
    tidied = owner("POST", address(book.uid, "/vouchers/renumber"), {"period": "2026-01"})
    assert {(move["id"], move["number_before"], move["number"]) for move in tidied.json["moves"]} == {
        (late["id"], 1, 2),
        (early["id"], 2, 1),
    }
    stale = act(owner, book, late, "insert-before", {"before": early["id"]})
    assert stale.status_code == 412
    fresh = owner("GET", address(book.uid, f"/vouchers/{late['id']}")).json
    assert len(act(owner, book, fresh, "insert-before", {"before": early["id"]}).get_json()["moves"]) == 2
    posted = post(owner, book)
    fixed = act(owner, book, posted, "insert-before", {"before": early["id"]})
    assert (fixed.status_code, fixed.get_json()["code"]) == (409, "voucher.not_movable")


def test_a_cashier_signs_what_another_prepared(owner: Caller, member: Callable[..., Caller], book: BookRef) -> None:
    drafted, cashier = draft(owner, book, lines=PAID), member("staff")
    grant = address(book.uid, f"/grants/{encode('usr', cashier.id or new_id())}")
    assert owner("PUT", grant, {"role": "cashier"}).status_code == 200
    own = act(owner, book, drafted, "sign")
    assert (own.status_code, own.get_json()["code"]) == (409, "voucher.signer_is_preparer")
    signed = act(cashier, book, drafted, "sign").get_json()
    assert signed["cashier"].startswith("staff")
    taken_back = act(cashier, book, signed, "unsign").get_json()
    assert taken_back["cashier"] is None
    assert act(cashier, book, taken_back, "unsign").get_json()["code"] == "voucher.not_signed"
    assert act(cashier, book, taken_back, "review").status_code == 403
    credit = draft(owner, book)
    bulk = {"mode": "partial", "ids": [drafted["id"], credit["id"], credit["id"], encode("vch", new_id())]}
    fates = cashier("POST", address(book.uid, "/vouchers/bulk-sign"), bulk).json
    assert [each.get("problem", {}).get("code", each["status"]) for each in fates["results"]] == [
        "signed", "request.duplicate_item", "request.duplicate_item", "voucher.not_found",
    ]  # fmt: skip
    bulk["ids"] = [drafted["id"], credit["id"]]
    fates = cashier("POST", address(book.uid, "/vouchers/bulk-sign"), bulk).json
    assert [each.get("problem", {}).get("code", each["status"]) for each in fates["results"]] == [
        "unchanged", "voucher.no_cash_lines",
    ]  # fmt: skip


def test_bulk_voids_with_a_fate_and_a_tag_for_each(owner: Caller, book: BookRef) -> None:
    first, second, posted = draft(owner, book), draft(owner, book), post(owner, book)
    asked = {"mode": "atomic", "ids": [first["id"], posted["id"]], "reason": "重复"}
    refused = owner("POST", address(book.uid, "/vouchers/bulk-void"), asked)
    assert (refused.status_code, refused.json["summary"]["not_applied"]) == (422, 1)
    asked = {"mode": "partial", "ids": [first["id"], posted["id"], second["id"]], "reason": "重复"}
    fates = owner("POST", address(book.uid, "/vouchers/bulk-void"), asked).json
    assert [each["status"] for each in fates["results"]] == ["voided", "failed", "voided"]
    assert owner("GET", address(book.uid, f"/vouchers/{first['id']}")).headers["ETag"] == fates["results"][0]["etag"]
    again = owner("POST", address(book.uid, "/vouchers/bulk-void"), {**asked, "ids": [first["id"]]}).json
    assert again["results"][0]["status"] == "unchanged"


def test_the_same_client_reference_twice_is_no_item(owner: Caller, book: BookRef) -> None:
    items = [{"client_ref": ref, "data": SALE} for ref in ("a", "b", "a")]
    fates = owner("POST", address(book.uid, "/vouchers/bulk"), {"mode": "partial", "items": items}).json
    assert [each["status"] for each in fates["results"]] == ["failed", "created", "failed"]
    assert fates["results"][0]["problem"]["code"] == "request.duplicate_item"
    assert fates["results"][1]["etag"] == '"1-voucher"'


@pytest.fixture
def found(owner: Caller, book: BookRef) -> Callable[[dict[str, str]], str]:
    """Look for five vouchers: drafts a, b and c (in February), e posted, d its red one."""
    made = {
        "a": draft(owner, book, external_id="E-1")["id"],
        "b": draft(owner, book, lines=PAID, attachments=2)["id"],
        "c": draft(owner, book, date="2026-02-03", note="补充说明")["id"],
    }
    posted = post(owner, book)
    red = act(owner, book, posted, "reverse", {"date": "2026-01-31"}).get_json()
    act(owner, book, act(owner, book, red, "review").get_json(), "post")
    named = {voucher: name for name, voucher in {**made, "e": posted["id"], "d": red["id"]}.items()}

    def look(query: dict[str, str]) -> str:
        answer = owner("GET", f"{address(book.uid, '/vouchers')}?{urlencode(query)}")
        assert answer.status_code == 200, answer.json
        return "".join(sorted(named[each["id"]] for each in answer.json["data"]))

    return look


def test_vouchers_are_found_by_anything_and_by_all_of_it(found: Callable[[dict[str, str]], str]) -> None:
    expected: list[tuple[dict[str, str], str]] = [
        ({"q": "办公"}, "b"),
        ({"q": "甲公"}, "acde"),
        ({"q": "补充"}, "c"),
        ({"q": "100%"}, ""),
        ({"q": "应收账"}, "acde"),
        ({"account_code": "1002"}, "b"),
        ({"account_prefix": "2221"}, "acde"),
        ({"item": "jgs"}, "acde"),
        ({"amount": "50.00"}, "b"),
        ({"amount_gte": "51.00"}, "ace"),
        ({"amount_gte": "-120.00", "amount_lte": "-90.00"}, "d"),
        ({"account_code": "1002", "amount": "113.00"}, ""),
        ({"account_code": "1122", "amount": "113.00", "period": "2026-01"}, "ae"),
        ({"status": "draft", "unposted": "true"}, "abc"),
        ({"unposted": "false"}, "de"),
        ({"status": "draft", "unposted": "false"}, ""),
        ({"red": "true"}, "d"),
        ({"red": "false"}, "abce"),
        ({"number_from": "2", "number_to": "3"}, "be"),
        ({"word": "转"}, ""),
        ({"period_from": "2026-02"}, "c"),
        ({"has_attachments": "true"}, "b"),
        ({"has_attachments": "false"}, "acde"),
        ({"external_id": "E-1"}, "a"),
        ({"source_type": "invoice"}, ""),
        ({"reviewed_by": "nobody"}, ""),
        ({"q": "甲公", "unposted": "true", "period": "2026-02"}, "c"),
    ]
    assert [(query, found(query)) for query, _ in expected] == expected


@pytest.mark.parametrize(("word", "code"), [
    ("银行存款", "1002"), ("yhck", "1002"), ("办公费", "560202"), ("1002", "1002"), ("库存现", "1001"),
])  # fmt: skip
def test_an_account_is_named_by_code_name_or_pinyin(owner: Caller, book: BookRef, word: str, code: str) -> None:
    lines = [
        {"account_code": "3001", "summary": "投资", "debit": "50.00"},
        {"account_code": word, "summary": "//", "credit": "="},
    ]
    made = owner("POST", address(book.uid, "/vouchers"), {"date": "2026-01-05", "lines": lines})
    assert made.status_code == 201, made.json
    assert [made.json["lines"][1][name] for name in ("account_code", "credit", "summary")] == [code, "50.00", "投资"]


def test_a_word_that_means_several_accounts_names_them(owner: Caller, book: BookRef) -> None:
    lines = [{**PAID[0], "account_code": "应收"}, PAID[1]]
    refused = owner("POST", address(book.uid, "/vouchers"), {"date": "2026-01-05", "lines": lines})
    (error,) = refused.json["errors"]
    assert (error["pointer"], error["code"]) == ("/lines/0/account_code", "line.account_ambiguous")
    assert "1122 应收账款" in error["message"] and "1121 应收票据" in error["message"]
    lines[0]["account_code"] = "没有的科目"
    refused = owner("POST", address(book.uid, "/vouchers"), {"date": "2026-01-05", "lines": lines})
    assert codes(refused) == {("/lines/0/account_code", "line.account_unknown")}


def test_documents_are_attached_and_found_from_both_ends(
    owner: Caller, book: BookRef, doors: Doors, ports: Ports, firm: TenantRef
) -> None:
    with doors.book(book.uid) as scope:
        (kept,) = documents.store(scope, Vault.of(ports, firm), [Incoming("a.xml", "text/xml", b"<a/>")])
    document, voucher = encode("doc", kept.document_id), draft(owner, book)
    place = address(book.uid, f"/vouchers/{voucher['id']}/documents")
    attached = owner("POST", place, {"documents": [document]})
    assert (attached.status_code, attached.json["documents"]) == (200, [document])
    (back,) = owner("GET", address(book.uid, f"/documents/{document}/vouchers")).json["data"]
    assert (back["id"], back["number_text"]) == (voucher["id"], "记-1")
    gone = owner("DELETE", f"{place}/{document}", If_Match=attached.headers["ETag"])
    assert (gone.status_code, gone.json["documents"]) == (200, [])
    strange = owner("POST", place, {"documents": [encode("doc", new_id())]})
    assert (strange.status_code, strange.json["code"]) == (404, "document.not_found")
