"""What stands in the way of an act that two persons must want."""

from infra.errors import Conflict, Forbidden, NotFound


class ProposalNotFound(NotFound):
    """Nobody proposed this."""

    code = "two_persons.not_found"
    zh = "找不到该申请。"
    en = "There is no such proposal."


class ProposalExpired(Conflict):
    """It was not approved in time."""

    code = "two_persons.expired"
    zh = "申请已过期，请重新提出。"
    en = "The proposal has expired; propose it again."


class ProposalDone(Conflict):
    """It was approved by somebody, or done, already: an act has one effect."""

    code = "two_persons.done"
    zh = "申请已被批准或已执行。"
    en = "The proposal was approved or done already."


class ProposalEnded(Conflict):
    """Who proposed it is no operator any more, so one person would be left to want it."""

    code = "two_persons.ended"
    zh = "申请人已不是运维人员，申请已作废；请另行提出。"
    en = "Who proposed it is no operator any more, and the proposal ended with that; propose it again."


class SamePerson(Forbidden):
    """Who proposes does not approve."""

    code = "two_persons.same_person"
    zh = "申请人不能批准自己的申请。"
    en = "The person who proposed it cannot approve it."
