"""Which voucher template fits a business, and whether its input VAT may be credited; pure, the templates are content.

Invariant: every business kind of every standard has a template for both taxpayer kinds.
"""

from __future__ import annotations

from dataclasses import replace

from app.standards.errors import TemplateUnknown
from app.standards.types import PostingRule, PostingTemplate, Standard, Taxpayer


def deductible(taxpayer: Taxpayer, *, special_invoice: bool, creditable: bool) -> bool:
    """Whether input VAT goes to 进项税额 instead of into the cost.

    Only a general taxpayer credits, only with a special invoice (专票 or a ticket that counts as one), and not what the
    law blocks (增值税法 Art.22).
    """
    return taxpayer is Taxpayer.GENERAL and special_invoice and creditable


def choose_template(
    standard: Standard, *, direction: str, taxpayer: Taxpayer, kind: str, deductible: bool = False
) -> PostingTemplate:
    """The voucher template of a business: the first rule of `posting.yaml` that fits, with the kind's account role.

    `direction` is `sales` or `purchase`. The same template serves a red invoice, with negative amounts on the same
    sides. Raises `TemplateUnknown`.
    """
    business = standard.kinds.get((direction, kind))
    rule = next((rule for rule in standard.posting if _fits(rule, direction, taxpayer, deductible)), None)
    if business is None or rule is None:
        raise TemplateUnknown(direction=direction, kind=kind)
    lines = tuple(replace(line, role=business.role) if line.role == "{kind}" else line for line in rule.lines)
    return PostingTemplate(id=rule.id, kind=kind, summary_zh=rule.summary_zh, lines=lines, source=rule.source)


def _fits(rule: PostingRule, direction: str, taxpayer: Taxpayer, deductible: bool) -> bool:
    return rule.direction == direction and rule.taxpayer in (None, taxpayer) and rule.deductible in (None, deductible)
