"""真实 OFD 的全程：客户登录上传，任务识别，会计审核、记账，当月结账，报表勾稽；每一步都只用 API。

The real OFD files the whole way, and only through the API: each ends as a posted voucher with the right VAT or as a
named work item, and its book closes in the invoice's own month.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal as D
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from app.factory import create_app
from app.identity.firms.service import open_firm
from app.identity.people.types import NewUser
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.factories.http import Person, work_off

OFD = Path(os.environ.get("ZHANGFANG_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data/invoices/ofd"
PASSWORD = "seven grey herons at dawn"
STATEMENTS = ("balance-sheet", "income-statement", "cash-flow")
MAGIC = {"xlsx": b"PK\x03\x04", "pdf": b"%PDF"}


@dataclass(frozen=True)
class Story:
    """One file in the book of its buyer or its seller, and what the books must say at the end of its month.

    `voucher` is the invoice's own entry and `balances` every leaf account's closing balance, debit positive.
    """

    title: str
    file: str
    tax_id: str
    taxpayer: str
    period: str
    number: str
    voucher: Mapping[str, str]
    balances: Mapping[str, str]


BEIJING = "shudian_zhuanpiao_2024_beijing.ofd"
STORIES = (
    Story(
        "餐费普票，购买方税号校验码有误，一般纳税人不得抵扣",
        "dzpp_2020_chongqing_sample.ofd",
        "9150010807MGZHI002",
        "general",
        "2020-10",
        "99999951",
        {"560204": "318.00", "220201": "-318.00"},
        {"220201": "-318.00", "3103": "318.00"},
    ),
    Story(
        "标签文件损坏、附件完好的餐费普票",
        "dzpp_2020_zhejiang_canyin.ofd",
        "91320115MA202UKD7X",
        "small_scale",
        "2020-07",
        "83089647",
        {"560204": "526.00", "220201": "-526.00"},
        {"220201": "-526.00", "3103": "526.00"},
    ),
    Story(
        "带财政部 XBRL 附件的普票，税额计入费用",
        "dzpp_2022_with_mof_xbrl_attachment.ofd",
        "913202133140424571",
        "general",
        "2022-09",
        "99934328",
        {"560202": "11.20", "220201": "-11.20"},
        {"220201": "-11.20", "3103": "11.20"},
    ),
    Story(
        "数电专票的购买方：进项税额单列，留待抵扣",
        BEIJING,
        "91460300MAA92DJN95",
        "general",
        "2024-05",
        "24112000000048542163",
        {"560212": "4197.17", "22210101": "251.83", "220201": "-4449.00"},
        {"22210101": "251.83", "220201": "-4449.00", "3103": "4197.17"},
    ),
    Story(
        "同一专票的销售方：销项税额转出未交，附加税费减半",
        BEIJING,
        "91110108690017781B",
        "general",
        "2024-05",
        "24112000000048542163",
        {"1122": "4449.00", "5001": "-4197.17", "22210107": "-251.83"},
        {
            "1122": "4449.00",
            "22210104": "251.83",
            "22210107": "-251.83",
            "222102": "-251.83",
            "222112": "-8.81",
            "222113": "-3.77",
            "222114": "-2.52",
            "3103": "-4182.07",
        },
    ),
)
EACH_STORY = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title)


class Office:
    """The firm's owner, a client who may only upload, and the books between them."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        first = NewUser("owner@acceptance.test", "所有者", PASSWORD)
        self.tenant: TenantRef = open_firm(ports, "acceptance", "验收代账公司", first)
        client = create_app(ports).test_client()
        self.owner = Person(client, "acceptance", first.email, PASSWORD)
        person = {"email": "client@acceptance.test", "name": "客户", "password": PASSWORD, "role": "client"}
        self.client_id = self.owner("POST", "/staff", person)["id"]
        self.client = Person(client, "acceptance", person["email"], PASSWORD)
        self._books = 0

    def open_book(self, story: Story, start: str = "") -> str:
        """A book under the story's tax id that the client may upload to."""
        self._books += 1
        wanted = {"code": f"A{self._books}", "name": story.title, "tax_id": story.tax_id, "taxpayer": story.taxpayer,
                  "industry": "service", "standard": "sbe", "start_period": start or story.period}  # fmt: skip
        book: str = self.owner("POST", "/books", wanted)["id"]
        assert self.client.ask("GET", f"/books/{book}").status_code == 404
        self.owner("PUT", f"/books/{book}/grants/{self.client_id}", {"role": "client_uploader"})
        return book

    def upload(self, book: str, *files: tuple[str, bytes]) -> list[tuple[str, str, list[str]]]:
        """What became of each invoice in files that the client handed in: subject, fate, codes of its problems."""
        job = self.client.hand_in(book, files)["job_id"]
        work_off(self.ports, self.tenant, job)
        assert self.client("GET", f"/jobs/{job}")["finished_at"]
        items = self.client("GET", f"/jobs/{job}/items")["data"]
        return [(one["subject"], one["fate"], [each["code"] for each in one["problems"]]) for one in items]

    def review_and_post(self, book: str, voucher: str) -> dict[str, str]:
        """The lines of a voucher by account, debit positive, once it is reviewed and posted."""
        at = f"/books/{book}/vouchers/{voucher}"
        for act in ("review", "post"):
            self.owner("POST", f"{at}/{act}", etag=self.owner("GET", at)["etag"])
        posted = self.owner("GET", at)
        assert posted["status"] == "posted"
        return {line["account_code"]: signed(line["debit"], line["credit"]) for line in posted["lines"]}

    def close(self, period: str, *books: str) -> list[tuple[str, list[str]]]:
        """The fate of each book when one batch closes the month, with the codes of its problems."""
        job = self.owner("POST", "/closings", {"period": period, "books": list(books)})["job_id"]
        work_off(self.ports, self.tenant, job)
        items = self.owner("GET", f"/jobs/{job}/items")["data"]
        return [(one["fate"], [each["code"] for each in one["problems"]]) for one in items]


