"""Passkeys, with Chromium's own authenticator: made, signed in with, asked for, removed."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Playwright

from portal.demo import PASSWORD
from tests.browser.driving import CHROMIUM, Person
from tests.server.running import Server

pytestmark = [pytest.mark.browser, pytest.mark.server]
WHO = "researcher@demo.example"


@pytest.fixture(scope="module")
def house(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    own = Server(server.copy_home(tmp_path_factory.mktemp("passkeys") / "home"))
    try:
        yield own.start()
    finally:
        own.abandon()


class Holder(Person):
    """A person whose device holds passkeys; `sees_them` is whether it recognises its holder."""

    def plug_in(self) -> "Holder":
        self.cdp = self.context.new_cdp_session(self.page)
        self.cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.device = made["authenticatorId"]
        return self

    def recognised(self, *, seen: bool) -> None:
        self.cdp.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.device, "isUserVerified": seen}
        )

    def held(self) -> list[dict]:
        told = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.device})
        return told["credentials"]

    def by_password(self) -> "Holder":
        self.go("/accounts/login/").fill(login=WHO, password=PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_load_state()
        return self

    def arrives(self, path: str) -> None:
        """Wait until the page is this one: the browser signs before it goes on."""
        self.page.wait_for_url(f"{self.server.url}{path}")

    def out(self) -> "Holder":
        self.go("/accounts/logout/").press("Sign out")
        return self


@pytest.fixture(scope="module")
def enter(house: Server, playwright: Playwright) -> Iterator[Callable[..., Holder]]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM)
    yield lambda: Holder(browser.new_context(), house).plug_in()
    browser.close()


def factor_used(person: Holder) -> bool:
    return person.go("/account").sees("Used in this session")


def test_a_passkey_from_the_first_to_the_last_day(enter, house):
    person = enter().by_password()
    assert not factor_used(person)

    person.go("/accounts/2fa/webauthn/add/")
    person.fill(password=PASSWORD).press("Go on")
    person.check().fill(name="Laptop").press("Make the passkey")
    person.arrives("/accounts/2fa/recovery-codes/")
    [made] = person.held()
    assert made["isResidentCredential"]
    person.go("/accounts/2fa/").check()
    assert person.sees("Laptop")
    assert not factor_used(person), "enrolled is not used"

    # Alone: two factors, as the device asked who holds it.
    person.out().go("/accounts/login/?next=/inbox").check()
    person.press("Sign in with a passkey")
    person.arrives("/inbox")
    assert factor_used(person)

    # As the second factor beside the password.
    person.out().by_password()
    assert "/accounts/2fa/authenticate/" in person.page.url
    person.check().press("Use my passkey")
    person.arrives("/")
    assert factor_used(person)

    # Whoever has only a passkey is led to it, not to a form for a code.
    person.go("/accounts/2fa/reauthenticate/?next=/tokens")
    assert "/2fa/webauthn/reauthenticate/" in person.page.url
    person.check().press("Use my passkey")
    person.arrives("/tokens")

    person.go("/accounts/2fa/").press("Remove")
    person.check().press("Remove it")
    assert person.sees("The passkey is removed")
    assert not house.query("SELECT id FROM mfa_authenticator WHERE user_id = "
                           "(SELECT id FROM accounts_user WHERE email = ?)", WHO)  # fmt: skip
    person.out().go("/accounts/login/").press("Sign in with a passkey")
    person.page.get_by_role("alert").filter(has_text="no account here has that passkey").wait_for()
    person.go("/account")
    assert "/accounts/login/" in person.page.url


def test_a_device_that_does_not_know_its_holder_signs_nobody_in(enter):
    person = enter().by_password()
    person.go("/accounts/2fa/webauthn/add/")
    if "reauthenticate" in person.page.url:
        person.fill(password=PASSWORD).press("Go on")
    person.press("Make the passkey")
    person.arrives("/accounts/2fa/recovery-codes/")
    person.recognised(seen=False)
    person.out().go("/accounts/login/").press("Sign in with a passkey")
    person.page.get_by_role("alert").filter(has_text="Nothing was signed").wait_for()
    person.check()
    assert "/accounts/login/" in person.page.url
