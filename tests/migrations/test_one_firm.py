"""What an upgrade does with people who served several firms, when accounts came to belong to one."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text

from infra.ports import Ports
from migrations.platform.versions import p0011_one_firm as revision
from tenants.scope import TenantRef
from tests.api.conftest import other_firm
from tests.migrations.fingerprint import fingerprint

__all__ = ["other_firm"]

_PERSON = """
insert into platform.app_user (id, email, name, password_hash, active, created_at)
values (:id, :email, 'account', 'of the account', true, now())
"""
_MEMBER = """
insert into platform.membership (tenant_id, user_id, name, role, active, created_at)
values (:firm, :id, '', :role, true, now() + make_interval(secs => :later))
"""
_OWN = "update platform.membership set password_hash = :password where tenant_id = :firm and user_id = :id"
_TOKEN = """
insert into platform.token (hash, kind, id, tenant_id, user_id, name, role, created_at, expires_at)
values (decode(:hash, 'hex'), 'session', gen_random_uuid(), :firm, :id, '', '', now(), now() + interval '1 hour')
"""


@pytest.fixture
def before(ports: Ports) -> Iterator[Connection]:
    """The control plane as it was before the revision, until the end of the test."""
    with ports.owner_engine.connect() as connection:
        connection.execute(text("update platform.app_user set email = cast(id as text)"))
        _run(connection, "downgrade")
        yield connection
        connection.rollback()


def _run(connection: Connection, way: str) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        getattr(revision, way)()


def _person(connection: Connection, *places: tuple[TenantRef, str]) -> UUID:
    """Somebody with an account who joined these firms one after the other, with these roles."""
    user_id = uuid4()
    connection.execute(text(_PERSON), {"id": user_id, "email": f"{user_id}@moved.test"})
    for later, (firm, role) in enumerate(places):
        connection.execute(text(_MEMBER), {"firm": firm.id, "id": user_id, "role": role, "later": later})
        connection.execute(text(_TOKEN), {"hash": uuid4().hex, "firm": firm.id, "id": user_id})
    return user_id


def _tokens(connection: Connection, user_id: UUID) -> list[UUID]:
    query = text("select tenant_id from platform.token where user_id = :id")
    return list(connection.execute(query, {"id": user_id}).scalars())


def test_down_and_up_again_changes_nothing(before: Connection) -> None:
    _run(before, "upgrade")
    made = fingerprint(before, "platform")
    before.rollback()
    assert fingerprint(before, "platform") == made


def test_who_served_two_firms_keeps_the_account_in_the_one_it_joined_first(
    before: Connection, firm: TenantRef, other_firm: TenantRef
) -> None:
    _person(before, (other_firm, "owner"))
    both, one = _person(before, (firm, "manager"), (other_firm, "staff")), _person(before, (other_firm, "staff"))
    _run(before, "upgrade")
    query = text("select tenant_id, name, role from platform.app_user where id = any(:ids) order by role")
    found = [tuple(row) for row in before.execute(query, {"ids": [both, one]})]
    assert found == [(firm.id, "account", "manager"), (other_firm.id, "account", "staff")]
    assert (_tokens(before, both), _tokens(before, one)) == ([firm.id], [other_firm.id])


def test_a_password_that_a_firm_gave_in_a_build_between_the_revisions_is_the_accounts(
    before: Connection, firm: TenantRef
) -> None:
    for statement in (*revision._COUNTED, *revision._OWN_PASSWORDS):
        before.execute(text(statement))
    given, kept = _person(before, (firm, "owner")), _person(before, (firm, "owner"))
    before.execute(text(_OWN), {"password": "of the firm", "firm": firm.id, "id": given})
    _run(before, "upgrade")
    query = text("select password_hash from platform.app_user where id = :id")
    hashes = [before.execute(query, {"id": one}).scalar_one() for one in (given, kept)]
    assert hashes == ["of the firm", "of the account"]


def test_a_firm_that_would_lose_its_last_owner_is_named_and_nothing_is_changed(
    before: Connection, firm: TenantRef, other_firm: TenantRef
) -> None:
    before.execute(text("update platform.membership set role = 'staff' where tenant_id = :id"), {"id": other_firm.id})
    _person(before, (firm, "owner"), (other_firm, "owner"))
    with pytest.raises(RuntimeError, match=other_firm.short_name):
        _run(before, "upgrade")
