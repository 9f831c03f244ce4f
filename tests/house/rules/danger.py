"""What is never used, however convenient: code that was read, peers that proved nothing, weak digests, telling logs.

Invariant: a way around one of these is named in `excused` with its reason, and falls out of it when it is gone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house.source import Found, Module, called, functions, imports, name_of, rule

_RUNS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "pty.spawn", "yaml.load", "yaml.unsafe_load"}
_WEAK_DIGESTS = {"hashlib.md5", "hashlib.sha1", "md5", "sha1"}
_WEAK_WORDS = {"MD5", "SHA1", "ECB", "TripleDES", "ARC4", "Blowfish", "DES3"}
_UNPROVED = {"CERT_NONE", "_create_unverified_context", "disable_warnings"}
_OWN_PARSERS = ("xml.etree", "xml.dom", "xml.sax", "xml.parsers")
_FILE_PARSERS = {
    *("lxml", "html5lib", "bs4", "defusedxml", "plistlib", "python_calamine", "openpyxl", "xlrd", "pandas", "docx"),
    *("zipfile", "tarfile", "gzip", "bz2", "lzma", "py7zr", "rarfile", "pypdf", "pdfminer", "pikepdf", "fitz"),
    *("pypdfium2", "PIL", "cv2", "magic", "pickle", "marshal", "shelve", "olefile", "csv"),
}
_INSIDE = (
    *("infra.hostile.archive", "infra.hostile.workbook"),
    *("app.invoices.parsing.service", "app.invoices.parsing.inside", "app.ledger.vouchers.importing.reading.service"),
)
_READS_XML = {"fromstring", "parse", "XML", "iterparse", "HTML"}
_LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
_COMPARED = {"secret", "password", "signature", "mac", "hmac", "verifier", "challenge", "otp", "digest", "csrf", "pin"}
_TELLING = {
    *("secret", "secrets", "token", "tokens", "password", "passwords", "authorization", "bearer", "cookie", "cookies"),
    *("credential", "credentials", "otp", "seed", "email", "phone", "mobile", "address", "salary", "body", "payload"),
    *("json", "form", "files", "headers", "args", "content", "params", "plain", "plaintext", "key", "ciphertext"),
}


@rule(
    bad=[
        "eval(line)\n",
        "exec(line)\n",
        "yaml.load(text)\n",
        "yaml.load(text, Loader=Loader)\n",
        "import os\nos.system(line)\n",
        "subprocess.run(line, shell=True)\n",
        "subprocess.Popen(line, shell=wanted)\n",
    ],
    good=[
        "yaml.safe_load(text)\n",
        "subprocess.run(argv, shell=False)\n",
        "re.compile(text)\n",
        "scope.execute(sql)\n",
    ],
    excused={"app/standards/fields.py": "reads our own released files, by the safe loader as it is written in C"},
)
def nothing_that_was_read_is_run(module: Module) -> Found:
    """No eval, no exec, no YAML that makes objects, no shell."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and name_of(node.func) in _RUNS:
            yield node.lineno, f"calls {name_of(node.func)}"
        if isinstance(node, ast.keyword) and node.arg == "shell" and not _is(node.value, False):
            yield node.value.lineno, "asks for a shell"


@rule(
    bad=[
        "session.get(url, verify=False)\n",
        "context.verify_mode = ssl.CERT_NONE\n",
        "context.check_hostname = False\n",
        "context = ssl._create_unverified_context()\n",
    ],
    good=["context = ssl.create_default_context()\n", "check(name, verify=True)\n"],
)
def whoever_is_called_proves_its_name(module: Module) -> Found:
    """TLS is never told to believe anybody."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.keyword) and node.arg in {"verify", "check_hostname"} and _is(node.value, False):
            yield node.value.lineno, f"says {node.arg}=False"
        if isinstance(node, ast.Attribute) and node.attr in _UNPROVED:
            yield node.lineno, f"says {node.attr}"
        if isinstance(node, ast.Assign) and _is(node.value, False):
            yield from ((node.lineno, "trusts") for one in node.targets if name_of(one).endswith(".check_hostname"))


@rule(
    bad=[
        "hashlib.md5(content)\n",
        "hashlib.new('sha1', content)\n",
        "hashlib.sha1(content, usedforsecurity=True)\n",
        "hashlib.new(wanted, content)\n",
        "from cryptography.hazmat.primitives.hashes import SHA1\n",
        "Cipher(AES(key), modes.ECB())\n",
    ],
    good=["hashlib.sha256(content)\n", "hashlib.new('sha512', content)\n", "hashlib.sha1(x, usedforsecurity=False)\n"],
    excused={"app/invoices/parsing/ofd_seal.py": "the digest a foreign seal names, out of a fixed list"},
)
def no_weak_digest_or_cipher(module: Module) -> Found:
    """MD5, SHA-1, ECB and their like prove nothing."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and name_of(node.func) == "hashlib.new" and not _strong(node.args[0]):
            yield node.lineno, "takes a digest that is weak or not named here"
        if isinstance(node, ast.Call) and name_of(node.func) in _WEAK_DIGESTS and not _proves_nothing(node):
            yield node.lineno, f"uses {called(node)}"
        if isinstance(node, ast.Attribute) and node.attr in _WEAK_WORDS:
            yield node.lineno, f"uses {node.attr}"
    for line, name in imports(module):
        if name.rpartition(".")[2] in _WEAK_WORDS or name in {"hashlib.md5", "hashlib.sha1"}:
            yield line, f"imports {name}"


