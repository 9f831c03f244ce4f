"""The logins of the database: owner (migrations), app, backup and ops, made or repaired by an administrator's login.

Invariant: the app's login owns nothing, never bypasses row-level security and finds no table without naming its schema.
Passwords travel as SCRAM verifiers, so they stand in no argument, statement or log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

OWNER, APP, BACKUP, OPS = "zhangfang_owner", "zhangfang_app", "zhangfang_backup", "zhangfang_ops"
URL_NAMES = {
    APP: "DATABASE_URL",
    OWNER: "DATABASE_OWNER_URL",
    BACKUP: "DATABASE_BACKUP_URL",
    OPS: "DATABASE_OPS_URL",
}
_LOCK = 0x7A68616E67  # any constant: two preparations at once would update the same catalogue rows
_ATTRIBUTES = {
    "LOGIN": "rolcanlogin",
    "SUPERUSER": "rolsuper",
    "CREATEDB": "rolcreatedb",
    "CREATEROLE": "rolcreaterole",
    "REPLICATION": "rolreplication",
    "BYPASSRLS": "rolbypassrls",
}


@dataclass(frozen=True, slots=True)
class _Admin:
    connection: psycopg.Connection[tuple[Any, ...]]

    def run(self, statement: str, *names: str) -> None:
        self.connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def value(self, query: str | sql.Composed, name: str) -> object:
        row = self.connection.execute(query, [name]).fetchone()
        return row[0] if row else None


def prepare(admin_url: str, database: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """Make or repair the four logins and their database; the settings `DATABASE_URL DATABASE_OWNER_URL ...`.

    `passwords` is keyed by role. The administrator must be a superuser, or (from Postgres 16 on) have CREATEROLE,
    CREATEDB, BYPASSRLS and pg_read_all_data to give.
    """
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as connection:
        admin = _Admin(connection)
        connection.execute("select pg_advisory_lock(%s)", [_LOCK])
        for role in URL_NAMES:
            _role(admin, role, passwords[role])
        if admin.value("select pg_has_role(%s, 'pg_read_all_data', 'member')", BACKUP) is False:
            admin.run("GRANT pg_read_all_data TO {}", BACKUP)
        _database(admin, database)
    urls = {name: login_url(admin_url, role, passwords[role], database) for role, name in URL_NAMES.items()}
    with psycopg.connect(urls[URL_NAMES[OWNER]], autocommit=True, connect_timeout=10) as connection:
        _Admin(connection).run("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    return urls


def _role(admin: _Admin, role: str, password: str) -> None:
    """Only what is wrong is altered: an administrator may not even mention an attribute it has not got."""
    if admin.value("select true from pg_roles where rolname = %s", role) is None:
        admin.run("CREATE ROLE {}", role)
    wanted = {"LOGIN", "BYPASSRLS"} if role == BACKUP else {"LOGIN"}
    for attribute, column in _ATTRIBUTES.items():
        query = sql.SQL("select {} from pg_roles where rolname = %s").format(sql.Identifier(column))
        if admin.value(query, role) is not (attribute in wanted):
            admin.run(f"ALTER ROLE {{}} {'' if attribute in wanted else 'NO'}{attribute}", role)
    verifier = admin.connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    admin.connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
    )


def _database(admin: _Admin, database: str) -> None:
    if admin.value("select pg_has_role(%s, 'usage')", OWNER) is False:
        admin.run("GRANT {} TO CURRENT_USER", OWNER)  # else it may not give the database away
    if admin.value("select true from pg_database where datname = %s", database) is None:
        admin.run("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0", database, OWNER)
    admin.run("ALTER DATABASE {} OWNER TO {}", database, OWNER)
    admin.run("REVOKE ALL ON DATABASE {} FROM PUBLIC", database)
    for role in URL_NAMES:
        admin.run("GRANT CONNECT ON DATABASE {} TO {}", database, role)
    admin.run("ALTER DATABASE {} SET timezone TO 'UTC'", database)
    admin.run("ALTER ROLE {} IN DATABASE {} SET search_path TO ''", APP, database)


def login_url(admin_url: str, role: str, password: str, database: str) -> str:
    """The administrator's URL with another login and database; its other parameters (sslmode ...) stay."""
    parts = conninfo_to_dict(admin_url)
    host, port = str(parts.pop("host", "127.0.0.1")), str(parts.pop("port", "5432"))
    where = f"[{host}]" if ":" in host else quote(host, safe=",")  # an IPv6 address; else a name, several, or a socket
    for name in ("user", "password", "dbname", "connect_timeout"):
        parts.pop(name, None)
    more = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parts.items())
    address = f"{role}:{quote(password, safe='')}@{where}:{port}/{quote(database, safe='')}"
    return f"postgresql://{address}" + (f"?{more}" if more else "")
