"""The ports of one process: every outside thing the product talks to, opened once and handed down."""

from __future__ import annotations

from dataclasses import dataclass, field

from redis import Redis
from sqlalchemy import Engine

from infra.anchors import Anchors
from infra.clock import Clock
from infra.crypto import Keyring
from infra.egress import Egress
from infra.files import Files
from infra.settings import Settings


@dataclass(frozen=True, slots=True)
class Ports:
    """Open connections and adapters; `owner_engine` is the login of migrations and provisioning only."""

    settings: Settings
    engine: Engine
    owner_engine: Engine
    redis: Redis
    files: Files
    anchors: Anchors
    keyring: Keyring
    clock: Clock
    egress: Egress = field(default_factory=Egress)