@rule(
    bad=["import random\n", "from random import choice\n"],
    good=["import secrets\n", "from os import urandom\n"],
    excused={
        "app/samples/companies/rules.py": "draws invented companies, the same ones for the same seed",
        "app/samples/deliveries/rules.py": "draws invented deliveries, the same ones for the same seed",
        "app/samples/invoices/rules.py": "draws invented invoices, the same ones for the same seed",
        "app/samples/service.py": "draws invented files, the same ones for the same seed",
        "infra/local/state.py": "looks for a free port of this machine",
        "tenants/door.py": "a pause before another attempt",
    },
)
def chance_that_can_be_guessed_makes_no_secret(module: Module) -> Found:
    """`random` is for pauses and inventions; whatever nobody may guess comes from `secrets` or the system."""
    for line, name in imports(module):
        if name.partition(".")[0] == "random":
            yield line, f"imports {name}"


@rule(
    bad=[
        "if given == secret:\n    pass\n",
        "same = self.signature != wanted\n",
        "hmac.digest(k, m, 'sha256') == given\n",
    ],
    good=[
        "same = hmac.compare_digest(given, secret)\n",
        "found = token.c.secret == wanted\n",
        "if kind == 'secret':\n    pass\n",
        "if secret is None or digest == '':\n    pass\n",
    ],
)
def secrets_are_compared_in_constant_time(module: Module) -> Found:
    """`hmac.compare_digest` tells nobody how far a guess was right. (The database finds a column by its index.)"""
    for node in ast.walk(module.tree):
        if not (isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq)):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Constant) or ".c." in name_of(side) for side in sides):
            continue
        words = {re.split(r"[._]", _spoken(side))[-1] for side in sides}
        yield from ((node.lineno, f"compares {word} by itself") for word in words & _COMPARED)


@rule(
    bad=[
        "logger.info(f'hello {name}')\n",
        "log.warning('refused ' + why)\n",
        "log.info('token %s', token)\n",
        "logger.info('came', extra={'authorization': request.headers})\n",
        "log.info('sent', password=given.password)\n",
    ],
    good=["log.info('job %s', claim.job_id)\n", "logger.info('refused', extra={'code': refusal.code})\n"],
)
def logs_tell_nothing_secret_or_personal(module: Module) -> Found:
    """A log line is a constant sentence with ids and codes: no token, password, body or person's value."""
    for node in ast.walk(module.tree):
        if not (isinstance(node, ast.Call) and called(node) in _LEVELS and _logs(node)):
            continue
        if not (node.args and isinstance(node.args[0], ast.Constant)):
            yield node.lineno, "logs a sentence that is not constant"
        for word in _words([*node.args[1:], *(keyword for keyword in node.keywords)]):
            if word in _TELLING:
                yield node.lineno, f"logs {word}"


@rule(
    bad=["import xml.etree.ElementTree\n", "from lxml import etree\netree.fromstring(content)\n", "import jinja2\n"],
    good=["from lxml import etree\netree.fromstring(content, parser)\n", "from lxml import etree\netree.tostring(x)\n"],
)
def markup_is_read_by_a_parser_that_was_told_its_limits(module: Module) -> Found:
    """No XML without a parser of ours, and no template engine that a stored text could speak to."""
    for line, name in imports(module):
        if name.startswith(_OWN_PARSERS) or name.partition(".")[0] in {"jinja2", "mako", "markupsafe"}:
            yield line, f"imports {name}"
        if name.rpartition(".")[2] in {"render_template", "render_template_string", "Markup"}:
            yield line, f"imports {name}"
    for node in ast.walk(module.tree):
        reads = isinstance(node, ast.Call) and name_of(node.func) in {f"etree.{one}" for one in _READS_XML}
        told = reads and (len(node.args) > 1 or any(one.arg == "parser" for one in node.keywords))  # type: ignore[attr-defined]
        if reads and not told:
            yield node.lineno, f"{name_of(node.func)} without a parser"  # type: ignore[attr-defined]


