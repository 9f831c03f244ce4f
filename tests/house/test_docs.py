"""The documentation says what is there: links lead somewhere, both languages of a guide are kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.source import ROOT

PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "app/**/README.md", "tenants/*.md", "infra/*.md", "migrations/*.md")
    for page in ROOT.glob(pattern)
)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)[^)]*\)")


def _dead_links(page: Path, text: str) -> list[str]:
    return [target for target in _LINK.findall(text) if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert _dead_links(page, page.read_text()) == []


def test_a_dead_link_is_found() -> None:
    assert _dead_links(ROOT / "README.md", "[a](docs/README.md) [b](docs/nowhere.md)") == ["docs/nowhere.md"]


def test_every_decision_is_in_their_list_by_its_title() -> None:
    folder = ROOT / "docs" / "adr"
    titles = {page.name: page.read_text().splitlines()[0].removeprefix("# ") for page in folder.glob("[0-9]*.md")}
    rows = [f"| [{title[:4]}]({name}) | {title[5:].lstrip()} |" for name, title in sorted(titles.items())]
    assert [row for row in rows if row not in (folder / "README.md").read_text()] == []


def test_every_guide_is_there_in_both_languages() -> None:
    guides = {page.name for page in (ROOT / "docs" / "guides").glob("*.md")}
    readers = {name.partition(".")[0] for name in guides}
    assert readers == {"accountant", "auditor", "client", "integrator", "operator", "owner"}
    assert guides == {f"{reader}.{language}.md" for reader in readers for language in ("zh-CN", "en")}


@pytest.mark.parametrize("reader", ["accountant", "auditor", "client", "integrator", "operator", "owner"])
def test_both_languages_of_a_guide_give_the_same_commands(reader: str) -> None:
    chinese, english = (
        _commands((ROOT / "docs" / "guides" / f"{reader}.{language}.md").read_text()) for language in ("zh-CN", "en")
    )
    assert chinese == english != []


def _commands(text: str) -> list[str]:
    """The lines of a guide's shell blocks, comments left out."""
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]
    return [re.sub(r"\s+# .*", "", line) for line in lines]


def test_every_room_says_what_it_is_for_in_few_lines() -> None:
    rooms = [path for path in (ROOT / "app").iterdir() if (path / "__init__.py").exists()]
    pages = {room.name: room / "README.md" for room in rooms}
    assert [name for name, page in pages.items() if not page.exists()] == []
