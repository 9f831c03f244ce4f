"""What is refused about requests to a client."""

from infra.errors import Conflict, NotFound


class RequestNotFound(NotFound):
    """Unknown, or of another book."""

    code = "client_request.not_found"
    zh = "找不到该资料请求。"
    en = "No such request to the client."


class RequestState(Conflict):
    """The request is not where this could be done to it."""

    code = "client_request.state"
    zh = "该资料请求当前状态为 {state}，不能进行此操作。"
    en = "The request is {state}; this cannot be done to it now."
