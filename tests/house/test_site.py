"""The guide as a site: built without a warning, it fetches nothing when it is read; a fault in a page fails it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.project import ROOT

pytestmark = pytest.mark.slow
_FETCHED = re.compile(
    r"<(?:script|img|link|iframe|source)\b[^>]*\b(?:src|href)=\"(?:https?:)?//|url\((?:https?:)?//|@import"
)


def built(source: Path, configuration: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Build as `make docs` does."""
    words = [
        "-q",
        "-W",
        "--keep-going",
        "-d",
        str(out / "doctrees"),
        "-c",
        str(configuration),
        str(source),
        str(out / "html"),
    ]
    return subprocess.run([sys.executable, "-m", "sphinx", *words], capture_output=True, text=True, check=False)


def test_it_is_built_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    done = built(ROOT, ROOT / "docs", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    pages = [*(tmp_path / "html").rglob("*.html")]
    assert len(pages) > 40
    fetching = [
        path.name for path in [*pages, *(tmp_path / "html").rglob("*.css")] if _FETCHED.search(path.read_text())
    ]
    assert fetching == []
    assert (tmp_path / "html" / "index.html").read_text(encoding="utf-8").count("docs/index.html") == 2


@pytest.mark.parametrize(
    ("index", "page", "words"),
    [
        ("## Pages\n\n- [Page](page.md)\n", "# Page\n\n[nowhere](none.md)\n", "none.md"),
        ("Nothing\n", "# Page\n", "isn't included in any toctree"),
    ],
    ids=["a link that leads nowhere", "a page that is linked from nowhere"],
)
def test_a_fault_fails_it(index: str, page: str, words: str, tmp_path: Path) -> None:
    docs = tmp_path / "tree" / "docs"
    (docs / "site").mkdir(parents=True)
    (docs / "conf.py").write_text((ROOT / "docs" / "conf.py").read_text(encoding="utf-8"), encoding="utf-8")
    (docs / "index.md").write_text(f"# Index\n\n{index}", encoding="utf-8")
    (docs / "page.md").write_text(page, encoding="utf-8")
    done = built(tmp_path / "tree", docs, tmp_path)
    assert done.returncode != 0
    assert words in done.stderr
