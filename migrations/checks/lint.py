"""What a revision may not say, so that one schema runs on plain PostgreSQL and on the distributed engine.

The reasons are measured (docs/adr/0010); each pattern names what breaks. Invariant: pure, text in, findings out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple


class Finding(NamedTuple):
    """One place of a revision, the rule it breaks and why that is a rule."""

    line: int
    rule: str
    why: str


_STATEMENT = re.compile(
    r"\s*(ALTER|CREATE|DROP|GRANT|REVOKE|INSERT|UPDATE|DELETE|SELECT|SET|COMMENT|TRUNCATE|DO)\b", re.I
)
_QUOTED = re.compile(r"\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'", re.S)
_CONSTRAINTS = frozenset({"PrimaryKeyConstraint", "UniqueConstraint", "CheckConstraint", "ForeignKeyConstraint"})
_MAKERS = frozenset(
    {"create_index", "create_foreign_key", "create_unique_constraint", "create_check_constraint", "create_primary_key"}
)
_PATTERNS = (
    ("add-identity", r"\bADD\s+(COLUMN\s+)?.*\b(SMALL|BIG)?SERIAL\b", "a serial column cannot be added later"),
    ("add-identity", r"\bADD\s+COLUMN\b.*\bGENERATED\b.*\bIDENTITY\b", "an identity column cannot be added later"),
    ("add-identity", r"\bADD\s+GENERATED\b", "identity belongs in CREATE TABLE"),
    ("serial", r"\b(SMALL|BIG)?SERIAL\b|\bnextval\s*\(", "keys are identities or uuids, never serial"),
    ("rename-constraint", r"\bRENAME\s+CONSTRAINT\b", "drop and add it instead"),
    ("disable-all", r"\bDISABLE\s+TRIGGER\s+(ALL|USER)\b", "name the trigger"),
    ("inherits", r"\bINHERITS\b|\bINHERIT\b", "tables of a firm do not inherit"),
    ("matview", r"\bMATERIALIZED\s+VIEW\b", "a summary table instead"),
    ("force-rls", r"\bFORCE\s+ROW\s+LEVEL\s+SECURITY\b", "a move or a dump by the owner would lose every row"),
    ("deferred", r"\bINITIALLY\s+DEFERRED\b|\bSET\s+CONSTRAINTS\b", "the error loses its SQLSTATE at commit"),
    ("notify", r"\bpg_notify\s*\(|(?<!')\bNOTIFY\s+\w", "it fires on another node and nobody hears it"),
    ("rename-schema", r"\bALTER\s+SCHEMA\b.*\bRENAME\b", "a firm's schema keeps its name for ever"),
    (
        "sql-function",
        r"\bFUNCTION\s+[\w.{}\"]+\s*\(\s*[^)\s][^)]*\).*\bLANGUAGE\s+sql\b",
        "plpgsql, when it has parameters",
    ),
)
_UNNAMED = re.compile(
    r"(\bCONSTRAINT\s+[\w\"{}]+\s+)?\b(PRIMARY\s+KEY|UNIQUE|CHECK\s*\(|REFERENCES\s|FOREIGN\s+KEY)", re.I
)


def findings(source: str) -> list[Finding]:
    """Every breach in the source of one revision, in the order of its lines."""
    tree = ast.parse(source)
    documented = {ast.get_docstring(tree, clean=False)}
    found: list[Finding] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found.extend(_in_call(node))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in documented:
            found.extend(_in_text(node.lineno, node.value))
    return sorted(set(found))


def _in_text(line: int, text: str) -> Iterator[Finding]:
    if not _STATEMENT.match(text):
        return
    for rule, pattern, why in _PATTERNS:
        if re.search(pattern, text, re.I | re.S):
            yield Finding(line, rule, why)
    bare = _QUOTED.sub("''", text)
    if ";" in bare.rstrip().rstrip(";"):
        yield Finding(line, "many-statements", "one statement per execute")
    if re.match(r"\s*(CREATE|ALTER)\s+TABLE\b", bare, re.I):
        for match in _UNNAMED.finditer(bare):
            after_foreign = re.search(r"FOREIGN\s+KEY\s*\([^)]*\)\s*$", bare[: match.start()], re.I)
            if not match[1] and not after_foreign:
                yield Finding(line, "unnamed", "a constraint has a name of its own")


def _in_call(node: ast.Call) -> Iterator[Finding]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if name in _CONSTRAINTS and _nothing(keywords.get("name")):
        yield Finding(node.lineno, "unnamed", f"{name} without a name")
    if name == "CheckConstraint" and isinstance(keywords.get("name"), ast.Constant):
        yield Finding(node.lineno, "named-twice", "say op.f(...), or the naming convention is put around the name")
    if name in _MAKERS and _nothing(node.args[0] if node.args else keywords.get("constraint_name")):
        yield Finding(node.lineno, "unnamed", f"{name} without a name")
    if name == "ForeignKey" and _nothing(keywords.get("name")):
        yield Finding(node.lineno, "unnamed", "ForeignKey without a name")
    if name == "Column" and {"unique", "index", "primary_key"} & keywords.keys():
        yield Finding(node.lineno, "unnamed", "say it as a named constraint or index")
    if name == "add_column" and any(_mentions(argument, {"Identity", "Sequence"}) for argument in node.args):
        yield Finding(node.lineno, "add-identity", "an identity column cannot be added later")
    if name == "Column" and {"deferrable", "initially"} & keywords.keys():
        yield Finding(node.lineno, "deferred", "the error loses its SQLSTATE at commit")


def _nothing(value: ast.AST | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and not value.value)


def _mentions(tree: ast.AST, names: set[str]) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in names for node in ast.walk(tree))
