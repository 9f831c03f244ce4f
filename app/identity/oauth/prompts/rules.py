"""How a client wants its person asked (OpenID Connect Core 1.0, 3.1.2.1): `prompt`, `max_age`, `response_mode`. Pure.

Invariant: a proof of who one is counts for a request only when it is not older than the request lets it be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

PROMPTS = ("none", "login", "consent", "select_account")
OLDEST_PROOF = 999_999_999
"""The largest `max_age`, in seconds."""
ANSWER_LIFE = timedelta(minutes=1)
"""What a person who has just proved who it is may take for its answer, where the front end is our own."""

_SECONDS = re.compile(r"[0-9]{1,9}")


def fault(asked: Mapping[str, str]) -> str:
    """What is wrong with how a client wants its person asked; nothing when it is well."""
    prompts = asked.get("prompt", "").split()
    if not set(prompts) <= set(PROMPTS):
        return "The prompt is not supported."
    if "none" in prompts and len(prompts) > 1:
        return "The prompt none stands alone."
    if not _SECONDS.fullmatch(asked.get("max_age", "0")):
        return "The max_age is not a number of seconds."
    if asked.get("response_mode", "query") != "query":
        return "The response_mode is not supported."
    return ""


def silent(asked: Mapping[str, str]) -> bool:
    """Whether the person is to be asked nothing at all."""
    return asked.get("prompt", "").split() == ["none"]


def proved_since(asked: Mapping[str, str], begun: datetime) -> datetime | None:
    """From when on a person's proof counts for a good request that began at this instant; None for any proof."""
    if {"login", "select_account"} & set(asked.get("prompt", "").split()):
        return begun
    return begun - timedelta(seconds=int(asked["max_age"])) if "max_age" in asked else None


def counts(asked: Mapping[str, str], begun: datetime, proved_at: datetime | None) -> bool:
    """Whether a person who proved who it is at that instant may answer the request; what is faulty nobody answers."""
    if fault(asked):
        return False
    since = proved_since(asked, begun)
    return since is None or (proved_at is not None and proved_at >= since)
