"""What the rules of review refuse."""

from infra.errors import Conflict, NotFound


class ReviewRuleNotFound(NotFound):
    """No such rule, or no such version of it, in this book."""

    code = "review_rule.not_found"
    zh = "找不到该自动审核规则。"
    en = "No such review rule."


class ReviewRuleState(Conflict):
    """Only a proposed version is approved, and only what is not retired yet is retired."""

    code = "review_rule.wrong_state"
    zh = "自动审核规则状态为 {state}，不能执行此操作。"
    en = "The review rule is {state}; this act does not apply."


class ApproverIsProposer(Conflict):
    """Where vouchers are reviewed by another person, so are the rules that review them."""

    code = "review_rule.approver_is_proposer"
    zh = "自动审核规则的批准人不能是提出人本人。"
    en = "The approver of a review rule must not be its proposer."
