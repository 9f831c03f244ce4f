"""The page on which a person logs in and says yes or no: what it shows, what ties a form to a browser. Pure.

Invariant: every value is escaped on its way into a constant text (`_put`), names and values alike; the page loads
nothing, runs no script, stands in no frame, and its forms go only to us and, answered, to the client's registered URI.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from urllib.parse import urlsplit

from app.identity.oauth.rules import ACCESS_LIFE, FAMILY_LIFE

FORM_LIFE = timedelta(minutes=10)
"""How long a proof of who one is, made for a request, counts for it."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

STYLE = (
    "body{font:16px/1.6 sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#222}"
    "h1{font-size:1.3rem}label{display:block;margin:.8rem 0}input{width:100%;padding:.5rem;box-sizing:border-box}"
    "button{padding:.6rem 1.4rem;margin:1rem .6rem 0 0}.told{color:#a00}code{background:#eee;padding:0 .3rem}"
)
TITLES = {
    "openid": "确认您是谁",
    "profile": "知道您的姓名",
    "email": "知道您的邮箱",
    "offline_access": "在您离开后继续以您的名义访问，直到您撤回",
}
# A permission is told as what it is about and what is done with it.
ABOUT = {
    **{"me": "您的身份", "staff": "员工", "role": "岗位", "team": "团队", "session": "登录设备", "key": "API 密钥"},
    **{"oauth_client": "接入应用", "outside_login": "外部登录", "policy": "登录策略", "break_glass": "应急访问"},
    **{"job": "后台任务", "book": "账套", "audit": "操作日志", "account": "科目", "opening": "期初余额"},
    **{"voucher": "凭证", "review_rule": "自动审核规则", "ledger": "账簿", "statement": "报表", "period": "会计期间"},
    **{"document": "原始凭证", "invoice": "发票", "sensitive": "敏感信息明文", "request": "资料请求"},
}
DONE = {
    **{"read": "查看", "list": "列出", "manage": "管理", "create": "新建", "edit": "修改", "export": "导出"},
    **{"draft": "填制", "review": "审核", "sign": "出纳签字", "post": "记账", "book": "入账", "upload": "上传"},
    **{"approve": "批准", "cancel": "取消", "confirm": "确认", "close": "结账", "reopen": "反结账"},
    **{"ask": "发出", "answer": "答复"},
}
_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>账房 · 授权</title><style>{style}</style></head>
<body><h1>账房 · {firm}</h1>
<p>应用“<strong>{client}</strong>”（返回地址 {host}）请求以您的名义：</p>
<ul>
{scopes}</ul>
{told}<form method="post" action="/oauth/authorize" autocomplete="off">
{hidden}{fields}</form></body></html>
"""
_SCOPE = "<li>{title} <code>{scope}</code></li>\n"
_TOLD = '<p class="told" role="alert">{told}</p>\n'
_HIDDEN = '<input type="hidden" name="{name}" value="{value}">\n'
_FIELDS = {
    "login": """<label>邮箱 <input type="email" name="email" required autocomplete="username"></label>
<label>密码 <input type="password" name="password" required autocomplete="current-password"></label>
<button>登录</button>
""",
    "code": """<label>两步验证码或恢复码 <input name="proof" required autocomplete="one-time-code"></label>
<button>验证</button>
""",
    "answer": """<p>您以 <strong>{person}</strong> 的身份登录。{life}同意后可随时撤回。</p>
<button name="agreed" value="true">同意</button><button name="agreed" value="false">拒绝</button>
<button name="agreed" value="leave">退出登录</button>
""",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What one page shows: `step` is `login`, `code` or `answer`; `hidden` travels with the form."""

    step: str
    firm: str
    client: str
    redirect_uri: str
    scopes: Sequence[str]
    hidden: Mapping[str, str]
    person: str = ""
    told: str = ""
    challenge: str = ""


def render(shown: Shown) -> str:
    """The page as HTML."""
    hidden = {**shown.hidden, "step": shown.step}
    if shown.challenge:
        hidden["challenge"] = shown.challenge
    texts = {
        "style": STYLE,
        "scopes": "".join(_put(_SCOPE, scope=one, title=title(one)) for one in shown.scopes),
        "told": _put(_TOLD, told=shown.told) if shown.told else "",
        "hidden": "".join(_put(_HIDDEN, name=name, value=value) for name, value in hidden.items()),
        "fields": _put(_FIELDS[shown.step], person=shown.person, life=_life(shown.scopes)),
    }
    values = {"firm": shown.firm, "client": shown.client, "host": urlsplit(shown.redirect_uri).netloc}
    return _PAGE.format(**texts, **{name: escape(value) for name, value in values.items()})


def title(scope: str) -> str:
    """What a scope lets a client do, in the person's words; nothing for a scope that is none of ours."""
    about, _, done = scope.rpartition(".")
    return TITLES.get(scope) or (f"{ABOUT[about]}：{DONE[done]}" if about in ABOUT and done in DONE else "")


def _life(scopes: Sequence[str]) -> str:
    minutes = int(ACCESS_LIFE.total_seconds() // 60)
    longer = f"，应用可自行续期，最长 {FAMILY_LIFE.days} 天" if "offline_access" in scopes else ""
    return f"授权每次 {minutes} 分钟{longer}。"


def _put(text: str, **values: str) -> str:
    """A constant text with escaped values in it."""
    return text.format(**{name: escape(value) for name, value in values.items()})


def policy(redirect_uri: str) -> str:
    """The Content-Security-Policy of the page; browsers hold `form-action` against the redirect that follows too."""
    found = urlsplit(redirect_uri)
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; form-action 'self' {found.scheme}://{found.netloc}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def seal(house_secret: str, cookie: str, asked: Mapping[str, str]) -> str:
    """What proves that a form was made here for this browser and this request."""
    said = "\n".join(f"{name}={value}" for name, value in sorted(asked.items()))
    key = hmac.digest(house_secret.encode(), b"oauth form", hashlib.sha256)
    return hmac.new(key, f"{cookie}\n{said}".encode(), hashlib.sha256).hexdigest()


def moment(at: datetime) -> str:
    """An instant as it travels with a form: microseconds since 1970."""
    return str((at - _EPOCH) // timedelta(microseconds=1))


def begun(told: str, now: datetime) -> datetime:
    """When the request of a form began; a form that lay about longer than `FORM_LIFE` begins anew."""
    at = _EPOCH + timedelta(microseconds=int(told))
    return at if now - FORM_LIFE <= at <= now else now


def sealed(house_secret: str, cookie: str, asked: Mapping[str, str], given: str) -> bool:
    """Whether a form is one that was made here for this browser and this request."""
    return bool(cookie) and hmac.compare_digest(seal(house_secret, cookie, asked), given)
