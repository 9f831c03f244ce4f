"""What cannot be filed with the tax bureau."""

from infra.errors import NotFound, RuleViolation


class FilingFormUnknown(NotFound):
    """The bureau's form for this standard and cycle is not among ours."""

    code = "filing.form_unknown"
    zh = "会计制度 {standard} 没有按 {cycle} 报送的电子税务局表样。"
    en = "There is no tax bureau form for statements of {standard} by {cycle}."


class FilingPeriodRejected(RuleViolation):
    """Statements are filed for a month, a quarter or a year that ends with the period."""

    code = "filing.period_rejected"
    zh = "会计期间 {period} 不是报送周期 {cycle} 的最后一个月。"
    en = "Period {period} is not the last month of a {cycle}."


class FilingAmountTooLarge(RuleViolation):
    """The form takes amounts up to a limit only."""

    code = "filing.amount_too_large"
    zh = "{sheet} {line} 行的金额 {amount} 超过电子税务局表样的上限 {largest}。"
    en = "The amount {amount} in line {line} of {sheet} is beyond {largest}, the most that the form takes."
