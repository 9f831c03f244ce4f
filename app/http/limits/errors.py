"""What the limits refuse; both are worth another try after `Retry-After` (API-131)."""

from __future__ import annotations

from infra.errors import TooMuch


class RateLimited(TooMuch):
    """More requests than a limit lets through."""

    code = "rate.limited"
    zh = "请求过于频繁（{limit}：每 {window_s} 秒 {quota} 次），请在 {reset_s} 秒后重试。"
    en = "Too many requests ({limit}: {quota} in {window_s} s); try again in {reset_s} s."


class TooManyAtOnce(TooMuch):
    """As many requests of the firm are being served as may be at the same time."""

    code = "rate.concurrent"
    zh = "同时处理的请求已达上限（{limit}：{quota} 个），请稍后重试。"
    en = "As many requests as may be are being served ({limit}: {quota}); try again shortly."
