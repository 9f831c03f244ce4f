"""What the door of the house refuses before any room is asked: tokens, request lines, bodies, keys, tags, cursors."""

from __future__ import annotations

from infra.errors import (
    Conflict,
    Forbidden,
    Malformed,
    NotFound,
    PreconditionRequired,
    Refusal,
    RuleViolation,
    Stale,
    TooLarge,
    Unauthenticated,
    Unavailable,
    rule,
)


class TokenMissing(Unauthenticated):
    """The route needs a bearer token and none came."""

    code = "token.missing"
    zh = "请先登录：缺少访问令牌。"
    en = "An access token is required."


class TokenInvalid(Unauthenticated):
    """Unknown, expired and revoked tokens get one answer."""

    code = "token.invalid"
    zh = "访问令牌无效或已过期，请重新登录。"
    en = "The access token is not valid or has expired."


class RouteNotFound(NotFound):
    """No such address, or one of the other plane."""

    code = "route.not_found"
    zh = "没有这个地址。"
    en = "No such address."


class MethodNotAllowed(Refusal):
    """The address exists, the method does not; `Allow` names those that do."""

    status = 405
    code = "route.method_not_allowed"
    zh = "该地址不支持此方法。"
    en = "The address does not take this method."


class NotAcceptable(Refusal):
    """The caller accepts none of the media types the route can answer with."""

    status = 406
    code = "request.not_acceptable"
    zh = "只能返回：{produces}。"
    en = "Only these can be sent: {produces}."


class StepUpRequired(Unauthenticated):
    """What is asked for wants a person who proved who it is a moment ago (RFC 9470)."""

    code = "auth.step_up_required"
    zh = "此操作需要在 {minutes} 分钟内重新验证身份：请先 POST /v1/me/step-up。"
    en = "This asks for a proof of who you are not older than {minutes} minutes: POST /v1/me/step-up first."


class PersonRequired(Forbidden):
    """A key cannot do this: a person must, or the key must name the permission in its own list."""

    code = "auth.person_required"
    zh = "此操作须由本人登录后进行，密钥不能代替（除非密钥的权限清单明确列出 {permission}）。"
    en = "A person must do this; a key may only where its own list of permissions names {permission}."


class RequestUnreadable(Malformed):
    """The body is not JSON, or not UTF-8."""

    code = "request.unreadable"
    zh = "请求内容不是有效的 JSON。"
    en = "The body is not valid JSON."


class FormUnreadable(Malformed):
    """The body is no list of `name=value` pairs in UTF-8, each name once."""

    code = "request.form_unreadable"
    zh = "请求内容不是有效的表单，或参数重复。"
    en = "The body is not a valid form, or repeats a parameter."


class TooComplex(Malformed):
    """JSON nested too deep, with too many keys or too long a number (API-024)."""

    code = "request.too_complex"
    zh = "请求内容超出限制：{limit} 最多 {maximum}。"
    en = "The body is over a limit: {limit} may be {maximum} at most."


class DuplicateKey(Malformed):
    """A JSON object names a key twice, so two readers could understand two things."""

    code = "request.duplicate_key"
    zh = "JSON 对象中的键重复：{key}。"
    en = "A JSON object repeats the key {key}."


class ParametersUnknown(Malformed):
    """The query names parameters the route does not have, or names one twice."""

    code = "request.unknown_parameter"
    zh = "查询参数不可识别或重复。"
    en = "A query parameter is unknown or repeated."


class BodyUnexpected(Malformed):
    """The route takes no body and one came."""

    code = "request.body_unexpected"
    zh = "该请求不接受内容。"
    en = "This request takes no body."


class RequestInvalid(RuleViolation):
    """Readable, but the fields are not what the route takes; every field says why."""

    code = "request.invalid"
    zh = "请求内容有误，请检查各字段。"
    en = "Some fields are not acceptable."


class BodyTooLarge(TooLarge):
    """More bytes than the route takes."""

    code = "request.too_large"
    zh = "请求内容过大，最多 {max_bytes} 字节。"
    en = "The body is too large: at most {max_bytes} bytes."


class MediaTypeUnsupported(Refusal):
    """The body is not of the media type the route reads."""

    status = 415
    code = "request.media_type"
    zh = "请求内容的类型应为 {expected}。"
    en = "The body must be {expected}."


class KeyRequired(Malformed):
    """A POST that creates or acts came without its idempotency key."""

    code = "idempotency.key_required"
    zh = "缺少 Idempotency-Key 请求头。"
    en = "The Idempotency-Key header is required."


class KeyInvalid(Malformed):
    """The key is not 16 to 128 visible ASCII characters."""

    code = "idempotency.key_invalid"
    zh = "Idempotency-Key 应为 16 至 128 个可见的 ASCII 字符。"
    en = "The Idempotency-Key must be 16 to 128 visible ASCII characters."


class EtagRequired(PreconditionRequired):
    """The caller must say in `If-Match` which version it means to change."""

    code = "etag.required"
    zh = "缺少 If-Match 请求头。"
    en = "The If-Match header is required."


