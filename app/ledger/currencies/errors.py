"""What the rates of currencies refuse."""

from infra.errors import RuleViolation, rule


class RatesRejected(RuleViolation):
    """The rates break rules; all of them are in `violations`."""

    code = "currency.rates_rejected"
    zh = "汇率不能保存：{count} 处不符合规则。"
    en = "The rates break {count} rules."


RATE_TWICE = rule("currency.rate_twice", "币种 {currency} 重复。", "The currency {currency} is given twice.")
RATE_OF_RMB = rule("currency.rate_of_rmb", "人民币是记账本位币，没有汇率。", "Books are kept in RMB; it has no rate.")
RATE_NOT_POSITIVE = rule(
    "currency.rate_not_positive", "币种 {currency} 的汇率必须大于零。", "The rate of {currency} must be above zero."
)
