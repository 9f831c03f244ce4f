"""Doors and books for tests: the same way in that routes and jobs take."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.agency.service import NewBook, open_book
from app.books.door import enter_book
from app.books.types import BookRef, BookScope
from app.kernel.periods import Period
from app.kernel.permissions import Permission
from infra.ports import Ports
from tenants.door import enter_tenant
from tenants.scope import SYSTEM, Actor, TenantRef, TenantScope

_CODES = itertools.count(1)


@dataclass(frozen=True)
class Doors:
    """Enter the firm or one of its books, each in its own transaction."""

    ports: Ports
    tenant: TenantRef

    @contextmanager
    def firm(self, actor: Actor = SYSTEM, *, read_only: bool = False) -> Iterator[TenantScope]:
        """A transaction inside the firm."""
        with enter_tenant(self.ports.engine, self.tenant, actor, self.ports.clock, read_only=read_only) as scope:
            yield scope

    @contextmanager
    def book(
        self, uid: UUID, actor: Actor = SYSTEM, needs: Permission = Permission.BOOK_READ, *, read_only: bool = False
    ) -> Iterator[BookScope]:
        """A transaction inside a book."""
        with self.firm(actor, read_only=read_only) as scope:
            yield enter_book(scope, uid, needs)

    def new_book(self, **changes: Any) -> BookRef:
        """A fresh book: a general-taxpayer trading company on the small-business standard from 2026-01."""
        number = next(_CODES)
        values: dict[str, Any] = {
            "code": f"B{number:05d}-{UUID(int=number).hex[-4:]}-{id(self) % 9973}",
            "name": f"测试公司{number}",
            "tax_id": "91110105MA00000000",
            "taxpayer": "general",
            "industry": "trade",
            "standard": "sbe",
            "start_period": Period(2026, 1),
        }
        with self.firm() as scope:
            return open_book(scope, NewBook(**{**values, **changes}))