class EtagMismatch(Stale):
    """The object changed since the caller read it."""

    code = "etag.mismatch"
    zh = "数据已被他人修改，请刷新后重试。"
    en = "The object has changed since you read it."


class CursorInvalid(Malformed):
    """Not a cursor of ours, or of another caller, list, filter, or day: one answer for all."""

    code = "cursor.invalid"
    zh = "分页游标无效，请从第一页重新查询。"
    en = "The cursor is not valid; start from the first page."


class Duplicate(Conflict):
    """A unique key of the database refused, and no room said it better."""

    code = "conflict.duplicate"
    zh = "已存在相同的记录。"
    en = "The same record exists already."


class Referenced(Conflict):
    """A foreign key of the database refused, and no room said it better."""

    code = "conflict.reference"
    zh = "引用的记录不存在，或仍被其他记录引用。"
    en = "A record that is referred to does not exist, or is still referred to."


class StateConflict(Conflict):
    """A seal of the database refused, and no room said it better."""

    code = "conflict.state"
    zh = "当前状态不允许此操作。"
    en = "The present state does not allow this."


class ValueRejected(RuleViolation):
    """The database could not hold a value, and no room said it better."""

    code = "request.rejected"
    zh = "提交的内容超出允许的范围。"
    en = "A value is outside what can be kept."


class DatabaseUnavailable(Unavailable):
    """No connection, or the statement ran out of time."""

    code = "database.unavailable"
    zh = "数据库暂时不可用，请稍后再试。"
    en = "The database is not available now; try again shortly."


class NotReady(Unavailable):
    """A server this process needs does not answer."""

    code = "service.not_ready"
    zh = "服务尚未就绪。"
    en = "The service is not ready."


class Unexpected(Refusal):
    """A defect of ours; the log has it under the request id."""

    status = 500
    code = "server.error"
    zh = "服务器内部错误，请凭请求编号联系支持。"
    en = "Something went wrong here; quote the request id to support."


class RequestRefused(Refusal):
    """What the web server's own layer refuses and no better word exists for."""

    status = 400
    code = "request.refused"
    zh = "请求无法处理。"
    en = "The request cannot be served."


class PermissionDenied(Forbidden):
    """What the web server's own layer forbids."""

    code = "request.forbidden"
    zh = "不允许此操作。"
    en = "This is not allowed."


FIELD_REQUIRED = rule("field.required", "必填。", "Required.")
FIELD_NULL = rule("field.null", "不能为空（null）。", "May not be null.")
FIELD_UNKNOWN = rule("field.unknown", "不可识别的字段。", "Unknown field.")
FIELD_TYPE = rule("field.type", "类型不符。", "Wrong type.")
FIELD_LENGTH = rule("field.length", "长度不符。", "Wrong length.")
FIELD_RANGE = rule("field.range", "超出允许的范围。", "Out of range.")
FIELD_CHOICE = rule("field.choice", "不是允许的取值之一。", "Not one of the allowed values.")
FIELD_INVALID = rule("field.invalid", "取值不正确。", "Not an acceptable value.")
FIELD_FORMAT = rule("field.format", "格式不符。", "Wrong format.")
TEXT_CHARACTERS = rule("text.characters", "含有不允许的字符。", "Holds characters that are not allowed.")
TEXT_BLANK = rule(
    "text.blank",
    "须以看得见的字符开头，且不含改变书写方向的字符。",
    "Must begin with a visible character and hold none that turns the direction of writing.",
)
TEXT_LENGTH = rule(
    "text.length", "长度应为 {minimum} 至 {maximum} 个字符。", "Must be {minimum} to {maximum} characters."
)
MONEY_FORMAT = rule(
    "money.format", "金额应为两位小数的字符串，如 1000.00。", "An amount is a string with two decimals: 1000.00."
)
NUMBER_FORMAT = rule(
    "number.format", "应为最多 {decimals} 位小数的字符串。", "Must be a string with at most {decimals} decimals."
)
PERIOD_FORMAT = rule("period.format", "会计期间应写作 2026-08。", "A period is written 2026-08.")
INSTANT_FORMAT = rule(
    "instant.format",
    "时刻应写作 2026-08-31T09:30:00.000Z。",
    "An instant is written 2026-08-31T09:30:00.000Z.",
)
DATE_FORMAT = rule("date.format", "日期应写作 2026-08-31。", "A date is written 2026-08-31.")
ID_FORMAT = rule("id.format", "编号格式不正确。", "Not an id of this kind.")
TAX_ID_FORMAT = rule("tax_id.format", "统一社会信用代码或纳税人识别号不正确。", "Not a valid tax id.")
PARAMETER_UNKNOWN = rule("parameter.unknown", "没有此查询参数。", "No such query parameter.")
PARAMETER_REPEATED = rule("parameter.repeated", "查询参数重复。", "The query parameter is repeated.")
