"""What this room refuses, and the one error that means our own content is wrong."""

from __future__ import annotations

from infra.errors import NotFound, RuleViolation


class ContentError(Exception):
    """A content file is broken: a fault of the release, never of a caller, so it has no code."""


class StandardUnknown(NotFound):
    """No such accounting standard or edition is released."""

    code = "standard.unknown"
    zh = "没有会计制度 {standard} 的版本 {edition}"
    en = "there is no accounting standard {standard} in edition {edition}"


class RoleUnknown(RuleViolation):
    """The standard has no account for this role and taxpayer kind."""

    code = "standard.role_unknown"
    zh = "{standard} 的 {taxpayer} 账套没有用途为 {role} 的科目"
    en = "{standard} has no account for the role {role} in a book of a {taxpayer} taxpayer"


class TemplateUnknown(RuleViolation):
    """No posting template fits this business."""

    code = "standard.template_unknown"
    zh = "没有适用于业务 {direction}/{kind} 的凭证模板"
    en = "no voucher template fits the business {direction}/{kind}"


class RateUnknown(RuleViolation):
    """No row of this parameter is valid on the day."""

    code = "rate.unknown"
    zh = "参数 {rate} 在 {on} 没有有效的取值"
    en = "the parameter {rate} has no value in force on {on}"
