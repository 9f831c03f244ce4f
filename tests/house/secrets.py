"""What must not lie in the repository: keys, tokens and passwords, found by detect-secrets in every tracked file.

Invariant: a find is either taken out or named in `KNOWN` with the digest of its text and the reason why it is none, so
another secret beside it in the same file is still found.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

from tests.house.source import ROOT

_ENTROPY = [{"name": "Base64HighEntropyString", "limit": 4.5}, {"name": "HexHighEntropyString", "limit": 3.0}]
_SHAPES = (
    *("ArtifactoryDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "CloudantDetector"),
    *("GitHubTokenDetector", "GitLabTokenDetector", "IbmCloudIamDetector", "IbmCosHmacDetector", "JwtTokenDetector"),
    *("MailchimpDetector", "NpmDetector", "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector"),
    *("SendGridDetector", "SlackDetector", "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector"),
    *("TwilioKeyDetector",),
)
_PATIENT = ("requirements.lock", "docs/openapi.json", "tests/house/secrets.py")
"""Digests of packages, generated examples, and the digests below."""


class Find(NamedTuple):
    """Where something that looks like a secret lies; `digest` is the SHA-1 that detect-secrets writes of its text."""

    path: str
    kind: str
    digest: str
    line: int


def tracked() -> list[str]:
    """The files git knows, those that are read for secrets."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for path in listed.split("\0") if path and path not in _PATIENT and (ROOT / path).is_file()]


def finds(paths: Iterable[str], root: Path = ROOT) -> list[Find]:
    """Everything that looks like a secret; sample passwords by their keyword only outside the tests and the guides."""
    told = list(paths)
    lenient = [path for path in told if path.startswith(("tests/", "docs/"))]
    strict = [path for path in told if path not in lenient]
    keyword = [{"name": "KeywordDetector"}]
    return sorted([*_scan(lenient, root, _ENTROPY), *_scan(strict, root, [*_ENTROPY, *keyword])])


def _scan(paths: Iterable[str], root: Path, more: list[dict[str, object]]) -> Iterable[Find]:
    plugins = [*({"name": name} for name in _SHAPES), *more]
    filters = [{"path": "detect_secrets.filters.heuristic.is_sequential_string"}]
    with transient_settings({"plugins_used": plugins, "filters_used": filters}):
        for path in paths:
            found = SecretsCollection(root=str(root))
            found.scan_file(path)
            for _, secret in found:
                yield Find(path, secret.type, secret.secret_hash, secret.line_number)


KNOWN: Mapping[tuple[str, str], str] = {
    ("app/http/fields.py", "922fb58bc783"): "the characters of a tax number",
    ("app/samples/companies/rules.py", "922fb58bc783"): "the characters of a tax number",
    ("app/identity/passwords/README.md", "c939ffbb485d"): "the code of a refusal",
    ("app/identity/sessions/api.py", "a62f2225bf70"): "the prefix of an id",
    ("app/identity/tokens/rules.py", "bdbebad3ba90"): "the prefix of a token",
    ("docs/guides/operator.en.md", "6eae3a5b062c"): "a placeholder in a URL",
    ("docs/guides/operator.zh-CN.md", "6eae3a5b062c"): "a placeholder in a URL",
    ("infra/ids.py", "f85799637c16"): "the characters of an id",
    ("infra/local/postgres.py", "2f1aa1e2a587"): "the name under which a made password is kept",
    ("infra/local/postgres.py", "fa3537ce5612"): "a URL into which a made password is put",
    ("pyproject.toml", "3591720dc29e"): "the version of a package",
    ("tests/attack/test_egress.py", "9d4e1e23bd5b"): "a URL with a password in it, to be refused",
    ("tests/house/test_secrets.py", "bf21a9e8fbc5"): "a form into which a planted secret is put",
    ("tests/house/test_secrets.py", "c381e5e226df"): "a form into which a planted secret is put",
    ("tests/local/test_roles.py", "8d2f6a76a1c4"): "a wrong password, to be refused",
    ("tests/unit/identity/test_factors.py", "7e0a1242bd8e"): "the vector of RFC 6238",
    ("tests/unit/infra/test_roles.py", "e5e9fa1ba31e"): "a URL nobody listens at",
    ("tests/unit/sensitive/test_kinds.py", "90bd65892643"): "an invented identity number",
    **{
        ("tests/unit/ledger_proof/test_verifier.py", digest): "vectors of RFC 8032"
        for digest in ("768bc393aa98", "7dc193aceed7", "95bb02c0947a", "992d636f87c4", "c2741ce1fea3", "f31285670ec3")
    },
}
"""By path and the first twelve digits of the digest: why this is no secret."""


def unknown(found: Iterable[Find]) -> list[Find]:
    """The finds nobody has explained."""
    return [find for find in found if (find.path, find.digest[:12]) not in KNOWN]


if __name__ == "__main__":
    left = unknown(finds(tracked()))
    print(*left, f"{len(left)} secrets", sep="\n")  # noqa: T201
    sys.exit(bool(left))
