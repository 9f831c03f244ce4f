"""Whether this process lives, and whether what it needs answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import fields
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.http.blueprint import Blueprint
from app.http.errors import NotReady
from app.http.schemas import ResponseSchema
from app.http.types import PUBLIC, Visit
from infra.ports import Ports

blp = Blueprint("health", __name__, url_prefix="", tag_zh="健康检查")


class Health(ResponseSchema):
    """One word."""

    status = fields.String(required=True)


@blp.route("/healthz", needs=PUBLIC, scope="public", operation="health_live", summary_zh="进程存活", summary_en="Alive")
@blp.response(200, Health)
def live(visit: Visit) -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@blp.route("/readyz", needs=PUBLIC, scope="public", operation="health_ready", summary_zh="可以服务", summary_en="Ready")
@blp.response(200, Health)
def ready(visit: Visit) -> dict[str, str]:
    """The database and the queue answer; raises `NotReady` naming those that do not."""
    silent = [name for name, ask in _NEEDED.items() if not _answers(ask, visit.ports)]
    if silent:
        raise NotReady(headers={"Retry-After": "2"}, silent=", ".join(silent))
    return {"status": "ok"}


def _database(ports: Ports) -> None:
    with ports.engine.connect() as connection:
        connection.execute(text("select 1"))


def _queue(ports: Ports) -> None:
    ports.redis.ping()


_NEEDED: dict[str, Callable[[Ports], Any]] = {"database": _database, "queue": _queue}


def _answers(ask: Callable[[Ports], Any], ports: Ports) -> bool:
    try:
        ask(ports)
    except (RedisError, SQLAlchemyError):
        return False
    return True
