"""The file: sections and scripts put together under a policy that lets the browser run these scripts and no others."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

from rewardlab.reports.page.replays import Replays
from rewardlab.reports.page.section import Section
from rewardlab.reports.page.shown_text import shown

__all__ = ["page_html"]


def page_html(
    title: str,
    answer: str,
    sections: Sequence[Section],
    *,
    warning: str = "",
    footer: str = "",
    replays: Replays | None = None,
) -> str:
    """One HTML document that needs nothing else.

    Args:
        title: Stands in the title bar and at the top.
        answer: The answer in one sentence.
        sections: In the order in which a reader wants them.
        warning: What a reader must know before anything else, such as failed runs; may be empty.
        footer: What made the page.
        replays: Stand after the first section; None for a page without.

    Returns:
        The document. Every text in it is escaped; scripts are allowed by their hashes alone, and nothing is fetched.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
    from plotly.offline import get_plotlyjs

    scripts = [get_plotlyjs(), _asset("page.js"), *([_asset("replays.js")] if replays else [])]
    charts = {chart.identifier: chart.data() for section in sections for chart in section.charts}
    environment = Environment(
        loader=PackageLoader("rewardlab.reports.page", "assets"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        finalize=_finalized,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja").render(
        title=title,
        answer=answer,
        warning=warning,
        sections=sections,
        footer=footer,
        scripts=scripts,
        style=_asset("page.css") + _asset("replays.css"),
        policy=_policy(scripts),
        charts_json=_json_island(charts),
        replays=replays,
        replays_json=_json_island(replays.data) if replays else "",
    )


def _finalized(value: object) -> object:
    """Names and messages show what would steer a reader; what is made here, as scripts, stays as it is."""
    from markupsafe import Markup

    return shown(value, lines=True) if isinstance(value, str) and not isinstance(value, Markup) else value


def _policy(scripts: Sequence[str]) -> str:
    """Nothing is fetched, no text becomes a script. Styles are inline, for Plotly writes some."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
        " form-action 'none'"
    )


def _json_island(value: Any) -> str:
    """JSON that no HTML parser sees the end of a script in."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return resources.files("rewardlab.reports.page").joinpath("assets", name).read_text(encoding="utf-8")
