"""What all commands share: JSON in one form, the parts of the product by its settings, exit statuses (API-180)."""

from __future__ import annotations

import json
import os
import sys
from decimal import Decimal
from typing import Any

import click

from app.bootstrap import connect
from infra.ports import Ports
from infra.settings import Settings

FAILED, PARTIAL, PRECONDITION = 1, 3, 4


def connected() -> Ports:
    """The parts of the running product; ends with status 4 when a setting is missing."""
    try:
        return connect(Settings.from_env(os.environ), os.environ)
    except KeyError as missing:
        click.echo(f"the setting {missing} is missing: start the stack (./run up) or set it", err=True)
        sys.exit(PRECONDITION)


def plain(value: Any) -> str:
    """What JSON has no word for, as text; amounts with two decimals."""
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def show(content: Any) -> None:
    """Print as JSON."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=2, default=plain))
