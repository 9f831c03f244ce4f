"""The URL of each login is the administrator's with another name, password and database."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from infra.roles import APP, login_url


def test_tls_parameters_of_the_administrator_stay() -> None:
    url = login_url("postgresql://root:x@db.example:6432/postgres?sslmode=verify-full", APP, "secret", "zhangfang")
    assert url == "postgresql://zhangfang_app:secret@db.example:6432/zhangfang?sslmode=verify-full"


def test_a_unix_socket_and_an_ipv6_address_stay() -> None:
    for host in ("/var/run/postgresql", "::1"):
        url = login_url(f"host={host} dbname=postgres", APP, "secret", "zhangfang")
        assert conninfo_to_dict(url)["host"] == host


@given(st.text(string.printable, min_size=1))
def test_any_password_survives_the_url(password: str) -> None:
    parts = conninfo_to_dict(login_url("postgresql://root@127.0.0.1:5432/postgres", APP, password, "zhangfang"))
    assert (parts["user"], parts["password"], parts["dbname"]) == (APP, password, "zhangfang")
