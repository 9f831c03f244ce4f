"""Two doors, no windows: how the database is reached."""

from __future__ import annotations

import ast
import re

from tests.house.source import Found, Module, called, functions, imports, name_of, public, rule, texts

SCOPES = frozenset({"TenantScope", "BookScope"})
PLATFORM = {
    "tenants.registry": "the control plane has no firm yet: a Connection of the caller's transaction comes first",
    "tenants.provisioning": "makes the schema that a scope would enter",
    "app.identity": "who you are is known before which firm you enter",
    "app.demo": "walks through a firm of its own, door by door",
    "app.doctor": "walks over all firms, door by door",
    "app.sensitive.two_persons": "acts that are done to a firm from outside its doors",
    "app.sensitive.shredding": "destroys the keys a door would need",
}
OTHERWISE = {
    "Notary": "signs, and streams through a door of its own, while no transaction is open",
    "RowMapping": "gives a row that was read its type",
    "Vault": "reads and decrypts a file while no transaction is open",
}
WITHOUT_DATABASE = (
    *("app.samples", "app.invoices.parsing", "app.standards", "app.kernel", "app.identity.passwords"),
    "app.ledger.vouchers.importing.reading",
)
_SESSION_SET = re.compile(
    r"(?:^|;)\s*SET\s+(?:(?!LOCAL\b)[\w.]+\s*(?:=|\bTO\b)|(?:SESSION|ROLE|TIME|CONSTRAINTS)\b)|\bset_config\s*\(", re.I
)
_CONSTANT_NAME = re.compile(r"_?[A-Z][A-Z0-9_]*")


@rule(
    bad=["def f(session):\n    session.commit()\n", ("jobs/worker.py", "connection.commit()\n")],
    good=[("tenants/door.py", "transaction.commit()\n"), "def f(scope):\n    scope.run('SELECT 1')\n"],
)
def the_door_commits_and_nobody_else(module: Module) -> Found:
    """One scope is one transaction; the word commit is called in one file."""
    if module.path == "tenants/door.py":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr == "commit":
            yield node.lineno, "says commit"


@rule(
    bad=["def draft(book, scope):\n    pass\n", "def draft():\n    pass\n", "def draft(scope: int):\n    pass\n"],
    good=[
        "def draft(scope: TenantScope, book: int):\n    pass\n\n\ndef _inner(x):\n    pass\n",
        "def close(scope: BookScope):\n    pass\n",
        ("app/samples/service.py", "def make(seed: int):\n    pass\n"),
        ("tenants/registry.py", "def by_id(connection: Connection):\n    pass\n"),
        "def shaped(row: RowMapping):\n    pass\n\n\ndef load(vault: Vault):\n    pass\n",
    ],
    where=("app", "tenants"),
    excused={
        "app/ledger/balances/queries.py over": "composes constant SQL, once, on import",
        "app/identity/outside/protocols/service.py": "speaks with a provider outside, while no transaction is open",
        "app/identity/outside/providers/service.py opened": "opens a sealed secret of a row that was read",
        "app/identity/sessions/service.py account_failures": "counts in Redis, before anybody is inside",
        "tenants/provisioning.py head": "reads the revision files, not the database",
    },
)
def the_scope_is_the_first_argument(module: Module) -> Found:
    """Every public function of a service or of queries begins with the scope it works in."""
    if module.inside(*WITHOUT_DATABASE):
        return
    platform = module.inside(*PLATFORM)
    if module.stem not in {"service", "queries"} and not (platform and module.inside("tenants")):
        return
    wanted = SCOPES | OTHERWISE.keys() | ({"Connection", "Engine", "Ports"} if platform else set())
    for node in filter(public, module.tree.body):
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args]
            annotation = arguments[0].annotation if arguments else None
            if annotation is None or name_of(annotation).rpartition(".")[2] not in wanted:
                yield node.lineno, f"{node.name}() does not begin with its scope"


