"""What renumbering refuses."""

from infra.errors import Conflict


class NotMovable(Conflict):
    """Only numbers held wholly by drafts change, and only among those of one period and word."""

    code = "voucher.not_movable"
    zh = "只能在同一期间、同一凭证字的未审核凭证之间调整凭证号。"
    en = "Numbers are changed only among the drafts of one period and word."
