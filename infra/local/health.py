"""Health is what a client sees: every check connects, logs in and asks for something.

Invariant: a check returns when the server gave the right answer and raises in any other case.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping

import psycopg
import redis

from infra.files import Files, FilesUnavailable

_PROBE = "health/probe"
_SECONDS = 5


def database(url: str) -> None:
    """Postgres answers a query."""
    with psycopg.connect(url, connect_timeout=_SECONDS) as connection:
        connection.execute("select 1")


def valkey(url: str) -> None:
    """Valkey answers a PING of a client that knows the password."""
    with redis.Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS) as client:
        client.ping()


def s3(settings: Mapping[str, str]) -> None:
    """The bucket (made when absent) gives back what was put into it."""
    files = Files.connect(settings, attempts=1)
    try:
        files.put(_PROBE, b"ok")
    except FilesUnavailable:
        files.ensure_bucket()
        files.put(_PROBE, b"ok")
    if files.get(_PROBE) != b"ok":
        raise RuntimeError("S3 gave back another object than it was given")


def api(settings: Mapping[str, str]) -> None:
    """The API says that it and what it needs can serve."""
    urllib.request.urlopen(f"{api_url(settings)}readyz", timeout=_SECONDS).close()  # noqa: S310 - our own address


def api_url(settings: Mapping[str, str]) -> str:
    """The address of the API."""
    return f"http://{settings['API_HOST']}:{settings['API_PORT']}/"
