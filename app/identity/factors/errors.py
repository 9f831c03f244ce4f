"""What is refused about second factors."""

from infra.errors import Conflict, NotFound, RuleViolation, Unauthenticated, rule


class FactorNotFound(NotFound):
    """Unknown, or another person's."""

    code = "factor.not_found"
    zh = "找不到该验证方式。"
    en = "No such second factor of yours."


class FactorRejected(RuleViolation):
    """What was to prove a new factor does not: one answer for every reason."""

    code = "factor.rejected"
    zh = "验证码或通行密钥未通过核对，请重新开始绑定。"
    en = "The code or passkey does not check; begin the enrolment again."


class TooManyFactors(Conflict):
    """A person keeps a handful of factors."""

    code = "factor.too_many"
    zh = "最多绑定 {most} 个验证方式。"
    en = "At most {most} second factors can be kept."


class LastFactor(Conflict):
    """Where a second factor is required, the last one is not taken away but replaced."""

    code = "factor.last"
    zh = "本公司要求两步验证，最后一个验证方式不能删除；请先绑定新的。"
    en = "This firm requires a second factor: the last one cannot be removed; add another first."


class SecondFactorFailed(Unauthenticated):
    """Unknown, used or expired challenge, wrong code, foreign passkey: one answer for all."""

    code = "login.second_factor_failed"
    zh = "两步验证未通过，请重试或重新登录。"
    en = "The second factor does not check; try again or log in anew."


CODE_FORMAT = rule("factor.code_format", "验证码为 6 位数字。", "A code has 6 digits.")
RECOVERY_FORMAT = rule(
    "factor.recovery_format",
    "恢复码形如 abcd-efgh-jkmn-pqrs。",
    "A recovery code looks like abcd-efgh-jkmn-pqrs.",
)
PROOF_ONE = rule("factor.proof_one", "请只提供一种验证方式。", "Give exactly one kind of proof.")
