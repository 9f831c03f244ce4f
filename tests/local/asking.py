"""Questions to a running stack."""

from __future__ import annotations

import psycopg

from infra.local.stack import Stack


def admin_url(stack: Stack) -> str:
    ports = stack.state.read("ports.json")
    return f"postgresql://postgres:{stack.state.secret('postgres_superuser')}@127.0.0.1:{ports['postgres']}/zhangfang"


def scalar(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None
