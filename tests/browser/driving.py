"""The system's Chromium as people use it: signs in, keeps an eye on the console and on axe."""

import html
import re
import shutil
import time
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from portal.demo import PASSWORD
from tests.server.running import Server
from tests.waiting import until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
SERIOUS = {"serious", "critical"}
CODE_LIVES = 30  # seconds


class Person:
    """One browser of one person. Anything in the console that is an error fails the test."""

    def __init__(self, context: BrowserContext, server: Server) -> None:
        self.context, self.server = context, server
        self.page: Page = context.new_page()
        self.noise: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))

    def _heard(self, message: object) -> None:
        # A refusal has its status on purpose; whatever else is red is a fault, CSP above all.
        expected = "the server responded with a status of 4" in message.text
        if message.type == "error" and not expected:
            self.noise.append(message.text)

    def go(self, path: str) -> "Person":
        self.page.goto(path if path.startswith("http") else self.server.url + path)
        return self

    def press(self, name: str) -> "Person":
        """Press a button or follow a link by the words on it."""
        main = self.page.locator("main")
        button = main.get_by_role("button", name=name)
        (button if button.count() else main.get_by_role("link", name=name)).first.click()
        self.page.wait_for_load_state()
        return self

    def fill(self, **values: str) -> "Person":
        for name, value in values.items():
            self.page.locator(f'main [name="{name}"]').first.fill(value)
        return self

    def sees(self, text: str) -> bool:
        return text in self.page.locator("body").inner_text()

    def check(self) -> "Person":
        """No noise in the console, nothing serious in axe, nothing wider than the screen."""
        assert not self.noise, self.noise
        found = Axe().run(self.page).response["violations"]
        serious = [each for each in found if each["impact"] in SERIOUS]
        assert not serious, [(each["id"], each["nodes"][0]["html"]) for each in serious]
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not self.page.evaluate(wide), self.page.url
        return self

    def sign_in(self, name: str) -> "Person":
        """As one of the demo's people, with a code of the demo's page where one is asked for."""
        self.go("/accounts/login/")
        self.fill(login=f"{name}@demo.example", password=PASSWORD)
        self.press("Sign in")
        if "/2fa/" in self.page.url:
            used = self._give(self.code(name))
            if "/2fa/" in self.page.url:  # it was used before, or its time was just over
                assert until(lambda: self.code(name) != used, CODE_LIVES + 5)
                self._give(self.code(name))
        assert "/accounts/" not in self.page.url, self.page.locator("main").inner_text()
        return self

    def _give(self, code: str) -> str:
        self.fill(code=code)
        self.page.locator("main form button[type=submit]").first.click()
        self.page.wait_for_load_state()
        return code

    def code(self, name: str) -> str:
        """The code that the demo's page shows for somebody."""
        other = self.context.new_page()
        other.goto(f"{self.server.url}/demo")
        row = other.locator("article, tr, li, section").filter(has_text=f"{name}@demo.example").last
        found = re.search(r"\b\d{3} ?\d{3}\b", row.inner_text())
        other.close()
        assert found, f"no code of {name} on the demo's page"
        return found[0].replace(" ", "")


def mail_to(server: Server, address: str, subject: str) -> str:
    """The text of the newest mail of somebody; waits for the worker to send it."""

    def found() -> list[str]:
        return [
            mail.get_body(("plain",)).get_content()
            for mail in server.mail()
            if address in str(mail["To"]) and subject in str(mail["Subject"])
        ]

    assert until(lambda: bool(found()), 30), [str(mail["Subject"]) for mail in server.mail()]
    return found()[-1]


def link_in(text: str) -> str:
    found = re.search(r"https?://\S+", text)
    assert found, text
    return html.unescape(found[0]).rstrip(".")


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as started:
        yield started


def totp(secret: str, *, after: int = 0) -> tuple[str, int]:
    """A code and its period, of a period after the one given: a code works once."""
    import base64
    import hmac

    assert until(lambda: int(time.time()) // CODE_LIVES > after, CODE_LIVES + 5)
    period = int(time.time()) // CODE_LIVES
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, period.to_bytes(8, "big"), "sha1").digest()
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06d}", period
