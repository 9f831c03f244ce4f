"""What is refused about invitations."""

from infra.errors import NotFound, RuleViolation, Unauthenticated, rule


class InvitationNotFound(NotFound):
    """Unknown, or another firm's."""

    code = "invitation.not_found"
    zh = "找不到该邀请。"
    en = "No such invitation."


class InvitationRejected(RuleViolation):
    """A book or role of an invitation cannot be given."""

    code = "invitation.rejected"
    zh = "邀请中的账套或角色不能授予。"
    en = "A book or role of the invitation cannot be given."


class InvitationFailed(Unauthenticated):
    """Unknown, accepted, revoked or expired link, or one whose giver could not give it any more: one answer."""

    code = "invitation.failed"
    zh = "邀请链接无效或已过期。"
    en = "The invitation is unknown or over."


GRANT_BEYOND = rule("invitation.grant_beyond", "不能在账套中授予该角色。", "This role cannot be given in this book.")
