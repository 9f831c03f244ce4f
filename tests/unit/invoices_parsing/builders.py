"""Small builders of synthetic invoice files, one a format; every name and number in them is invented."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

SHARED = Path(os.environ.get("ZHANGFANG_SHARED") or Path(__file__).parents[4] / "shared")
REAL_OFD = SHARED / "data" / "invoices" / "ofd"
NUMBER = "26992000000012345678"
CODE, LEGACY_NUMBER = "033002100311", "00123456"
SELLER, SELLER_ID = "示例销售（南京）有限公司", "91320000TEST000011"
BUYER, BUYER_ID = "示例购买有限公司", "91320000TEST000022"
OFD_NS = "http://www.ofdspec.org/2016"


def zipped(parts: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of named parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def item(
    name: str = "*办公用品*纸张",
    net: str = "1000.00",
    rate: str = "0.130000",
    tax: str = "130.00",
    quantity: str = "10",
    price: str = "100",
) -> str:
    """One IssuItemInformation."""
    return (
        f"<IssuItemInformation><ItemName>{name}</ItemName><SpecMod>A4</SpecMod><MeaUnits>箱</MeaUnits>"
        f"<Quantity>{quantity}</Quantity><UnPrice>{price}</UnPrice><Amount>{net}</Amount><TaxRate>{rate}</TaxRate>"
        f"<ComTaxAm>{tax}</ComTaxAm><TotaltaxIncludedAmount>9999.99</TotaltaxIncludedAmount>"
        "<TaxClassificationCode>1060105010000000000</TaxClassificationCode></IssuItemInformation>"
    )


def einvoice(
    *,
    number: str = NUMBER,
    eiid: str | None = None,
    mark: str = "Y",
    label: str = "01",
    net: str = "1000.00",
    tax: str = "130.00",
    gross: str = "1130.00",
    words: str = "",
    requested: str = "2026-10-08 09:30:00",
    issued: str = "2026-10-09 00:00:01",
    items: Iterable[str] | None = None,
    specific: str = "",
    remark: str = "",
    buyer: str = BUYER,
    buyer_id: str = BUYER_ID,
    head: str = '<?xml version="1.0" encoding="UTF-8"?>',
    attributes: str = "",
) -> str:
    """A 数电票 XML, valid unless a value is changed."""
    return (
        f"{head}<EInvoice{attributes}><Header><EIid>{number if eiid is None else eiid}</EIid>"
        "<EInvoiceTag>SWEI3200</EInvoiceTag><Version>0.32</Version><InherentLabel>"
        f"<InIssuType><LabelCode>{mark}</LabelCode></InIssuType><EInvoiceType><LabelCode>01</LabelCode></EInvoiceType>"
        f"<GeneralOrSpecialVAT><LabelCode>{label}</LabelCode></GeneralOrSpecialVAT></InherentLabel></Header>"
        f"<EInvoiceData><SellerInformation><SellerIdNum>{SELLER_ID}</SellerIdNum><SellerName>{SELLER}</SellerName>"
        f"</SellerInformation><BuyerInformation><BuyerIdNum>{buyer_id}</BuyerIdNum><BuyerName>{buyer}</BuyerName>"
        f"</BuyerInformation><BasicInformation><TotalAmWithoutTax>{net}</TotalAmWithoutTax><TotalTaxAm>{tax}</TotalTaxAm>"
        f"<TotalTax-includedAmount>{gross}</TotalTax-includedAmount>"
        f"<TotalTax-includedAmountInChinese>{words}</TotalTax-includedAmountInChinese>"
        f"<RequestTime>{requested}</RequestTime></BasicInformation>{''.join([item()] if items is None else items)}"
        f"<SpecificInformation>{specific}</SpecificInformation>"
        f"<AdditionalInformation><Remark>{remark}</Remark></AdditionalInformation></EInvoiceData>"
        f"<TaxSupervisionInfo><InvoiceNumber>{number}</InvoiceNumber><IssueTime>{issued}</IssueTime>"
        "</TaxSupervisionInfo></EInvoice>"
    )


def original(
    *,
    code: str = CODE,
    number: str = LEGACY_NUMBER,
    net: str = "100.00",
    tax: str = "6.00",
    gross: str = "106.00",
    date: str = "2021年03月05日",
    buyer_id: str = BUYER_ID,
    note: str = "",
    lines: Sequence[tuple[str, ...]] | None = None,
) -> str:
    """An original_invoice.xml of 2020 (family A); lines are (name, net, rate, tax)."""
    goods = [("*餐饮服务*餐费", net, "6%", tax)] if lines is None else lines
    rows = "".join(
        f"<fp:GoodsInfo><fp:LineNo>{at}</fp:LineNo><fp:Item><![CDATA[{name}]]></fp:Item><fp:Quantity>1</fp:Quantity>"
        f"<fp:Amount>{amount}</fp:Amount><TaxScheme>{rate}</TaxScheme><fp:TaxAmount>{due}</fp:TaxAmount></fp:GoodsInfo>"
        for at, (name, amount, rate, due) in enumerate(goods, 1)
    )
    return (
        '\ufeff<?xml version="1.0" encoding="utf-8"?>'
        '<eInvoice xmlns:fp="http://www.edrm.org.cn/schema/e-invoice/2019" Version="1.0">'
        f"<fp:InvoiceCode>{code}</fp:InvoiceCode><fp:InvoiceNo>{number}</fp:InvoiceNo><fp:IssueDate>{date}</fp:IssueDate>"
        f"<fp:MachineNo>661103328867</fp:MachineNo><fp:Buyer><fp:BuyerName>{BUYER}</fp:BuyerName>"
        f"<fp:BuyerTaxID>{buyer_id}</fp:BuyerTaxID></fp:Buyer><fp:Seller><fp:SellerName>{SELLER}</fp:SellerName>"
        f"<fp:SellerTaxID>{SELLER_ID}</fp:SellerTaxID></fp:Seller>"
        f"<fp:TaxInclusiveTotalAmount>{gross}</fp:TaxInclusiveTotalAmount><fp:Note>{note}</fp:Note>"
        f"<fp:TaxTotalAmount>{tax}</fp:TaxTotalAmount><fp:TaxExclusiveTotalAmount>{net}</fp:TaxExclusiveTotalAmount>"
        f"<fp:GoodsInfos>{rows}</fp:GoodsInfos></eInvoice>"
    )


Object = tuple[int, float, float, str]  # id, x, y, text


def page(objects: Iterable[Object]) -> str:
    """A page's Content.xml of text objects."""
    body = "".join(
        f'<ofd:TextObject ID="{id_}" Boundary="{x} {y} 30 5" Font="3" Size="3"><ofd:TextCode X="0" Y="3.5">{text}'
        "</ofd:TextCode></ofd:TextObject>"
        for id_, x, y, text in objects
    )
    return f'<ofd:Page xmlns:ofd="{OFD_NS}"><ofd:Content><ofd:Layer ID="9">{body}</ofd:Layer></ofd:Content></ofd:Page>'


