"""A real browser in front of a real service, and what every page must keep to in it."""

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "No Chromium was found, so the dashboard was not tried in a browser."
    " Install one (Debian: apt-get install chromium) and run the tests again."
)
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}
OF_COLOUR = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""What can be otherwise in the dark than in the light."""
_TIMEOUT_MS = 30_000
_COLOURS = 128
_TOP: Any = {"x": 0, "y": 0, "width": 1280, "height": 800}
expect.set_options(timeout=_TIMEOUT_MS)


def chromium() -> str | None:
    """Where a Chromium is, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def launched(executable: str) -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visitor:
    """One page in a browser of its own. `complaints` is what the browser said about the pages:
    errors of scripts and breaches of the content security policy."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def arrive(cls, browser: Browser, url: str, **options: Any) -> "Visitor":
        """A visitor without cookies; `options` such as java_script_enabled=False."""
        size: Any = {"width": 1280, "height": 900}
        # Colours that are still changing are none that anybody reads.
        context = browser.new_context(
            base_url=url, viewport=size, reduced_motion="reduce", **options
        )
        context.set_default_timeout(_TIMEOUT_MS)
        visitor = cls(context.new_page(), url)
        visitor.page.on("console", visitor._listen)
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        return visitor

    def go(self, path: str) -> None:
        """Open a page of the service."""
        self.page.goto(path)

    def sign_in(self, email: str, password: str) -> None:
        """Through the door."""
        self.go("/dashboard/sign-in")
        self.page.fill("[name=email]", email)
        self.page.fill("[name=password]", password)
        self.page.click("main button")

    def breaches_of_wcag(self) -> list[str]:
        """What axe-core finds wrong with the page as it is, in light and in dark."""
        found = []
        rules: tuple[tuple[Any, Any], ...] = (("light", WCAG), ("dark", OF_COLOUR))
        for scheme, options in rules:
            self.page.emulate_media(color_scheme=scheme)
            results = Axe().run(self.page, options=options)
            found += [
                f"{self.page.url} ({scheme}): {each['id']}: {each['nodes'][0]['html'][:200]}"
                f" {each['nodes'][0]['failureSummary']}"
                for each in results.response["violations"]
            ]
        self.page.emulate_media(color_scheme="light")
        return found

    def keep(self, name: str) -> None:
        """Keep a picture of what is seen, where ATTESTOR_SCREENSHOTS says."""
        directory = os.environ.get("ATTESTOR_SCREENSHOTS")
        if directory:
            picture = Image.open(io.BytesIO(self.page.screenshot(full_page=True, clip=_TOP)))
            small = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
            small.save(Path(directory, f"{name}.png"), optimize=True)

    def _listen(self, message: ConsoleMessage) -> None:
        # A page that answers 4xx is an error to the browser's console, not to us.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(f"{self.page.url}: {message.text}")
