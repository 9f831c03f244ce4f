"""What the import of vouchers refuses."""

from infra.errors import RuleViolation, TooLarge, rule


class WorkbookUnreadable(RuleViolation):
    """The file is no workbook this product reads; `reason` is the reader's code."""

    code = "import.unreadable"
    zh = "无法读取工作簿（{reason}）：{detail}"
    en = "The workbook cannot be read ({reason}): {detail}"


class HeadersMissing(RuleViolation):
    """No sheet has a row of headers with the columns a voucher needs."""

    code = "import.headers_missing"
    zh = "找不到凭证表头，需要列：{columns}。"
    en = "No row of headers holds the columns a voucher needs: {columns}."


class TooManyRows(TooLarge):
    """More rows than one request takes; the file is to be split."""

    code = "import.too_many_rows"
    zh = "凭证分录超过 {limit} 行，请拆分文件。"
    en = "More than {limit} rows; split the file."


HEADER_TWICE = rule("import.header_twice", "列“{column}”重复。", "The column {column} is there twice.")
NO_DATE = rule("import.no_date", "缺少有效的凭证日期。", "The row has no date of a voucher.")
NO_NUMBER = rule("import.no_number", "缺少凭证号。", "The row has no voucher number.")
NO_ACCOUNT = rule("import.no_account", "缺少科目编码或科目名称。", "The row names no account.")
