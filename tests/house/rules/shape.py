"""The shape of the house: what a file and a function may be, and what they are called."""

from __future__ import annotations

import ast
import re

from tests.house.source import PRODUCT, Found, Module, functions, imports, public, rule

FILE_LINES, FUNCTION_LINES = 400, 60
ROOM_FILES = {"types", "errors", "rules", "models", "queries", "service", "schemas", "api", "__init__"}
OWN_FILES = {
    "app": "bootstrap and factory stand above the rooms",
    "app.kernel": "a file a word: money, periods, permissions, jobs",
    "app.books": "the upper door stands beside the rows it guards",
    "app.standards": "reading law: a file a part of the language in which it is written",
    "app.http": "everything about Flask that is not a room",
    "app.invoices.parsing": "a file a format",
    "app.ledger.proof": "the verifier is one file that an auditor takes away",
    "app.audit.proofs": "the verifier of a line is one file that an auditor takes away",
}
VAGUE = re.compile(r"(utils?|helpers?|common|misc|stuff|service\d+|models\d+)")
BANNED = {"data", "info", "process", "handle", "manager", "company", "transaction"}
LAYERED = ("app.ledger",)  # its sub-rooms are rooms with storeys of their own


@rule(
    bad=[("app/room/__init__.py", "from app.room import service\n")],
    good=[("app/room/__init__.py", ""), "x = 1\n"],
    where=(*PRODUCT, "tests"),
)
def a_package_says_nothing_by_itself(module: Module) -> Found:
    """`__init__.py` is empty."""
    if module.stem == "__init__" and module.text:
        yield 1, "is not empty"


@rule(
    bad=["def f():\n    import json\n", "class A:\n    def f(self):\n        from json import loads\n"],
    good=["import json\n\n\ndef f():\n    return json\n"],
)
def no_import_hides_inside_a_function(module: Module) -> Found:
    """Imports stand at the top, so that a cycle cannot hide."""
    for function in functions(module.tree):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield node.lineno, f"imports inside {function.name}()"


@rule(bad=["import tests.factories\n", "from tests.factories import doors\n"], good=["import testing\n"])
def the_product_does_not_know_its_tests(module: Module) -> Found:
    """Nothing of the product imports from `tests`."""
    for line, name in imports(module):
        if name.partition(".")[0] == "tests":
            yield line, f"imports {name}"


@rule(
    bad=["x = 1\n" * (FILE_LINES + 1)],
    good=["x = 1\n" * FILE_LINES],
    where=(*PRODUCT, "tests"),
    excused={"app/ledger/proof/verifier.py": "one file by itself, that an auditor takes away and reads"},
)
def a_file_has_at_most_400_lines(module: Module) -> Found:
    """Longer files are split by noun."""
    lines = len(module.text.splitlines())
    if lines > FILE_LINES:
        yield lines, f"has {lines} lines"


@rule(
    bad=["def f():\n" + "    x = 1\n" * FUNCTION_LINES],
    good=["def f():\n" + "    x = 1\n" * (FUNCTION_LINES - 1)],
    where=(*PRODUCT, "tests"),
)
def a_function_has_at_most_60_lines(module: Module) -> Found:
    """A function says one thing. (A revision is a list of tables, long by nature, and read once.)"""
    for function in functions(module.tree):
        lines = (function.end_lineno or 0) - function.lineno + 1
        if lines > FUNCTION_LINES and "/versions/" not in module.path:
            yield function.lineno, f"{function.name}() has {lines} lines"