def tags(refs: Iterable[tuple[str, Sequence[int]] | tuple[str, Sequence[int], int]]) -> str:
    """A CustomTag.xml: (path, object ids[, page id]); a path with `/` nests elements."""
    body = ""
    for path, ids, *rest in refs:
        steps = path.split("/")
        objects = "".join(f'<ofd:ObjectRef PageRef="{rest[0] if rest else 61}">{id_}</ofd:ObjectRef>' for id_ in ids)
        body += "".join(f"<ofd:{step}>" for step in steps) + objects + "".join(f"</ofd:{step}>" for step in steps[::-1])
    return f'<ofd:root xmlns:ofd="{OFD_NS}">{body}</ofd:root>'


def ofd(
    *,
    attachments: Mapping[str, str] | None = None,
    tag_file: str | None = None,
    pages: Sequence[str] = (page([]),),
    template: Sequence[Object] = (),
    custom: Mapping[str, str] | None = None,
    root: str = "Doc_0/Document.xml",
    doc: str = "Doc_0",
    slash: str = "",
    extra: Mapping[str, bytes | str] | None = None,
    drop: Iterable[str] = (),
) -> bytes:
    """An OFD package; page n has ID 61 + n."""
    data = "".join(f'<ofd:CustomData Name="{name}">{value}</ofd:CustomData>' for name, value in (custom or {}).items())
    places = "".join(f'<ofd:Page ID="{61 + at}" BaseLoc="Pages/Page_{at}/Content.xml"/>' for at in range(len(pages)))
    files = "".join(
        f'<ofd:Attachment ID="{at}" Name="a" Format="xml"><ofd:FileLoc>{name}</ofd:FileLoc></ofd:Attachment>'
        for at, name in enumerate(attachments or {})
    )
    parts: dict[str, bytes | str] = {
        "OFD.xml": f'<ofd:OFD xmlns:ofd="{OFD_NS}"><ofd:DocBody><ofd:DocInfo><ofd:CustomDatas>{data}</ofd:CustomDatas>'
        f"</ofd:DocInfo><ofd:DocRoot>{slash}{root}</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        root: f'<ofd:Document xmlns:ofd="{OFD_NS}"><ofd:CommonData>'
        '<ofd:TemplatePage ID="2" BaseLoc="Tpls/Tpl_0/Content.xml"/></ofd:CommonData>'
        f"<ofd:Pages>{places}</ofd:Pages>"
        + ("<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>" if attachments else "")
        + ("<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>" if tag_file is not None else "")
        + "</ofd:Document>",
        f"{doc}/Tpls/Tpl_0/Content.xml": page(template),
    }
    parts |= {f"{doc}/Pages/Page_{at}/Content.xml": content for at, content in enumerate(pages)}
    if attachments:
        parts[f"{doc}/Attachs/Attachments.xml"] = f'<ofd:Attachments xmlns:ofd="{OFD_NS}">{files}</ofd:Attachments>'
        parts |= {f"{doc}/Attachs/{name}": content for name, content in attachments.items()}
    if tag_file is not None:
        parts[f"{doc}/Tags/CustomTags.xml"] = (
            f'<ofd:CustomTags xmlns:ofd="{OFD_NS}"><ofd:CustomTag TypeID="root">'
            "<ofd:FileLoc>CustomTag.xml</ofd:FileLoc></ofd:CustomTag></ofd:CustomTags>"
        )
        parts[f"{doc}/Tags/CustomTag.xml"] = tag_file
    parts |= extra or {}
    return zipped({name: part for name, part in parts.items() if name not in drop})


