"""What is refused about OAuth clients, consents and authorizations in the API's own shape.

The endpoints of the protocol itself answer as RFC 6749 says.
"""

from infra.errors import Forbidden, NotFound, RuleViolation, rule


class ClientNotFound(NotFound):
    """Unknown, or another firm's."""

    code = "oauth_client.not_found"
    zh = "找不到该 OAuth 客户端。"
    en = "No such OAuth client."


class ClientRejected(RuleViolation):
    """What a client asks for does not fit its kind."""

    code = "oauth_client.rejected"
    zh = "OAuth 客户端的登记内容与其类型不符。"
    en = "What is registered does not fit the kind of the OAuth client."


class ConsentNotFound(NotFound):
    """Unknown, or another person's."""

    code = "oauth_consent.not_found"
    zh = "找不到该授权。"
    en = "No such consent of yours."


class AuthorizationRejected(RuleViolation):
    """A request for an authorization that no client may make; nothing was granted, nobody is sent anywhere."""

    code = "oauth.request_rejected"
    zh = "授权请求无效（{error}）：{reason}"
    en = "The authorization request is not valid ({error}): {reason}"


class PersonOnly(Forbidden):
    """Only a person's own session says yes to a client: a client never lets in another one."""

    code = "oauth.person_only"
    zh = "只有本人登录会话可以授权。"
    en = "Only a person's own session may authorize."


class FormForeign(Forbidden):
    """A form that was not made here for this browser and this request."""

    code = "oauth.form_foreign"
    zh = "表单已失效，请从应用重新发起授权。"
    en = "The form is not valid any more; start again from the application."


CLIENT_AUTH = rule(
    "oauth_client.auth",
    "native 客户端没有密钥（none），其他类型必须证明自己。",
    "A native client keeps no secret (none); the other kinds must prove who they are.",
)
CLIENT_REDIRECT = rule(
    "oauth_client.redirect_uri",
    "重定向地址应为 https，不含用户、片段和点段；native 客户端也可用 http://127.0.0.1 或 http://[::1]。",
    "A redirect URI is https without user, fragment or dot segments; a native client may use http://127.0.0.1 or"
    " http://[::1] as well.",
)
CLIENT_REDIRECTS = rule(
    "oauth_client.redirect_uris",
    "web 与 native 客户端必须登记重定向地址，service 客户端不得登记。",
    "Web and native clients register redirect URIs; a service registers none.",
)
CLIENT_SCOPES = rule(
    "oauth_client.scopes",
    "service 客户端只能取得权限范围，不能取得身份范围。",
    "A service has permission scopes only, no scopes of identity.",
)
CLIENT_ROLE = rule(
    "oauth_client.role",
    "service 客户端必须有角色；其他类型以使用者的角色行事，不得登记角色或账套。",
    "A service has a role; the other kinds act by their person's role and register neither role nor books.",
)
CLIENT_ENDLESS = rule(
    "oauth_client.role_endless",
    "该角色只能限期授予，而 service 客户端没有期限；请使用有期限的 API 密钥。",
    "This role is given until a moment only, and a service has no end; use an API key, which has one.",
)
CLIENT_KEYS = rule(
    "oauth_client.jwks",
    "private_key_jwt 客户端登记一至五个 P-256 公钥，其他方式不登记。",
    "A private_key_jwt client registers one to five public keys on P-256, the others none.",
)