@rule(
    bad=[
        "def f(scope, name):\n    scope.run(f'SELECT {name}')\n",
        "def f(scope, name):\n    scope.run('SELECT ' + name)\n",
        "def f(scope, name):\n    scope.run('SELECT %s' % name)\n",
        "def f(scope, name):\n    scope.run('SELECT {}'.format(name))\n",
        "def f(scope, sql):\n    scope.run(sql)\n",
        "def f(scope, sql):\n    scope.stream(sql)\n",
        "def f(scope, name):\n    sql = f'SELECT {name}'\n    scope.run(sql)\n",
    ],
    good=[
        "SQL = 'SELECT 1'\n\n\ndef f(scope, more):\n    scope.run(SQL)\n    scope.run('SELECT 2')\n",
        "def f(scope, close):\n    scope.run(queries.CLOSE if close else queries.OPEN)\n",
        "def f(scope, close):\n    sql = CLOSE if close else OPEN\n    scope.run(sql)\n",
        "subprocess.run(argv)\n",
    ],
)
def a_scope_runs_constant_sql_only(module: Module) -> Found:
    """What `scope.run` gets is written down in the source; values travel as parameters."""
    for outer in ast.walk(module.tree):
        if not isinstance(outer, ast.FunctionDef | ast.Module):
            continue
        known = {
            target.id
            for node in ast.walk(outer)
            if isinstance(node, ast.Assign) and _constant(node.value, set())
            for target in node.targets
            if isinstance(target, ast.Name)
        } - _assigned_otherwise(outer)
        for node in _own_calls(outer):
            scoped = called(node) in {"run", "stream"} and name_of(node.func).split(".")[-2].endswith("scope")
            if scoped and not (node.args and _constant(node.args[0], known)):
                yield node.lineno, "runs SQL that is not constant"


def _own_calls(outer: ast.AST) -> list[ast.Call]:
    """The calls of a function or of a module's own body, those of functions inside it left out."""
    found, waiting = [], list(ast.iter_child_nodes(outer))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef):
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found.append(node)
        waiting.extend(ast.iter_child_nodes(node))
    return found


def _assigned_otherwise(outer: ast.AST) -> set[str]:
    return {
        target.id
        for node in ast.walk(outer)
        if isinstance(node, ast.Assign) and not _constant(node.value, set())
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _constant(node: ast.AST, known: set[str]) -> bool:
    if isinstance(node, ast.IfExp):
        return _constant(node.body, known) and _constant(node.orelse, known)
    if isinstance(node, ast.Subscript):  # one of a module's table of constants, by key
        return _constant(node.value, known)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.JoinedStr):  # of constants only, which are made when the module is
        return all(_constant(part.value, set()) for part in node.values if isinstance(part, ast.FormattedValue))
    last = name_of(node).rpartition(".")[2]
    return bool(_CONSTANT_NAME.fullmatch(last)) or last in known


@rule(
    bad=[
        "connection.exec_driver_sql(f'DROP SCHEMA {name}')\n",
        "text('SELECT ' + name)\n",
        "text('SELECT {}'.format(name))\n",
        "connection.execute('SELECT %s' % name)\n",
        "literal_column(f'{name}')\n",
        "select(book).order_by(f'{name} DESC')\n",
        "def f(name):\n    return text(name)\n",
        "def f(connection, sql):\n    connection.exec_driver_sql(sql)\n",
        "def f(name):\n    return select(book).order_by(text(name))\n",
        "def f(name):\n    sql = 'SELECT ' + name\n    return sa.text(sql)\n",
    ],
    good=[
        "text('SELECT 1')\n",
        "connection.execute(select(book))\n",
        "connection.execute(statement, [name])\n",
        "def f(wide):\n    return text(_WIDE if wide else _NARROW)\n",
        "def f():\n    op.execute(f'GRANT SELECT ON platform.x TO {APP}')\n",
        "from app.invoices.parsing.markup import text\n\n\ndef f(root, label):\n    return text(root, label)\n",
    ],
    excused={
        "tenants/door.py": "SET LOCAL takes no parameters: checked schema, escaped actor, an integer",
        "tenants/scope.py": "SET LOCAL takes no parameters: two integers; the schema is checked by its pattern",
        "tenants/provisioning.py": "CREATE SCHEMA takes no parameters: a name of the registry, checked by its pattern",
        "infra/roles.py": "role attributes are our own constants; names go through sql.Identifier",
        "migrations/walls.py": "DDL takes no parameters: our own table names, checked schema",
    },
)
def no_sql_is_put_together_from_parts(module: Module) -> Found:
    """Text with something put into it never reaches the database, except where reviewed."""
    imported = any(name.endswith(".text") and not name.startswith("sqlalchemy") for _, name in imports(module))
    made = any(node.name == "text" for node in functions(module.tree))
    foreign = {"text"} if imported or made else set()
    literal, heard = _LITERAL - foreign, _SPEAKS - foreign
    for node in (node for node in ast.walk(module.tree) if isinstance(node, ast.Call) and node.args):
        speaks, said = called(node), node.args[0]
        own = name_of(node.func) in literal | {f"sa.{one}" for one in literal} or speaks == "exec_driver_sql"
        if speaks in heard and any(map(_built, node.args)):
            yield node.lineno, f"{speaks}() gets SQL made of parts"
        elif own and not _constant(said, _known(module, node)):
            yield node.lineno, f"{speaks}() gets SQL that is not constant"


