"""Sign-in by another site in a browser: the way there and back, under the site's own policy."""

import re
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from playwright.sync_api import Playwright

from tests.accounts.provider import CLIENTS, SECRET, Provider
from tests.browser.driving import CHROMIUM, Person
from tests.server.running import Server

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture(scope="module")
def site() -> Iterator[Provider]:
    with Provider() as started:
        yield started


@pytest.fixture(scope="module")
def house(server: Server, site: Provider, tmp_path_factory) -> Iterator[Server]:
    """A Gatehouse whose environment names GitHub and Hugging Face, both of them at `site`."""
    variables = {
        f"{name.upper()}_{what}": value
        for name in ("github", "huggingface")
        for what, value in (
            ("CLIENT_ID", CLIENTS[name]),
            ("CLIENT_SECRET", SECRET),
            ("URL", site.url),
        )
    }
    own = Server(server.copy_home(tmp_path_factory.mktemp("sites") / "home"), **variables)
    try:
        yield own.start()
    finally:
        own.abandon()


@pytest.mark.parametrize("name", ["GitHub", "Hugging Face"])
def test_there_and_back(name, house, site, playwright: Playwright):
    browser = playwright.chromium.launch(executable_path=CHROMIUM)
    person = Person(browser.new_context(), house)
    person.go("/accounts/login/").check()
    assert not person.page.get_by_role("button", name="ORCID").count()
    person.press(name)
    assert person.page.url.startswith(site.url), "the policy names the sites that are configured"
    person.page.locator("#allow").click()
    person.page.wait_for_url(f"{house.url}/accounts/3rdparty/signup/")
    person.check()
    assert person.page.locator('main [name="name"]').input_value() == "Ada Lovelace"
    browser.close()


def test_the_policy_names_no_other_site(house, site, server):
    def allowed(of: Server) -> set[str]:
        with urlopen(f"{of.url}/accounts/login/") as answer:
            policy = answer.headers["Content-Security-Policy"]
        return set(re.search(r"form-action ([^;]+)", policy)[1].split())

    assert allowed(house) == {"'self'", site.url}
    assert allowed(server) == {"'self'"}
