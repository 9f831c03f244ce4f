"""Every "no" and every doubt of the parsers, as codes with both languages.

Invariant: inside this room the only exception that means "cannot be read" is `Unreadable`, and `service.parse` turns it
into a `Refused`; it never leaves the room.
"""

from __future__ import annotations

from infra.errors import register
from infra.hostile.errors import ARCHIVE_BAD_NAME as ARCHIVE_BAD_NAME
from infra.hostile.errors import ARCHIVE_DAMAGED as ARCHIVE_DAMAGED
from infra.hostile.errors import ARCHIVE_DUPLICATE as ARCHIVE_DUPLICATE
from infra.hostile.errors import ARCHIVE_ENCRYPTED as ARCHIVE_ENCRYPTED
from infra.hostile.errors import ARCHIVE_LINK as ARCHIVE_LINK
from infra.hostile.errors import ARCHIVE_OVERLAP as ARCHIVE_OVERLAP
from infra.hostile.errors import ARCHIVE_RATIO as ARCHIVE_RATIO
from infra.hostile.errors import ARCHIVE_TOO_MANY as ARCHIVE_TOO_MANY
from infra.hostile.errors import FILE_MALWARE as FILE_MALWARE
from infra.hostile.errors import FILE_TOO_LARGE as FILE_TOO_LARGE
from infra.hostile.errors import FILE_UNREADABLE as FILE_UNREADABLE
from infra.hostile.errors import WORKBOOK_LIMIT as WORKBOOK_LIMIT
from infra.hostile.errors import XML_DOCTYPE as XML_DOCTYPE
from infra.hostile.errors import XML_ENCODING as XML_ENCODING
from infra.hostile.errors import XML_ILL_FORMED as XML_ILL_FORMED
from infra.hostile.errors import Unreadable as Unreadable
from infra.sandbox.errors import PARSER_FAILED as PARSER_FAILED

# the file as such
FILE_EMPTY = register("file.empty", "文件是空的", "the file is empty")
FILE_UNKNOWN = register("file.unknown_format", "无法辨认文件格式", "the file format is unknown")
FILE_UNSUPPORTED = register(
    "file.unsupported_format",
    "认得这种格式，但其中没有可读取的发票数据",
    "a known format that holds no invoice this product reads",
)

# archives (zip, OFD, xlsx)
ARCHIVE_NESTED = register("archive.nested", "压缩包内还有压缩包", "an archive inside an archive")
ARCHIVE_NOTHING = register("archive.nothing_inside", "压缩包内没有发票文件", "the archive holds no invoice file")

# XML
XML_LIMIT = register("xml.too_complex", "XML 层数、属性或元素过多", "the XML is too deep or too wide")
XML_AMBIGUOUS = register("xml.ambiguous", "同一字段出现两个不同的值", "one field is given two different values")
XML_NO_INVOICE = register("xml.no_invoice", "XML 中没有发票", "there is no invoice in the XML")
NOT_AN_INVOICE = register(
    "invoice.not_an_invoice", "是电子凭证但不是发票（如银行回单）", "an electronic voucher, but not an invoice"
)

# OFD
OFD_STRUCTURE = register("ofd.structure", "OFD 缺少必要的结构文件", "the OFD lacks a necessary part")
OFD_PATH = register("ofd.path_outside", "OFD 内的路径指向包外", "a path of the OFD leaves the package")
OFD_PART_MISSING = register("ofd.part_missing", "OFD 缺少所引用的部件", "a part that the OFD refers to is missing")
OFD_PART_DAMAGED = register(
    "ofd.part_damaged", "OFD 的一个部件已损坏，未采用", "a damaged part of the OFD was not used"
)
OFD_SEAL = register(
    "ofd.seal_broken", "OFD 的部件与签章不符或未被签章覆盖", "a part of the OFD is not what its seal covers"
)
OFD_SOURCE_UNUSED = register(
    "ofd.source_unused", "OFD 内有一处发票数据不完整，未采用", "an incomplete source inside the OFD was not used"
)
OFD_SOURCES_DISAGREE = register(
    "ofd.sources_disagree", "OFD 内几处发票数据互相矛盾", "the sources inside the OFD contradict each other"
)
NO_STRUCTURED_DATA = register(
    "invoice.no_structured_data", "文件里没有结构化的发票数据", "the file holds no structured invoice data"
)

# workbooks
WORKBOOK_NO_HEADER = register(
    "workbook.no_header", "工作簿里找不到发票导出表头", "no header row of an invoice export in the workbook"
)
WORKBOOK_DEDUCTIONS = register(
    "workbook.deduction_list", "这是勾选清单，不是发票导出", "this is a deduction list, not an export of invoices"
)
WORKBOOK_ACTIVE = register(
    "workbook.active_content", "工作簿含有宏或外部链接", "the workbook holds macros or links to other files"
)
ROWS_DISAGREE = register(
    "workbook.rows_disagree", "同一发票各行的抬头信息不一致", "the rows of one invoice give different headers"
)

# the invoice: what makes it untrustworthy
NO_NUMBER = register("invoice.no_number", "没有发票号码", "the invoice has no number")
BAD_NUMBER = register("invoice.bad_number", "发票号码或代码格式不对", "the invoice number or code is not one")
NO_DATE = register("invoice.no_date", "没有可用的开票日期", "the invoice has no usable date of issue")
NO_PARTY = register("invoice.no_party", "缺少购销双方的名称和税号", "a party has neither name nor tax id")
NO_TOTALS = register("invoice.no_totals", "缺少合计金额、税额或价税合计", "the net, tax or gross total is missing")
BAD_AMOUNT = register("invoice.bad_amount", "金额不是一个数额", "an amount is not an amount of money")
AMOUNTS_DISAGREE = register("invoice.amounts_disagree", "金额、税额与价税合计不合", "net, tax and gross do not agree")
RED_SIGN = register("invoice.red_sign", "红字标志与金额正负不符", "the red mark and the sign of the amounts disagree")
TEXT_TOO_LONG = register("invoice.text_too_long", "名称过长", "a name is unreasonably long")

# the invoice: doubts that leave it usable
LINES_DISAGREE = register("invoice.lines_disagree", "明细合计与发票合计不合", "the lines do not add up to the totals")
NO_LINES = register("invoice.no_lines", "没有明细行", "the invoice has no lines")
LINE_UNREADABLE = register("invoice.line_unreadable", "明细行无法读取", "a line cannot be read")
TOTAL_DERIVED = register(
    "invoice.total_derived", "有一项合计缺失，由另两项推得", "one total is missing and was derived from the other two"
)
WORDS_DISAGREE = register(
    "invoice.words_disagree", "大写金额与价税合计不符", "the gross in words differs from the gross in figures"
)
NUMBERS_DISAGREE = register(
    "invoice.numbers_disagree", "文件内两处发票号码不同", "two places of the file give different numbers"
)
BAD_TAX_ID = register(
    "invoice.bad_tax_id", "纳税人识别号不是一个识别号", "a tax id is not one (15 to 20 digits and capitals)"
)
UNKNOWN_KIND = register("invoice.unknown_kind", "票种不明", "the kind of invoice is unknown")
UNKNOWN_STATUS = register("invoice.unknown_status", "发票状态不明", "the status of the invoice is unknown")
NO_BUYER = register("invoice.no_buyer", "没有购买方名称和税号", "the buyer has neither name nor tax id")
REFUND_FEE = register("invoice.refund_fee", "铁路退票费，请核对抵扣", "a rail refund fee; check the deduction")