_LITERAL = {"text", "literal_column", "DDL"}
_SPEAKS = _LITERAL | {"exec_driver_sql", "execute", "executemany", "SQL", "order_by", "group_by", "having", "where"}


def _known(module: Module, call: ast.Call) -> set[str]:
    """The names that hold nothing but constants where a call stands."""
    outer = next((one for one in functions(module.tree) if any(node is call for node in ast.walk(one))), module.tree)
    assigned = [node for node in ast.walk(outer) if isinstance(node, ast.Assign)]
    known = {name_of(target) for node in assigned if _constant(node.value, set()) for target in node.targets}
    return known - _assigned_otherwise(outer)


def _built(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return not _constant(node, set())
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return not (isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant))
    return called(node) in {"format", "replace", "join"}


@rule(
    bad=[
        "connection.exec_driver_sql('SET search_path TO x')\n",
        "SQL = \"SELECT set_config('app.tenant', 'x', true)\"\n",
        "SQL = 'SET LOCAL a = 1; SET ROLE x'\n",
        "SQL = 'SET CONSTRAINTS ALL IMMEDIATE'\n",
    ],
    good=["SQL = 'SET LOCAL lock_timeout = 1'\n", "SQL = '''\nUPDATE tenant.job\n   SET state = 'x'\n'''\n"],
)
def nothing_outlives_the_transaction(module: Module) -> Found:
    """Settings are said by SET LOCAL only (scale.md 14), and SET CONSTRAINTS, which may check nothing, never (4)."""
    for line, value in texts(module.tree):
        if _SESSION_SET.search(value):
            yield line, f"sets something for a session: {value.strip()[:40]}"


@rule(
    bad=["import pickle\n", "from rq.serializers import PickleSerializer\n", "queue = Queue('x', connection=redis)\n"],
    good=["import json\n", "queue = Queue('x', connection=redis, serializer=JSONSerializer)\n"],
)
def nothing_is_pickled(module: Module) -> Found:
    """What is read back from outside is JSON; a queue or worker names its serializer."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            if any(re.search("pickle|marshal$|shelve", name, re.I) for name in names):
                yield node.lineno, "imports a pickler"
        if isinstance(node, ast.Call) and called(node) in {"Queue", "Worker"} and _of_rq(node):
            yield node.lineno, f"{called(node)}() without a serializer"


def _of_rq(node: ast.Call) -> bool:
    keywords = {keyword.arg for keyword in node.keywords}
    return "connection" in keywords and "serializer" not in keywords


_OUTWARD = ("socket", "urllib.request", "urllib3", "http.client", "requests", "httpx", "aiohttp", "ftplib", "smtplib")


@rule(
    bad=["import socket\n", "from urllib.request import urlopen\n", "import http.client\n", "import requests\n"],
    good=["from urllib.parse import quote\n", "from http import HTTPStatus\n", "import socketry\n"],
    excused={
        "infra/egress.py": "the one way out, which checks every address (SEC-050)",
        "infra/sandbox/runner.py": "speaks with its own child over a socket pair",
        "infra/sandbox/nursery.py": "speaks with its parent over a socket pair",
        "infra/local/state.py": "looks for free ports of this machine",
        "infra/local/health.py": "asks the product's own address whether it is up",
        "jobs/worker.py": "asks for the name of this machine",
    },
)
def nobody_else_goes_out(module: Module) -> Found:
    """Calls to other machines go through `infra.egress`; databases, queue and files have clients of their own."""
    for line, name in imports(module):
        if name.startswith(tuple(f"{one}." for one in _OUTWARD)) or name in _OUTWARD:
            yield line, f"imports {name}"


@rule(
    bad=["print('x')\n"],
    good=["log.info('x')\n", "click.echo('x')\n"],
)
def nobody_prints(module: Module) -> Found:
    """Everybody else logs, and the command line echoes."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and name_of(node.func) == "print":
            yield node.lineno, "prints"
