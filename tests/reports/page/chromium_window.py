"""A real Chromium, offline, that notes all that a page should not do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

_NOTES = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
"""


@final
@dataclass
class Window:
    """A page that is open.

    Attributes:
        page: Playwright's page.
        errors: Of its console, warnings too, and exceptions that nobody caught.
        requests: All addresses but those of data.
        dialogs: What it said in boxes.
    """

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def complaints(self) -> list[str]:
        """All that a page should not do: empty for one that keeps to itself."""
        asked = [address for address in self.requests if address != self.page.url.partition("#")[0]]
        return [*self.errors, *asked, *self.dialogs, *self.page.evaluate("window.violations")]

    def wait_until(self, condition: str) -> None:
        """Wait until a JavaScript expression is true. Playwright's own way is an eval, which the page's policy forbids.

        Args:
            condition: The expression.
        """
        for _ in range(100):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"not within ten seconds: {condition}")


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def window(browser: Any, path: Path, width: int = 1100, scheme: str = "light") -> Iterator[Window]:
    """Open a file without a network.

    Args:
        browser: See `chromium`.
        path: The file.
        width: Of the window, in pixels.
        scheme: "light" or "dark".
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", offline=True
    )
    context.add_init_script(_NOTES)
    opened = Window(context.new_page())
    opened.page.set_default_timeout(10_000)
    opened.page.on("console", lambda said: opened.errors.append(f"{said.type}: {said.text}"))
    opened.page.on("pageerror", lambda fault: opened.errors.append(str(fault)))
    opened.page.on("request", lambda request: _note(opened.requests, request.url))
    opened.page.on("dialog", lambda dialog: (opened.dialogs.append(dialog.message), dialog.dismiss()))
    opened.page.goto(path.as_uri())
    yield opened
    context.close()


def _note(requests: list[str], address: str) -> None:
    if not address.startswith("data:"):
        requests.append(address)
