"""The whole main job in a browser and with curl, on a real Gatehouse: six steps, in their order.

Each step stands on the ones before it, as in life, so steps two to six are one test.
"""

import hashlib
import json
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.driving import CHROMIUM, Person, link_in, mail_to, totp
from tests.server.running import Server
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.server]

SHELF = "/datasets/gatehouse/shelf"
NEW = "wanda@walk.example"
NEW_PASSWORD = "a walk through the gate"
TABS = ("", "/files", "/versions", "/preview", "/access", "/terms")


@pytest.fixture(scope="module")
def house(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own, on a copy of the demo."""
    home = server.copy_home(tmp_path_factory.mktemp("walk") / "home")
    own = Server(home)
    try:
        yield own.start()
    finally:
        own.abandon()


@pytest.fixture(scope="module")
def enter(house: Server, playwright: Playwright) -> Iterator[Callable[..., Person]]:
    """Open a browser for somebody; `phone` makes it small, `scheme` dark."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM)

    def opened(*, phone: bool = False, scheme: str = "light") -> Person:
        size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 900}
        return Person(browser.new_context(viewport=size, color_scheme=scheme), house)

    yield opened
    browser.close()


def curl(house: Server, path: str, *words: str, token: str = "") -> subprocess.CompletedProcess:
    sent = ["-H", f"Authorization: Bearer {token}"] if token else []
    return subprocess.run(
        ["curl", "-sS", "-D", "-", *sent, *words, f"{house.url}{path}"],
        capture_output=True,
        check=True,
    )


def first_file(house: Server, tier: str = "processed") -> tuple[str, int, str]:
    """Path, size and sha256 of the first file of a tier of 1.0."""
    ((path, size, sha256),) = house.query(
        "SELECT a.path, a.size, a.sha256 FROM catalogue_artefact a "
        "JOIN catalogue_tier t ON t.id = a.tier_id JOIN catalogue_version v ON v.id = a.version_id "
        "WHERE t.name = ? AND v.number = '1.0' ORDER BY a.path LIMIT 1",
        tier,
    )
    return path, size, sha256


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_anyone_reads_the_catalogue_and_the_card(enter, phone, scheme):
    stranger = enter(phone=phone, scheme=scheme).go("/").check()
    assert stranger.sees("gatehouse/shelf")
    stranger.page.get_by_role("link", name="gatehouse/shelf").first.click()
    for tab in TABS:
        stranger.go(f"{SHELF}{tab}").check()
        expect(stranger.page.locator("h1")).to_be_visible()
    stranger.go(SHELF)
    for told in ("Languages", "Licences", "How it was made", "Schema", "Redact"):
        assert stranger.sees(told), told
    assert stranger.page.locator("svg").count() > 3


