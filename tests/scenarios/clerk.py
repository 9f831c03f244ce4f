"""代账会计：一个账套从建账、收票、制单、审核、记账到结账所走的路，与网页和任务所走的完全相同。

凭证写成会计看得懂的分录：`借 220201/晨光文具行 3,880.00`、`贷 1002 17,940.00`；金额之后可以再写
外币 `USD:12,000.00*7.02`（原币*汇率）、数量 `数量:300*205.37`（数量*单价，单价可省）、辅助核算 `存货:电暖器`、
现金流量项目 `@12`。期初的数量和外币写三个数：`USD:20,000.00;-;-`（年初;累计借方;累计贷方）。
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import Any, Unpack
from uuid import UUID

from app.books.types import BookScope
from app.closing import service as closing
from app.closing.given import service as given
from app.closing.types import Outcome
from app.documents import service as documents
from app.documents.types import Incoming, Vault
from app.invoices import service as invoices
from app.invoices.parsing.types import ParsedInvoice, ParsedLine, Party
from app.kernel.money import ZERO
from app.kernel.periods import Period
from app.ledger.accounts import service as accounts
from app.ledger.accounts.types import Given, NewAccount
from app.ledger.currencies import service as currencies
from app.ledger.currencies.types import CurrencyRate
from app.ledger.dimensions import service as dimensions
from app.ledger.dimensions.types import NewItem
from app.ledger.opening.service import set_opening
from app.ledger.opening.types import OpeningRow
from app.ledger.statements.service import statements
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.factories.doors import Doors
from tests.scenarios.tables import Figures

_ENTRY = re.compile(r"(借|贷) (\d+)(?:/(\S+))? (-?[\d,]+\.\d\d)((?: \S+)*)")
DIMENSIONS = {"部门": "department", "员工": "employee", "存货": "stock_item", "项目": "project"}


def yuan(text: str) -> D:
    """`1,234.56` 元；`-` 是零。"""
    return ZERO if text == "-" else D(text.replace(",", ""))


def entry(text: str, summary: str) -> Line:
    """一行分录。"""
    found = _ENTRY.fullmatch(text)
    assert found, f"不是分录：{text}"
    side, account, counterparty, amount, more = found.groups()
    debit, credit = (yuan(amount), ZERO) if side == "借" else (ZERO, yuan(amount))
    line = Line(account, summary, debit, credit, counterparty or "")
    for word in more.split():
        line = _with(line, word)
    return line


def _with(line: Line, word: str) -> Line:
    """分录金额之后的一个词。"""
    if word.startswith("@"):
        return line._replace(cash_item=word[1:])
    name, _, value = word.partition(":")
    if name in DIMENSIONS:
        return line._replace(items=tuple(sorted((*line.items, (DIMENSIONS[name], value)))))
    many, _, each = value.partition("*")
    if name == "数量":
        return line._replace(quantity=yuan(many), unit_price=yuan(each) if each else None)
    return line._replace(currency=name, foreign_amount=yuan(many), rate=yuan(each))


def opening_row(text: str) -> OpeningRow:
    """期初的一行：`科目[/往来] 年初余额(借正贷负) 累计借方 累计贷方 [本年累计损益实际发生额] [辅助] [数量] [外币]`。"""
    place, *cells = text.split("#")[0].split()
    account, _, counterparty = place.partition("/")
    opening, debit, credit, *actual = (yuan(cell) for cell in cells if ":" not in cell)
    row = OpeningRow(account, opening, debit, credit, counterparty, actual[0] if actual else None)
    for name, _, value in (cell.partition(":") for cell in cells if ":" in cell):
        if name in DIMENSIONS:
            row = replace(row, items=tuple(sorted((*row.items, (DIMENSIONS[name], value)))))
            continue
        before, up, down = map(yuan, value.split(";"))
        if name == "数量":
            row = replace(row, quantity_year_opening=before, quantity_debit=up, quantity_credit=down)
        else:
            row = replace(row, currency=name, foreign_year_opening=before, foreign_debit=up, foreign_credit=down)
    return row


def invoice_of(
    seller: Party,
    buyer: Party,
    day: date,
    number: str,
    item: str,
    net: str,
    tax: str,
    *,
    tax_code: str = "",
    kind: str = "digital_ordinary",
    reverses: str | None = None,
) -> ParsedInvoice:
    """一张一行的数电发票；`reverses` 是被红冲的蓝字发票号码，金额为负。"""
    line = ParsedLine(item, tax_code, "", "", None, None, yuan(net), None, "", yuan(tax))
    gross = yuan(net) + yuan(tax)
    return ParsedInvoice(
        kind=kind,
        format="einvoice_xml",
        number=number,
        code="",
        issued_on=day,
        seller=seller,
        buyer=buyer,
        net=yuan(net),
        tax=yuan(tax),
        gross=gross,
        red=gross < 0,
        original_number=reverses,
        original_code="",
        special=kind == "digital_special",
        status="normal",
        lines=(line,),
        problems=(),
        remark="",
        source_file="",
    )


class Clerk:
    """一个账套的会计。收到的发票和做好的凭证先攒着，`post` 时一次登记、制单、审核、记账。"""

    def __init__(self, ports: Ports, firm: TenantRef, name: str, tax_id: str, **book: Any) -> None:
        self.doors, self.vault, self.us = Doors(ports, firm), Vault.of(ports, firm), Party(name, tax_id)
        self.book = self.doors.new_book(name=name, tax_id=tax_id, **book)
        self._invoices: list[ParsedInvoice] = []
        self._drafts: list[Draft] = []
        self._numbers = 0

    def opens_with(self, opening: str, cash_flows: Mapping[str, str]) -> tuple[D, D]:
        """期初建账，一行一个末级科目（写法见 `opening_row`）；给出期初试算的两个差额。"""
        rows = [opening_row(text) for text in map(str.strip, opening.splitlines()) if text]
        with self.doors.book(self.book.uid) as scope:
            trial = set_opening(scope, rows, {item: yuan(amount) for item, amount in cash_flows.items()})
        return trial.opening_difference, trial.turnover_difference

    def sells(self, day: date, buyer: Party, item: str, net: str, tax: str, **face: Any) -> str:
        """开出一张销售发票；给出发票号码。"""
        return self._file(self.us, buyer, day, item, net, tax, **face)

    def buys(self, day: date, seller: Party, item: str, net: str, tax: str, **face: Any) -> str:
        """收到一张采购发票；给出发票号码。"""
        return self._file(seller, self.us, day, item, net, tax, **face)

    def _file(self, seller: Party, buyer: Party, day: date, item: str, net: str, tax: str, **face: Any) -> str:
        self._numbers += 1
        number = f"26{self._numbers:018d}"
        self._invoices.append(invoice_of(seller, buyer, day, number, item, net, tax, **face))
        return number

    def books(self, day: date, summary: str, *entries: str) -> None:
        """做一张凭证。"""
        self._drafts.append(Draft(self.book.id, day, tuple(entry(text, summary) for text in entries)))

    def post(self) -> int:
        """登记攒下的发票，制单，成批审核，成批记账；给出记账的张数。"""
        with self.doors.book(self.book.uid) as scope:
            return self.approve(scope, self.draft(scope))

    def approve(self, scope: BookScope, waiting: Sequence[UUID]) -> int:
        """成批审核，成批记账；给出记账的张数。"""
        assert len(vouchers.review_vouchers(scope, waiting)) == len(waiting)
        return len(vouchers.post_vouchers(scope, [(self.book.id, each) for each in waiting]))

    def draft(self, scope: BookScope) -> list[UUID]:
        """登记攒下的发票并制单，不审核；给出凭证。"""
        fates = invoices.register(scope, self._document(scope), self._invoices) if self._invoices else []
        assert [fate.fate for fate in fates] == ["created"] * len(fates), fates
        drafted = vouchers.draft_vouchers(scope, self._drafts)
        self._invoices, self._drafts = [], []
        return [fate.voucher_id for fate in fates if fate.voucher_id] + [done.id for done in drafted]

    def _document(self, scope: BookScope) -> UUID:
        face = "\n".join(f"{one.number} {one.gross}" for one in self._invoices)
        (stored,) = documents.store(scope, self.vault, [Incoming("发票.txt", "text/plain", face.encode())])
        documents.set_state(scope, stored.document_id, "recognised")
        return stored.document_id

    def found(self, scope: BookScope, day: date) -> UUID:
        """这一天唯一的一张凭证。"""
        sql = "SELECT id FROM tenant.voucher WHERE book_id = :b AND date = :day"
        voucher: UUID = scope.run(sql, b=self.book.id, day=day).scalar_one()
        return voucher

    def summary(self, scope: BookScope, voucher: UUID) -> str:
        """一张凭证的摘要，每行相同。"""
        (said,) = {line["summary"] for line in vouchers.locked_row(scope, voucher)["lines"]}
        return str(said)

    def close(self, period: Period) -> Outcome:
        """结账，走成批结账的路。"""
        with self.doors.firm() as scope:
            scope.narrow([self.book.id])
            (outcome,) = closing.close_books(scope, [self.book], period)
        return outcome

    def reopens(self, period: Period, reason: str) -> None:
        """反结账。"""
        with self.doors.book(self.book.uid) as scope:
            closing.reopen_period(scope, period, reason)

    def reads(self, period: Period, cycle: str = "month") -> dict[str, Figures]:
        """三张报表（月报、季报或年报）各栏的金额：报表 -> 栏 -> 行 -> (名称, 金额)。"""
        with self.doors.book(self.book.uid, read_only=True) as scope:
            made = statements(scope, self.book, period, cycle=cycle).made
        return {name: Figures.of(one) for name, one in made.items()}

    def keeps(self, account: str, **kept_by: Unpack[Given]) -> None:
        """科目设置：一个科目怎样核算（辅助、币种、数量单位）。"""
        with self.doors.book(self.book.uid) as scope:
            accounts.change_account(scope, account, Given(**kept_by))

    def adds(self, parent: str, code: str, name: str, **kept_by: Unpack[Given]) -> None:
        """新增下级科目。"""
        with self.doors.book(self.book.uid) as scope:
            accounts.add_account(scope, NewAccount(name, parent, code, given=Given(**kept_by)))

    def names(self, dimension: str, *items: str) -> None:
        """新增核算项目（往来单位不用先建）。"""
        with self.doors.book(self.book.uid) as scope:
            dimensions.add_items(scope, DIMENSIONS[dimension], [NewItem(item) for item in items])

    def rates(self, period: Period, **closing: str) -> None:
        """录入期末汇率：`USD="7.05"`；记账汇率逐笔写在分录里。"""
        closing_rates = [CurrencyRate(code, D(rate), D(rate), str(period)) for code, rate in closing.items()]
        with self.doors.book(self.book.uid) as scope:
            currencies.set_rates(scope, period, closing_rates)

    def gives(self, period: Period, step: str, case: str, **figures: str) -> None:
        """录入月末一步的金额（折旧、工资、社保），结账时由这一步做凭证。"""
        amounts = {name: yuan(amount) for name, amount in figures.items()}
        with self.doors.book(self.book.uid) as scope:
            given.set_amounts(scope, period, step, {case: amounts}, [])

    def gives_lines(self, period: Period, step: str, summary: str, *entries: str) -> None:
        """录入月末一步的分录（完工产品成本），结账时由这一步做凭证。"""
        with self.doors.book(self.book.uid) as scope:
            given.set_amounts(scope, period, step, {}, [entry(text, summary) for text in entries])

    def balances(self, period: Period, *prefixes: str) -> dict[str, D]:
        """期末不为零的末级科目余额，借正贷负。"""
        with self.doors.book(self.book.uid, read_only=True) as scope:
            rows = scope.run(
                "SELECT a.code, sum(b.opening + b.debit - b.credit) AS closing FROM tenant.balance b"
                " JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id"
                " WHERE b.book_id = :b AND b.period = :p GROUP BY a.code"
                " HAVING sum(b.opening + b.debit - b.credit) <> 0",
                b=self.book.id,
                p=str(period),
            ).all()
        return {row.code: row.closing for row in rows if row.code.startswith(prefixes)}

    def measures(self, period: Period, *prefixes: str) -> dict[str, tuple[D, D, D]]:
        """期末不为零的 `科目/核算项目` -> (本位币, 原币, 数量)，借正贷负。"""
        with self.doors.book(self.book.uid, read_only=True) as scope:
            rows = scope.run(
                "SELECT concat_ws('/', a.code, i.names) AS place, b.opening + b.debit - b.credit AS amount,"
                " b.opening_fc + b.debit_fc - b.credit_fc AS foreign_amount,"
                " b.opening_qty + b.debit_qty - b.credit_qty AS quantity"
                " FROM tenant.balance b JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id"
                " JOIN tenant.dimension_set s ON s.book_id = b.book_id AND s.id = b.dim_set_id"
                " CROSS JOIN LATERAL (SELECT string_agg(d.name, '/' ORDER BY d.dimension) AS names"
                "   FROM tenant.dimension_item d WHERE d.book_id = b.book_id AND d.id = ANY(s.item_ids)) i"
                " WHERE b.book_id = :b AND b.period = :p",
                b=self.book.id,
                p=str(period),
            ).all()
        found = {row.place: (row.amount, row.foreign_amount, row.quantity) for row in rows}
        return {place: of_place for place, of_place in found.items() if place.startswith(prefixes) and any(of_place)}

    def spent(self, period: Period, account: str) -> dict[str, D]:
        """一个损益科目当月按核算项目的发生额（不含结转）。"""
        with self.doors.book(self.book.uid, read_only=True) as scope:
            rows = scope.run(
                "SELECT d.name, b.debit - b.credit - b.transfer_debit + b.transfer_credit AS spent"
                " FROM tenant.balance b JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id"
                " JOIN tenant.dimension_set s ON s.book_id = b.book_id AND s.id = b.dim_set_id"
                " JOIN tenant.dimension_item d ON d.book_id = b.book_id AND d.id = ANY(s.item_ids)"
                " WHERE b.book_id = :b AND b.period = :p AND a.code = :account",
                b=self.book.id,
                p=str(period),
                account=account,
            ).all()
        return {row.name: row.spent for row in rows}
