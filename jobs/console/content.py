"""Commands that need no firm: files read and written, the content checked."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from app.kernel.periods import Period
from app.samples.service import generate
from app.standards.lint import chart_of, lint
from app.standards.loader import released
from jobs.console.terminal import PARTIAL, plain, show
from jobs.parse import parse_files


@click.command(help="Read invoice files and print what they say; nothing is stored.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def parse(files: tuple[Path, ...], as_json: bool) -> None:
    """Exit status 3 when a file cannot be trusted."""
    found, status = parse_files(files)
    if as_json:
        show(found)
    else:
        for one in found:
            mark = "ok " if one["ok"] else "NO "
            click.echo(f"{mark} {one['file']}  {one['kind'] or '-'}  {one['number'] or '-'}  {one['gross'] or '-'}")
            for problem in one["problems"]:
                click.echo(f"      {problem['code']}: {problem['detail']}")
    sys.exit(status)


@click.group(help="The content: standards, statements, parameters of law.")
def content() -> None:
    """The group of content commands."""


@content.command("lint", help="Accounts and cash-flow items a statement reads twice or not at all (重复/遗漏取数).")
@click.option("--json", "as_json", is_flag=True)
def content_lint(as_json: bool) -> None:
    """Exit status 3 when anything is found."""
    found = [
        {"standard": one.id, "edition": one.edition, **asdict(finding)}
        for one in released()
        for finding in lint(one, chart_of(one))
    ]
    if as_json:
        show(found)
    else:
        for row in found:
            click.echo(
                f"{row['standard']} {row['edition']} {row['statement']}: {row['kind']} {row['code']} {row['lines']}"
            )
        click.echo(f"{len(found)} findings in {len(released())} standards")
    sys.exit(PARTIAL if found else 0)


_ABOUT = ("code", "name", "tax_id", "taxpayer", "industry", "standard", "start_period", "location")


@click.command(help="Write a believable month of files for N companies, with the books that must come out of it.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--books", default=3, show_default=True, type=click.IntRange(1, 2000))
@click.option("--invoices", default=40, show_default=True, type=click.IntRange(1, 5000), help="Invoices a book.")
@click.option("--period", default="2026-09", show_default=True)
@click.option("--seed", default=1, show_default=True)
def samples(folder: Path, books: int, invoices: int, period: str, seed: int) -> None:
    """The same seed writes the same bytes."""
    for book in generate(seed, books, invoices, Period.parse(period)):
        place = folder / f"{book.code} {book.name}"
        place.mkdir(parents=True, exist_ok=True)
        for file in book.files:
            (place / file.name).write_bytes(file.content)
        about = {name: str(getattr(book, name)) for name in _ABOUT} | {"opening": [asdict(o) for o in book.opening]}
        expected = {"book": about, "vouchers_by_hand": [asdict(v) for v in book.vouchers], **asdict(book.expected)}
        (place / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=2, default=plain))
        click.echo(f"{place}: {len(book.files)} files")
