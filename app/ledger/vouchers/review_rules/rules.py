"""The pure rules of review by rule: whether a version of a rule passes a voucher, and which one does."""

from __future__ import annotations

from collections.abc import Iterable

from app.ledger.vouchers.review_rules.types import Facts, ReviewRule


def passes(rule: ReviewRule, voucher: Facts) -> bool:
    """Whether every condition of the rule holds for the voucher."""
    return (
        rule.state == "active"
        and rule.source_type == voucher.source_type
        and rule.source_rule in ("", voucher.source_rule.partition("#")[0])
        and rule.word in ("", voucher.word)
        and (rule.max_amount is None or voucher.amount <= rule.max_amount)
        and (not rule.accounts or all(account.startswith(rule.accounts) for account in voucher.accounts))
    )


def reviewer(rules: Iterable[ReviewRule], voucher: Facts) -> ReviewRule | None:
    """The first rule, in the order of names and ids, that passes the voucher."""
    ordered = sorted(rules, key=lambda rule: (rule.name, rule.id))
    return next((rule for rule in ordered if passes(rule, voucher)), None)