def two_a_person_signs_up_and_signs_the_terms(enter, house, kept):
    new = enter().go("/accounts/signup/").check()
    new.fill(name="Wanda Walker", email=NEW, password1=NEW_PASSWORD, password2=NEW_PASSWORD)
    new.press("Sign up").check()
    new.go(link_in(mail_to(house, NEW, "onfirm"))).check()
    new.page.locator("main form button[type=submit]").first.click()
    new.page.wait_for_load_state()
    if "/login" in new.page.url:
        new.fill(login=NEW, password=NEW_PASSWORD).press("Sign in")
    new.go(f"{SHELF}/access").check()
    assert new.sees("Sign terms 1.0")

    path, _, _ = first_file(house)
    refused = new.page.request.get(
        f"{house.url}{SHELF}/resolve/main/{path}", headers={"Accept": "text/html"}
    )
    assert refused.status == 403
    assert f"{SHELF}/terms" in refused.text()

    new.go(f"{SHELF}/terms").check()
    boxes = new.page.locator("main input[type=checkbox]")
    assert boxes.count() == 5
    assert not any(boxes.nth(at).is_checked() for at in range(5))
    boxes.nth(0).check()
    new.fill(typed_name="Wanda Walker", purpose="Measuring how far one can walk.")
    new.press("Sign terms 1.0").check()
    assert new.page.locator(".error").count() >= 4
    for at in range(5):
        boxes.nth(at).check()
    new.press("Sign terms 1.0").check()
    assert "/acceptances/" in new.page.url
    assert new.sees("Wanda Walker")

    number = new.page.url.rsplit("/", 1)[1]
    copy = new.page.request.get(f"{house.url}/acceptances/{number}.json").json()
    text = new.page.request.get(f"{house.url}{SHELF}/terms.txt").text()
    assert copy["text_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert number in mail_to(house, NEW, "Your copy")
    keep_session(new, house, "wanda")
    kept["acceptance"] = number


def keep_session(person: Person, house: Server, name: str) -> None:
    person.context.storage_state(path=f"{house.home}/{name}.json")


def again(enter: Callable[..., Person], house: Server, name: str) -> Person:
    """The same person in a fresh window, still signed in (a code works only once)."""
    person = enter()
    state = json.loads((house.home / f"{name}.json").read_text())
    person.context.add_cookies(state["cookies"])
    return person


def three_they_download_in_the_browser_and_with_curl(enter, house, kept):
    path, size, sha256 = first_file(house)
    address = f"{SHELF}/resolve/main/{path}"
    new = again(enter, house, "wanda").go(f"{SHELF}/files").check()
    with new.page.expect_download() as coming:
        new.page.locator(f'main a[href$="{path}"]').first.click()
    body = coming.value.path().read_bytes()
    assert (len(body), hashlib.sha256(body).hexdigest()) == (size, sha256)

    new.go("/tokens").check().fill(name="laptop")
    new.press("Make the token").check()
    secret = re.search(r"gh_[\w-]{40,}", new.page.locator("main").inner_text())[0]
    new.go("/tokens")
    assert secret not in new.page.content()
    kept["token"] = secret

    head = curl(house, address, "-I", token=secret).stdout.decode().lower()
    assert f"content-length: {size}" in head
    assert f'etag: "{sha256}"' in head
    part = house.home / "part"
    curl(house, address, "-r", "0-99", "-o", str(part), token=secret)
    assert part.read_bytes() == body[:100]
    curl(house, address, "-C", "-", "-o", str(part), token=secret)
    assert hashlib.sha256(part.read_bytes()).hexdigest() == sha256

    answer = curl(house, address).stdout.decode()
    assert answer.startswith("HTTP/1.1 401")
    assert f"{house.url}/accounts/login/" in answer
    newcomer = house.manage("token", "newcomer@demo.example").stdout.strip()
    answer = curl(house, address, token=newcomer).stdout.decode()
    assert answer.startswith("HTTP/1.1 403")
    assert f"{house.url}{SHELF}/terms" in answer

    new.go("/downloads").check()
    assert new.sees(path)


def four_annotations_are_applied_for_approved_and_end(enter, house, kept):
    new = again(enter, house, "wanda")
    raw, _, _ = first_file(house, "raw")
    answer = curl(house, f"{SHELF}-raw/resolve/main/{raw}", token=kept["token"]).stdout.decode()
    assert answer.startswith("HTTP/1.1 403")
    assert "stewards only" in answer

    new.go(f"{SHELF}/annotations/apply").check()
    new.fill(
        affiliation="Walking University",
        purpose="Compare detectors of addresses on held-out files; only scores leave the group.",
        ethics="Overseen by the review board of the university.",
        protection="An encrypted disk of one person; erased when the grant ends.",
    )
    for box in new.page.locator("main input[type=checkbox]").all():
        box.check()
    new.press("Send the application").check()
    number = re.search(r"GH-\d{4}-\d{4}", new.page.content())[0]

    steward = enter().sign_in("steward").go("/steward/applications").check()
    steward.press(number).check()
    assert steward.sees("Walking University")
    steward.page.locator('main form:has(button[value="approve"]) [name="reason"]').fill(
        "The measures fit the programme."
    )
    steward.press("Approve").check()
    assert steward.sees("1 yes of 2")
    keep_session(steward, house, "steward")
    second = enter().sign_in("steward2").go(f"/steward/applications/{number}").check()
    second.page.locator('main form:has(button[value="approve"]) [name="reason"]').fill(
        "The measures fit the programme."
    )
    second.press("Approve").check()
    mail = mail_to(house, NEW, "Access granted")
    assert "The measures fit the programme." in mail

    path, size, _ = first_file(house, "annotations")
    address = f"{house.url}{SHELF}-annotations/resolve/main/{path}"
    new.go(f"/applications/{number}").check()
    told = new.page.request.get(address)
    assert (told.status, told.json()["code"]) == (403, "second_factor")
    enrol(new)
    with new.page.expect_download() as coming:
        new.go(f"{SHELF}/files?tier=annotations")
        new.page.locator(f'main a[href$="{path}"]').first.click()
    assert coming.value.path().stat().st_size == size

    database = sqlite3.connect(house.home / "gatehouse.sqlite3", timeout=30)
    with database:  # the day has come
        database.execute(
            "UPDATE access_grant SET begins = '2020-01-01', ends = '2020-02-01' WHERE id = "
            "(SELECT max(id) FROM access_grant)"
        )
    database.close()
    told = new.page.request.get(address)
    assert (told.status, told.json()["missing_steps"][0]["code"]) == (403, "grant")


def enrol(person: Person) -> None:
    """Add an authenticator, as the refusal says."""
    person.go("/accounts/2fa/totp/activate/")
    if "reauthenticate" in person.page.url:
        person.fill(password=NEW_PASSWORD)
        person.page.locator("main form button[type=submit]").first.click()
        person.page.wait_for_load_state()
    secret = re.search(r"\b[A-Z2-7]{32}\b", person.page.content().replace(" ", ""))
    if secret is None:
        secret = re.search(r"[A-Z2-7]{32}", person.page.content())
    code, period = totp(secret[0])
    person.fill(code=code)
    person.page.locator("main form button[type=submit]").last.click()
    person.page.wait_for_load_state()
    person.go("/accounts/2fa/reauthenticate/")
    if person.page.locator('main [name="code"]').count():
        person.fill(code=totp(secret[0], after=period)[0])
        person.page.locator("main form button[type=submit]").first.click()
        person.page.wait_for_load_state()


def five_the_steward_downloads_raw_and_the_auditor_reads_it_all(enter, house, kept):
    path, _, sha256 = first_file(house, "raw")
    steward = again(enter, house, "steward").go(f"{SHELF}/files?tier=raw").check()
    with steward.page.expect_download() as coming:
        steward.page.locator(f'main a[href$="{path}"]').first.click()
    assert hashlib.sha256(coming.value.path().read_bytes()).hexdigest() == sha256
    approved = enter().sign_in("approved")
    told = approved.page.request.get(f"{house.url}{SHELF}-raw/resolve/main/{path}")
    assert told.status == 403
    auditor = enter().sign_in("auditor").go("/record").check()
    assert auditor.sees("ticket.refuse")
    auditor.go("/record?action=application.approve").check()
    assert auditor.sees("The measures fit the programme.") or auditor.sees("application.approve")
    auditor.page.locator("main table a").first.click()
    auditor.page.wait_for_load_state()
    auditor.check()
    auditor.go("/record?person=steward@&tier=raw").check()
    assert auditor.sees("ticket.issue")
    assert auditor.sees(path)
    auditor.go(f"/record?person={NEW}").check()
    for action in ("terms.accept", "ticket.issue", "application.submit"):
        assert auditor.sees(action), action


def six_a_new_version_is_built_watched_compared_and_published_by_two(enter, house, kept):
    removed = ("django/django", "repository")
    steward_removes(enter, house, *removed)
    admin = enter().sign_in("admin").go("/builds").check()
    admin.fill(reason="One repository asked to leave.").press("Start the build")
    address = admin.page.url
    assert admin.sees("1.1")
    admin.check()
    live = admin.page.locator("main").inner_text()
    assert until(lambda: admin.page.locator("main").inner_text() != live or done(house), 60)
    assert until(lambda: done(house), 300), house.output
    admin.page.reload()
    admin.check()
    for told in ("Difference", "1.0"):
        assert admin.sees(told)
    assert not admin.page.get_by_role("button", name="Publish 1.1").count()

    versions(house, "candidate")
    steward = again(enter, house, "steward").go(address).check()
    steward.page.locator('main form:has(button[value="approve"]) [name="reason"]').fill(
        "Looks right."
    )
    steward.press("Approve").check()
    second = again(enter, house, "admin2").go(address).check()
    second.page.locator('main form:has(button[value="publish"]) [name="reason"]').fill("Due today.")
    second.press("Publish").check()

    stranger = enter().go(f"{SHELF}/versions").check()
    assert stranger.sees("1.1")
    stranger.go(f"{SHELF}/versions/1.1").check()
    rows = house.query("SELECT rows FROM catalogue_version ORDER BY number")
    assert rows[0] > rows[1]
    told = curl(house, "/api/v1/datasets").stdout.decode()
    assert '"current_version":"1.1"' in told.replace(" ", "")


def steward_removes(enter: Callable[..., Person], house: Server, value: str, kind: str) -> None:
    """By the page, with a fresh code: the steward's last one was used a step ago."""
    admin = enter().sign_in("admin2").go("/steward/removals").check()
    admin.page.locator('main [name="kind"]').select_option(kind)
    admin.fill(value=value, reason="Asked by its owner.").press("Record it").check()
    assert admin.sees(value)
    keep_session(admin, house, "admin2")


def done(house: Server) -> bool:
    ((state,),) = house.query("SELECT state FROM engine_build ORDER BY id DESC LIMIT 1")
    assert state != "failed", house.output
    return state == "done"


def versions(house: Server, state: str) -> None:
    ((found,),) = house.query("SELECT state FROM catalogue_version WHERE number = '1.1'")
    assert found == state


def test_the_main_job_from_sign_up_to_a_new_version(enter, house):
    kept: dict[str, str] = {}  # what one step leaves for the next: a token, a number
    two_a_person_signs_up_and_signs_the_terms(enter, house, kept)
    three_they_download_in_the_browser_and_with_curl(enter, house, kept)
    four_annotations_are_applied_for_approved_and_end(enter, house, kept)
    five_the_steward_downloads_raw_and_the_auditor_reads_it_all(enter, house, kept)
    six_a_new_version_is_built_watched_compared_and_published_by_two(enter, house, kept)