@rule(
    bad=["def f():\n    '''Say.'''\n", "'''Why.'''\n\n\ndef f():\n    pass\n", "'''Why.'''\n\n\nclass A:\n    x = 1\n"],
    good=["'''Why.'''\n\n\ndef f():\n    '''Say.'''\n\n\ndef _g():\n    pass\n", ("app/room/__init__.py", "")],
)
def everything_public_says_what_it_is(module: Module) -> Found:
    """A module says why it exists, a public function or class what it does."""
    if module.stem == "__init__":
        return
    if not ast.get_docstring(module.tree):
        yield 1, "has no docstring"
    for node in filter(public, module.tree.body):
        if not ast.get_docstring(node):  # type: ignore[arg-type]
            yield node.lineno, f"{node.name} has no docstring"  # type: ignore[attr-defined]


@rule(
    bad=[("app/room/invoice_reader.py", ""), ("app/room/utils.py", ""), ("tenants/helpers.py", "")],
    good=[("app/room/queries.py", ""), ("app/kernel/money.py", ""), ("tenants/door.py", "")],
)
def a_room_has_only_the_files_of_a_room(module: Module) -> Found:
    """types, errors, rules, models, queries, service, schemas, api; and nowhere a file named after nothing."""
    if VAGUE.fullmatch(module.stem):
        yield 1, f"{module.stem} says nothing"
    package = module.name.rpartition(".")[0]
    if module.inside("app") and module.stem not in ROOM_FILES and package not in OWN_FILES:
        yield 1, f"a room has no file {module.stem}.py"


@rule(
    bad=["from app.books.models import book\n", "from app.ledger.vouchers import rules\n", "import app.books.api\n"],
    good=[
        "from app.books.queries import find\nfrom app.closing.rules import check\n",
        ("app/ledger/vouchers/queries.py", "from app.ledger.models import voucher\n"),
        ("app/bootstrap.py", "import app.books.models\n"),
        ("app/factory.py", "from app.books import api\n"),
    ],
)
def the_private_files_of_a_room_stay_in_it(module: Module) -> Found:
    """models, rules, schemas and api are seen in their room only; bootstrap loads models, the factory names the apis.

    The ledger's sub-rooms are rooms of their own and share the ledger's one `models`.
    """
    allowed = {"app.bootstrap": "models", "app.factory": "api"}.get(module.name)
    for line, name in imports(module):
        parts = name.split(".")
        private = next((part for part in parts[2:] if part in {"models", "rules", "schemas", "api"}), None)
        if parts[0] != "app" or private is None or private == allowed or parts[1] == "http":
            continue
        package = parts[: parts.index(private)]
        deep = 3 if ".".join(parts[:2]) in LAYERED else 2
        if not module.inside(".".join(package[:deep])):
            yield line, f"imports {name}"


@rule(
    bad=[("app/company/service.py", ""), "def process_data():\n    pass\n", "def handle():\n    pass\n"],
    good=["def draft_voucher():\n    pass\n\n\ndef _handle():\n    pass\n", ("infra/local/process.py", "")],
    where=("app", "tenants", "jobs"),
    excused={
        "app/http/openapi.py handle_http_exception": "the name flask-smorest calls",
        "app/http/parser.py handle_error": "the name webargs calls",
        "app/identity/oauth/codes/service.py generate_user_info": "the name Authlib calls",
        "app/identity/oauth/service.py handle_response": "the name Authlib calls",
        "app/samples/companies/__init__.py": "invents legal companies, which are nobody's client yet",
        "app/samples/companies/rules.py": "invents legal companies, which are nobody's client yet",
    },
)
def no_public_name_uses_a_banned_word(module: Module) -> Found:
    """The glossary's banned words name nothing in the field. (An operating system's process, in `infra`, is one.)"""
    for part in module.name.split("."):
        yield from ((1, f"is named {part}") for _ in _banned(part))
    for node in filter(public, ast.walk(module.tree)):
        if isinstance(node, ast.FunctionDef):
            yield from ((node.lineno, f"{node.name}() says {word}") for word in _banned(node.name))


def _banned(name: str) -> list[str]:
    words = [re.sub("ies$", "y", word) for word in name.lower().split("_")]
    return [word for word in words if word in BANNED or word.removesuffix("s") in BANNED]
