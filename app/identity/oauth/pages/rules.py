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
from html import escape
from urllib.parse import urlsplit

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
    "answer": """<p>您以 <strong>{person}</strong> 的身份登录。同意后可随时撤回。</p>
<button name="agreed" value="true">同意</button><button name="agreed" value="false">拒绝</button>
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
        "scopes": "".join(_put(_SCOPE, scope=one, title=TITLES.get(one, "")) for one in shown.scopes),
        "told": _put(_TOLD, told=shown.told) if shown.told else "",
        "hidden": "".join(_put(_HIDDEN, name=name, value=value) for name, value in hidden.items()),
        "fields": _put(_FIELDS[shown.step], person=shown.person),
    }
    values = {"firm": shown.firm, "client": shown.client, "host": urlsplit(shown.redirect_uri).netloc}
    return _PAGE.format(**texts, **{name: escape(value) for name, value in values.items()})


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


def sealed(house_secret: str, cookie: str, asked: Mapping[str, str], given: str) -> bool:
    """Whether a form is one that was made here for this browser and this request."""
    return bool(cookie) and hmac.compare_digest(seal(house_secret, cookie, asked), given)
