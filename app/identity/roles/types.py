"""Roles of a firm's own as other rooms see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnRole:
    """A role made of permissions (自定义角色): `reach` is `firm` or `book`, `side` is `staff` or `client`."""

    code: str
    name_zh: str
    name_en: str
    reach: str
    side: str
    permissions: Sequence[str]
    all_books: bool = False
    active: bool = True
