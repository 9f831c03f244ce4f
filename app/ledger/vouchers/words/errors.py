"""What the list of voucher words refuses, and how a voucher can break it."""

from infra.errors import Conflict, RuleViolation, rule


class WordUsed(Conflict):
    """Vouchers are numbered by this word; its series stays open to the books' readers."""

    code = "word.used"
    zh = "凭证字“{word}”已有凭证，不能停用或删除。"
    en = "The voucher word {word} is used and cannot be disabled or removed."


class WordsRejected(RuleViolation):
    """The list names a word twice, or has none left to draft with."""

    code = "word.rejected"
    zh = "凭证字设置有误（{count} 处）。"
    en = "The list of voucher words is wrong in {count} places."


TWICE = rule("word.twice", "凭证字“{word}”重复。", "The voucher word {word} is listed twice.")
NONE_ACTIVE = rule("word.none_active", "至少要有一个启用的凭证字。", "At least one voucher word must be active.")
NO_ACCOUNTS = rule(
    "word.no_accounts", "“{word}”设置了限制类型，需要限制科目。", "{word} has a limit and needs its accounts."
)
UNKNOWN = rule("voucher.word_unknown", "凭证字“{word}”不存在或已停用。", "There is no active voucher word {word}.")
UNFIT = rule(
    "voucher.word_unfit",
    "分录不符合凭证字“{word}”的限制（{limit}：{accounts}）。",
    "The lines do not keep to the word {word} ({limit}: {accounts}).",
)
