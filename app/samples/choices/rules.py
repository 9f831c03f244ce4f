"""Every choice the expected books rest on, as data: accounts, treatment by star name, rates, refusal codes.

The same tables stand in `app/samples/README.md`; whoever changes a posting template of the product changes a row
here and there, and nothing else. Nothing is imported from the product's own standards.
"""

from __future__ import annotations

from decimal import Decimal

# role -> (小企业会计准则, 企业会计准则) leaf account
ACCOUNTS: dict[str, tuple[str, str]] = {
    "cash": ("1001", "1001"),
    "bank": ("1002", "1002"),
    "receivable": ("1122", "1122"),
    "merchandise": ("1405", "1405"),
    "electronics": ("160104", "160104"),
    "depreciation_accumulated": ("1602", "1602"),
    "payable": ("220201", "220201"),
    "wages_payable": ("221101", "221101"),
    "social_payable": ("221104", "221104"),
    "input_vat": ("22210101", "22210101"),
    "vat_transfer_out": ("22210104", "22210104"),
    "output_vat": ("22210107", "22210107"),
    "vat_unpaid": ("222102", "222102"),
    "vat_small_scale": ("222101", "222101"),
    "urban_tax_payable": ("222112", "222112"),
    "education_payable": ("222113", "222113"),
    "local_education_payable": ("222114", "222114"),
    "income_tax_payable": ("222115", "222115"),
    "personal_tax_payable": ("222116", "222116"),
    "social_withheld": ("224103", "224103"),
    "capital": ("3001", "4001"),
    "reserve": ("310101", "410101"),
    "profit": ("3103", "4103"),
    "undistributed": ("310401", "410401"),
    "reserve_appropriated": ("310402", "410402"),
    "revenue": ("5001", "6001"),
    "vat_relief": ("530108", "611703"),
    "cost": ("5401", "6401"),
    "urban_tax": ("540302", "640302"),
    "education": ("540309", "640309"),
    "local_education": ("540310", "640310"),
    "selling_wages": ("560101", "660101"),
    "advertising": ("560102", "660102"),
    "freight": ("560105", "660105"),
    "wages": ("560201", "660201"),
    "office": ("560202", "660202"),
    "travel": ("560203", "660203"),
    "entertainment": ("560204", "660204"),
    "rent": ("560205", "660205"),
    "utilities": ("560206", "660206"),
    "depreciation": ("560207", "660207"),
    "services": ("560212", "660212"),
    "telecom": ("560213", "660213"),
    "vehicles": ("560214", "660214"),
    "repairs": ("560215", "660215"),
    "social": ("560217", "660217"),
    "training": ("560220", "660220"),
    "interest_expense": ("560301", "660301"),
    "interest_income": ("560302", "660302"),
    "bank_charges": ("560304", "660304"),
    "income_tax": ("5801", "6801"),
}
# first two digits of the income and of the expense accounts of profit and loss
INCOME = {"sbe": ("50", "51", "53"), "asbe": ("60", "61", "63")}
EXPENSE = {"sbe": ("54", "56", "57", "58"), "asbe": ("64", "66", "67", "68")}

# star name on a purchase -> (business kind, account role); the kinds are those of the posting templates
PURCHASES: dict[str, tuple[str, str]] = {
    "金属制品": ("merchandise", "merchandise"),
    "塑料制品": ("merchandise", "merchandise"),
    "纺织产品": ("merchandise", "merchandise"),
    "方便食品": ("merchandise", "merchandise"),
    "电子元件": ("merchandise", "merchandise"),
    "计算机外部设备": ("electronic_equipment", "electronics"),
    "办公用品": ("office_supplies", "office"),
    "印刷品": ("office_supplies", "office"),
    "餐饮服务": ("entertainment", "entertainment"),
    "娱乐服务": ("entertainment", "entertainment"),
    "经营租赁": ("rent", "rent"),
    "信息技术服务": ("services", "services"),
    "运输服务": ("freight", "freight"),
    "物流辅助服务": ("courier", "office"),
    "住宿服务": ("accommodation", "travel"),
    "旅客运输服务": ("travel", "travel"),
    "电信服务": ("telecom", "telecom"),
    "供电": ("utilities", "utilities"),
    "水冰雪": ("utilities", "utilities"),
    "企业管理服务": ("utilities", "utilities"),
    "成品油": ("fuel", "vehicles"),
    "鉴证咨询服务": ("services", "services"),
    "商务辅助服务": ("services", "services"),
    "广告服务": ("advertising", "advertising"),
    "会展服务": ("advertising", "advertising"),
    "修理修配劳务": ("repair", "repairs"),
    "教育服务": ("training", "training"),
    "直接收费金融服务": ("bank_fees", "bank_charges"),
    "贷款服务": ("loan_interest", "interest_expense"),
}
# 增值税法 and regulation.md 6.1: catering, entertainment and loan interest are never creditable
NEVER_CREDITABLE = frozenset({"entertainment", "loan_interest"})
# kinds of invoice whose tax a general taxpayer credits; a railway e-ticket shows its 9%
CREDITABLE_INVOICES = frozenset({"special", "rail"})

# tax in percent of VAT: by location 城建税, then 教育费附加 and 地方教育附加
URBAN_RATE = {"city": Decimal("0.07"), "county": Decimal("0.05"), "other": Decimal("0.01")}
EDUCATION_RATE = Decimal("0.03")
LOCAL_EDUCATION_RATE = Decimal("0.02")
# sales up to which the two education charges are not due, by taxpayer; 财税〔2016〕12号 would be 100,000 a month and
# 300,000 a quarter, but the golden return of regulation.md 6.3 charges them at 234,788.66, so none is applied
EDUCATION_EXEMPT_UP_TO: dict[str, Decimal] = {}
SURCHARGE_RELIEF = Decimal("0.5")  # every sample is small-scale or small low-profit (小型微利)
SMALL_SCALE_QUARTER_THRESHOLD = Decimal("300000.00")  # strictly below is exempt
INCOME_TAX_SMALL = Decimal("0.05")
INCOME_TAX_FULL = Decimal("0.25")
INCOME_TAX_SMALL_LIMIT = Decimal("3000000.00")
RESERVE_RATE = Decimal("0.10")

# trouble of an invoice -> the code its work item carries
TROUBLES = {"void": "invoice.void", "other_party": "invoice.not_ours"}


def account(standard: str, role: str) -> str:
    """The leaf account a role has under `sbe` or `asbe`."""
    return ACCOUNTS[role][standard == "asbe"]