TITLE: Object = (3, 56, 8, "电子发票（普通发票）")
HEAD: tuple[Object, ...] = (
    (10, 170, 10, NUMBER), (11, 170, 16, "2026年10月08日"), (12, 20, 34, BUYER), (13, 54, 43, BUYER_ID),
    (14, 120, 34, SELLER), (15, 154, 43, SELLER_ID),
)  # fmt: skip
SUMS: tuple[Object, ...] = (
    (20, 140, 90, "¥"), (21, 142, 90, "200.00"), (22, 190, 90, "¥"), (23, 192, 90, "12.00"),
    (24, 63, 96, "贰佰壹拾贰圆整"), (25, 155, 96, "¥"), (26, 158, 96, "212.00"),
)  # fmt: skip
LINES: tuple[Object, ...] = (
    (30, 5, 56, "*研发和技术服务*技"), (31, 5, 60.5, "术服务费"), (32, 154, 56.1, "6%"), (33, 128, 56.1, "150.00"),
    (34, 180, 56.1, "9.00"), (35, 102, 56.1, "75"), (36, 78, 56.1, "2"),
    (40, 5, 65, "*信息技术服务*维护费"), (42, 154, 65.1, "6%"), (43, 128, 65.1, "50.00"), (44, 180, 65.1, "3.00"),
)  # fmt: skip
HEAD_TAGS: tuple[tuple[str, Sequence[int]], ...] = (
    ("InvoiceNo", [10]), ("IssueDate", [11]), ("Buyer/BuyerName", [12]), ("Buyer/BuyerTaxID", [13]),
    ("Seller/SellerName", [14]), ("Seller/SellerTaxID", [15]),
)  # fmt: skip
SUM_TAGS: tuple[tuple[str, Sequence[int]], ...] = (
    ("TaxExclusiveTotalAmount", [20, 21]), ("TaxTotalAmount", [22, 23]), ("TaxInclusiveTotalAmount", [25, 26]),
)  # fmt: skip
LINE_TAGS: tuple[tuple[str, Sequence[int]], ...] = (
    ("Item", [30, 31, 40]), ("TaxScheme", [32, 42]), ("Amount", [33, 43]), ("TaxAmount", [34, 44]), ("Price", [35]),
    ("Quantity", [36]),
)  # fmt: skip