@rule(
    bad=[
        "from lxml import etree\n",
        "import python_calamine\n",
        "from openpyxl import load_workbook\n",
        "import zipfile\n",
        "import csv\n",
        "from PIL import Image\n",
        "import pypdf\n",
        "from infra.hostile import workbook\n",
        "from infra.hostile.archive import open_archive\n",
        ("jobs/x.py", "from app.invoices.parsing.service import parse\n"),
    ],
    good=[
        "from infra.hostile.cells import text\n",
        ("infra/hostile/x.py", "import zipfile\n"),
        ("app/invoices/parsing/ofd.py", "from lxml import etree\n"),
        ("app/invoices/service.py", "from app.invoices.parsing.types import Parsed\n"),
    ],
    excused={
        "app/audit/files/rules.py": "writes a table",
        "app/ledger/vouchers/importing/reading/service.py": "runs inside a sandbox",
        "app/samples/markup/rules.py": "writes invented archives",
        "app/standards/loader.py": "reads our own released files",
    },
)
def strangers_files_are_parsed_inside_a_sandbox(module: Module) -> Found:
    """A parser of files is imported by what a sandbox runs, and by nobody who holds a connection (docs/adr/0016)."""
    if module.inside("infra.hostile", "app.invoices.parsing"):
        return
    for line, name in imports(module):
        if name.partition(".")[0] in _FILE_PARSERS or any(f"{name}.".startswith(f"{one}.") for one in _INSIDE):
            yield line, f"imports {name}"


@rule(
    bad=["zipped.extractall(folder)\n", "tempfile.mktemp()\n", "app.run()\n", "app.debug = True\n", "f(debug=True)\n"],
    good=["scope.run('SELECT 1')\n", "tempfile.mkdtemp()\n", "f(debug=False)\n"],
)
def nothing_is_unpacked_or_opened_to_everybody(module: Module) -> Found:
    """No archive is unpacked blindly, no name guessed for a file, no debugger served."""
    for node in ast.walk(module.tree):
        if called(node) in {"extractall", "mktemp"} or (isinstance(node, ast.Call) and name_of(node.func) == "app.run"):
            yield node.lineno, f"calls {called(node)}"  # type: ignore[attr-defined]
        if isinstance(node, ast.keyword) and node.arg == "debug" and _is(node.value, True):
            yield node.value.lineno, "turns debugging on"
        if isinstance(node, ast.Assign) and _is(node.value, True):
            yield from ((node.lineno, "turns debugging on") for one in node.targets if name_of(one).endswith(".debug"))


@rule(
    bad=["def f(QUERY):\n    scope.run(QUERY)\n", "def f(name):\n    SQL = 'SELECT ' + name\n"],
    good=["SQL = f'{HEAD} FOR UPDATE'\n", "def f(name):\n    sql = CLOSE\n"],
)
def a_constant_is_made_when_the_module_is(module: Module) -> Found:
    """What is spelled like a constant is one: nothing a request said can be in it."""
    for function in functions(module.tree):
        spelled = [argument.arg for argument in [*function.args.args, *function.args.kwonlyargs]]
        spelled += [node.id for node in ast.walk(function) if isinstance(node, ast.Name) and _stored(node)]
        yield from ((function.lineno, f"{function.name}() makes {name}") for name in spelled if _CONSTANT.match(name))


_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]+\Z")


def _stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _is(node: ast.AST, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _strong(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and str(node.value).lower() not in _WEAK_DIGESTS


def _proves_nothing(node: ast.Call) -> bool:
    """Whether a digest says of itself that it is only a name, as a script has in Valkey."""
    return any(one.arg == "usedforsecurity" and _is(one.value, False) for one in node.keywords)


def _spoken(node: ast.AST) -> str:
    """What a side of a comparison is called; an HMAC made on the spot is one."""
    if isinstance(node, ast.Call):
        return "hmac" if name_of(node.func).startswith("hmac.") else ""
    return name_of(node)


def _logs(node: ast.Call) -> bool:
    owner = name_of(node.func).split(".")[-2:-1]
    return bool(owner) and owner[0].lstrip("_").lower() in {"log", "logger", "logging"}


def _words(parts: list[ast.expr | ast.keyword]) -> Iterator[str]:
    """Every word of the names and keys in what is logged."""
    for node in (inner for part in parts for inner in ast.walk(part)):
        spelled = {ast.Name: "id", ast.Attribute: "attr", ast.keyword: "arg", ast.Constant: "value"}.get(type(node))
        if spelled is not None and isinstance(said := getattr(node, spelled), str):
            yield from re.split(r"[._\s]", said.lower())
