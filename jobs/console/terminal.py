"""What all commands share: JSON in one form, the parts of the product by its settings, exit statuses (API-180)."""

from __future__ import annotations

import json
import os
import sys
from decimal import Decimal
from typing import Any

import click
from marshmallow import ValidationError

from app.bootstrap import connect
from app.http.fields import StringField
from app.http.violations import violations_of
from infra.errors import render
from infra.ports import Ports
from infra.settings import Settings

FAILED, PARTIAL, PRECONDITION = 1, 3, 4


class Read(click.ParamType[Any]):
    """An argument read as the field of the API reads it: `type=Read(Reason(500))`; what it refuses is status 2."""

    name = "text"

    def __init__(self, field: StringField) -> None:
        self.field = field

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value of a text, or the field's own complaint in both languages."""
        try:
            return self.field.deserialize(value)
        except ValidationError as error:
            told = [
                f"{render(one.code, one.params)} {render(one.code, one.params, 'en')}"
                for one in violations_of({"value": error.messages})
            ]
            self.fail(" ".join(told), param, ctx)


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