def xbrl(prefix: str, facts: str, taxonomy: str = "2021-09-30") -> str:
    """An instance whose facts are written `<p:Name>value</p:Name>`."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><xbrl xmlns="http://www.xbrl.org/2003/instance" '
        f'xmlns:p="http://xbrl.mof.gov.cn/taxonomy/{taxonomy}/{prefix}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<context id="c1"><entity><identifier scheme="http://xbrl.mof.gov.cn">X</identifier></entity></context>'
        f"{facts}</xbrl>"
    )


def facts(**values: str) -> str:
    """Facts by name; a value goes in as it is."""
    return "".join(f'<p:{name} contextRef="c1">{value}</p:{name}>' for name, value in values.items())


def old_invoice_xbrl(**changes: str) -> str:
    """inv_ord_issuer: an old 电子普票 with one line."""
    values = {
        "TypeOfInvoice": "增值税电子普通发票", "CodeOfInvoice": CODE, "NumberOfInvoice": LEGACY_NUMBER,
        "DateOfIssue": "2021-03-05", "NumberOfInvoiceMachine": "661103328867", "NameOfPurchaser": BUYER,
        "TaxpayerIdentificationNumberUnifiedSocialCreditCodeOfPurchaser": BUYER_ID,
        "TotalAmountExcludingTax": "100.00", "TotalTaxAmount": "6.00", "TaxIncludedAmountInFigures": "106.00",
        "NameOfSeller": SELLER, "TaxpayerIdentificationNumberUnifiedSocialCreditCodeOfSeller": SELLER_ID,
    } | changes  # fmt: skip
    line = facts(
        NameOfTaxableGoodsOrServices="*餐饮服务*餐费",
        QuantityOfGoodsOrServices="1.00",
        AmountExcludingTax="100.00",
        TaxRate="6.00%",
        TaxAmount="6.00",
    )
    return xbrl("inv", facts(**values) + facts(InformationOfTaxableGoodsOrServicesDetailItemsTuple=line))


def rail(**changes: str) -> str:
    """rai_issuer: 铁路电子客票."""
    values = {
        "TypeOfVoucher": "电子发票（铁路电子客票）", "ElectronicInvoiceRailwayETicketNumber": NUMBER,
        "DateOfIssue": "2026-07-11", "TypeOfBusiness": "售", "DepartureStation": "上海虹桥",
        "DestinationStation": "杭州东", "TrainNumber": "G1281", "TravelDate": "2026-07-02", "Fare": "272.50",
        "TotalAmountExcludingTax": "250.00", "TaxRate": "0.09", "TaxAmount": "22.50", "NameOfPurchaser": BUYER,
        "UnifiedSocialCreditCodeOfPurchaser": BUYER_ID, "IssueParty": "", "ETicketNumber": "6122537000504210711",
    } | changes  # fmt: skip
    return xbrl("rai", facts(**values), "2021-11-30")


def air(**changes: str) -> str:
    """atr_issuer: 航空运输电子客票行程单."""
    values = {
        "ElectronicInvoiceAirTransportReceiptNumber": NUMBER, "IssueDate": "2025-07-04", "Fare": "550.46",
        "FuelSurcharge": "9.17", "VatRate": "0.09", "VatTaxAmount": "50.37", "CivilAviationDevelopmentFund": "50.00",
        "OtherTaxes": "0.00", "Insurance": "0.00", "TotalAmount": "660.00", "ETicketNumber": "7812345678901",
        "NameOfSeller": SELLER, "NameOfPurchaser": BUYER, "UnifiedSocialCreditCodeOfPurchaser": BUYER_ID,
    } | changes  # fmt: skip
    return xbrl("atr", facts(**values), "2023-05-15")


LINE_HEADERS = (
    "序号", "发票代码", "发票号码", "数电发票号码", "销方识别号", "销方名称", "购方识别号", "购买方名称", "开票日期",
    "税收分类编码", "特定业务类型", "货物或应税劳务名称", "规格型号", "单位", "数量", "单价", "金额", "税率", "税额",
    "价税合计", "发票来源", "发票票种", "发票状态", "是否正数发票", "发票风险等级", "开票人", "备注",
)  # fmt: skip
BASE_HEADERS = tuple(
    name for name in LINE_HEADERS
    if name not in ("税收分类编码", "特定业务类型", "货物或应税劳务名称", "规格型号", "单位", "数量", "单价", "税率")
)  # fmt: skip
RAIL_HEADERS = (*BASE_HEADERS[:9], "发票来源", "发票票种", "发票状态", "备注", "旅客姓名", "出发地", "到达地")


def row(**changes: Any) -> dict[str, Any]:
    """One row of an export by header; digital, ordinary, 100.00 + 6.00."""
    return {
        "序号": "1", "发票代码": "", "发票号码": "", "数电发票号码": NUMBER, "销方识别号": SELLER_ID,
        "销方名称": SELLER, "购方识别号": BUYER_ID, "购买方名称": BUYER, "开票日期": "2026-10-08 09:30:00",
        "税收分类编码": "3040203000000000000", "特定业务类型": "", "货物或应税劳务名称": "*信息技术服务*服务费",
        "规格型号": "", "单位": "次", "数量": "1.0000000000000", "单价": "100.0000000000000", "金额": 100.0,
        "税率": "6%", "税额": 6.0, "价税合计": 106.0, "发票来源": "电子发票服务平台",
        "发票票种": "数电发票（普通发票）", "发票状态": "正常", "是否正数发票": "是", "发票风险等级": "正常",
        "开票人": "张三", "备注": "",
    } | changes  # fmt: skip


def workbook(
    sheets: Mapping[str, tuple[Sequence[str], Sequence[Mapping[str, Any]]]], titles: Sequence[str] = ()
) -> bytes:
    """A workbook: per sheet its headers and rows; `titles` stand above each header."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"})
    for name, (headers, rows) in sheets.items():
        sheet = book.add_worksheet(name)
        for at, title in enumerate(titles):
            sheet.write_string(at, 0, title)
        for column, header in enumerate(headers):
            sheet.write_string(len(titles), column, header)
        for at, values in enumerate(rows, len(titles) + 1):
            for column, header in enumerate(headers):
                if header in values:
                    sheet.write(at, column, values[header])
    book.close()
    return buffer.getvalue()


def export(lines: Sequence[Mapping[str, Any]], own: Sequence[Mapping[str, Any]] | None = None, **options: Any) -> bytes:
    """全量发票查询导出结果 with 信息汇总表 and, unless None, 发票基础信息."""
    sheets: dict[str, tuple[Sequence[str], Sequence[Mapping[str, Any]]]] = {"信息汇总表": (LINE_HEADERS, lines)}
    if own is not None:
        sheets["发票基础信息"] = (BASE_HEADERS, own)
    return workbook(sheets, **options)
