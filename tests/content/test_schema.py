"""Every content file is valid by the JSON Schema of its kind."""

import csv
import datetime
import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from app.standards.loader import CONTENT

SCHEMA = CONTENT.parent.parent / "schema"


def schema_of(path: Path) -> str:
    return {"statements": "statement", "notes": "statement", "filing": "filing", "rates": "rates"}.get(
        path.parent.name, path.stem
    )


def read(path: Path) -> object:
    if path.suffix == ".csv":
        return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    return json.loads(json.dumps(yaml.safe_load(path.read_bytes()), default=datetime.date.isoformat))


FILES = sorted(path for path in CONTENT.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CONTENT).as_posix())
def test_a_content_file_is_valid_by_its_schema(path: Path) -> None:
    schema = json.loads((SCHEMA / f"{schema_of(path)}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    faults = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(read(path))]
    assert faults == []


def test_every_schema_has_content() -> None:
    assert {schema_of(path) for path in FILES} == {path.stem for path in SCHEMA.glob("*.json")}
