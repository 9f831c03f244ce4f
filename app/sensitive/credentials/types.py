"""A credential as it may be seen, and as a connector takes it out."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Secret(NamedTuple):
    """How one logs in: an account name, possibly empty, and the secret that goes with it."""

    login: str
    secret: str


class Credential(NamedTuple):
    """A credential (外部系统凭据) without its secret: whose, for which system, and who changed it last."""

    id: UUID
    book_id: int | None
    system: str
    name: str
    row_version: int
    changed_at: datetime
    changed_by: str
