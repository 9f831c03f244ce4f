"""What can be wrong with the shortcuts of a request."""

from infra.errors import rule

ACCOUNT_AMBIGUOUS = rule(
    "line.account_ambiguous", "“{account}”对应多个科目：{candidates}。", "{account} may be any of: {candidates}."
)
BALANCE_TWICE = rule(
    "line.balance_twice", "一张凭证只能有一处“=”找平金额。", 'Only one amount of a voucher can be "=", the balance.'
)
NOTHING_ABOVE = rule("line.nothing_above", "第一条分录不能沿用上一条摘要。", "The first line has no line above it.")