@pytest.fixture(scope="module")
def office(ports: Ports) -> Office:
    """One firm for all the stories."""
    return Office(ports)


def content(name: str) -> bytes:
    """A file of the reference data."""
    return (OFD / name).read_bytes()


def signed(debit: str, credit: str) -> str:
    """The one side of a line or balance that is not zero, debit positive."""
    return f"-{credit}" if debit == "0.00" else debit


@EACH_STORY
def test_a_clients_ofd_is_posted_with_its_tax_and_its_month_closes(office: Office, story: Story) -> None:
    owner, book = office.owner, office.open_book(story)
    ((number, fate, _),) = office.upload(book, (story.file, content(story.file)))
    assert (number, fate) == (story.number, "created")
    assert office.client.ask("GET", f"/books/{book}/invoices").status_code == 403
    (invoice,) = owner("GET", f"/books/{book}/invoices")["data"]
    assert (invoice["state"], invoice["voucher_status"]) == ("booked", "draft")
    assert office.review_and_post(book, invoice["voucher_id"]) == story.voucher

    checked = owner("GET", f"/books/{book}/periods/{story.period}/check")
    assert (checked["ready"], checked["blockers"]) == (True, [])
    ((closed, _),) = office.close(story.period, book)
    assert closed == "closed"
    assert owner("GET", f"/books/{book}/periods")["data"][0]["state"] == "closed"
    trial = owner("GET", f"/books/{book}/trial-balance?period={story.period}")["rows"]
    balances = {row["account_code"]: ("-" if row["closing_side"] == "credit" else "") + row["closing"]
                for row in trial if row["leaf"] and row["closing_side"] != "flat"}  # fmt: skip
    assert balances == story.balances

    for statement in STATEMENTS:
        at = f"/books/{book}/statements/{statement}?period={story.period}"
        made = owner("GET", at)
        assert made["checks"] and all(each["ok"] for each in made["checks"]), statement
        for form, magic in MAGIC.items():
            assert owner.ask("GET", f"{at}&format={form}").data.startswith(magic)
    income = owner("GET", f"/books/{book}/statements/income-statement?period={story.period}")["rows"]
    (net,) = [row for row in income if row["name_zh"].startswith("四、净利润")]
    assert D(net["amounts"]["period"]) == -D(story.balances["3103"])


def test_invoices_of_earlier_years_are_booked_or_named_and_all_books_close_in_one_batch(office: Office) -> None:
    books, fates = [], {}
    for story in STORIES:
        books.append(office.open_book(story, start="2026-01"))
        ((_, fate, codes),) = office.upload(books[-1], (story.file, content(story.file)))
        fates[story.title] = (fate, codes[0])
        if fate == "created":
            (invoice,) = office.owner("GET", f"/books/{books[-1]}/invoices")["data"]
            assert office.review_and_post(books[-1], invoice["voucher_id"]) == story.voucher
    *buyers, seller = fates.values()
    assert buyers == [("created", "invoice.prior_year")] * 4
    assert seller == ("needs_attention", "invoice.before_start")
    closed = office.close("2026-01", *books)
    assert [fate for fate, _ in closed] == ["closed"] * 5
    assert sum("close.invoices_need_attention" in codes for _, codes in closed) == 1


def test_a_month_does_not_close_over_an_upload_that_nobody_has_read_yet(office: Office) -> None:
    story = STORIES[0]
    book = office.open_book(story)
    job = office.client.hand_in(book, [(story.file, content(story.file))])["job_id"]
    assert office.close(story.period, book) == [("blocked", ["close.uploads_unread"])]
    work_off(office.ports, office.tenant, job)
    (invoice,) = office.owner("GET", f"/books/{book}/invoices")["data"]
    office.review_and_post(book, invoice["voucher_id"])
    ((closed, _),) = office.close(story.period, book)
    assert closed == "closed"


def test_all_files_in_one_zip_leave_what_is_not_ours_as_work_items(office: Office) -> None:
    story = STORIES[3]
    book = office.open_book(story)
    box = BytesIO()
    with ZipFile(box, "w") as archive:
        for name in sorted(path.name for path in OFD.iterdir()):
            archive.writestr(name, content(name))
    fates = office.upload(book, ("五月.zip", box.getvalue()))
    assert {number: (fate, codes[:1]) for number, fate, codes in fates} == {
        "99999951": ("needs_attention", ["invoice.not_ours"]),
        "83089647": ("needs_attention", ["invoice.not_ours"]),
        "99934328": ("needs_attention", ["invoice.not_ours"]),
        story.number: ("created", []),
    }
    assert office.upload(book, (BEIJING, content(BEIJING))) == [(story.number, "duplicate", [])]
    for invoice in office.owner("GET", f"/books/{book}/invoices?state=needs_attention")["data"]:
        at = f"/books/{book}/invoices/{invoice['id']}"
        tag = office.owner.ask("GET", at).headers["ETag"]
        refused = office.owner.ask("POST", f"{at}/book", etag=tag)
        assert refused.json and refused.json["code"] == "invoice.not_bookable"
        office.owner("POST", f"{at}/dismiss", {"reason": "他人的发票"}, etag=tag)
    posting = {"mode": "atomic", "period": story.period, "review": True}
    assert office.owner("POST", f"/books/{book}/vouchers/bulk-post", posting)["summary"]["posted"] == 1
    assert office.close(story.period, book) == [("closed", [])]
