"""`zhangfang`: the operator's command line, over the same services as the API.

Exit status: 0 ok, 1 failed, 2 usage, 3 partial (something was refused or found), 4 precondition (API-180).
"""

from __future__ import annotations

import sys

import click

from infra.errors import Refusal, render
from jobs.console import content, demo, keys, operating, proofs
from jobs.console.terminal import FAILED


@click.group(
    help="账房 Zhangfang: the command line of operators and support.",
    commands=[
        *(operating.migrate, operating.firm, operating.operator, operating.doctor, operating.rebuild_balances),
        *(operating.sandbox, proofs.verify, proofs.export_proof, proofs.proof_keys, proofs.audit),
        *(keys.key, content.parse, content.content, content.samples, demo.demo),
    ],
)
def main() -> None:
    """The group of all commands."""


def run() -> None:
    """The entry point: a refusal is one line and a status, never a traceback."""
    try:
        main()
    except Refusal as refusal:
        click.echo(f"{refusal.code}: {refusal.message()} {refusal.message('en')}", err=True)
        for one in refusal.violations:
            click.echo(f"  {one.path}: {render(one.code, one.params)} {render(one.code, one.params, 'en')}", err=True)
        sys.exit(FAILED)


if __name__ == "__main__":
    run()
