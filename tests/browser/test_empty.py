"""An empty installation, in a browser, up to its first published version and first download."""

import hashlib
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Playwright

from tests.browser.driving import CHROMIUM, Person, link_in, mail_to, totp
from tests.pipeline.shelves import install
from tests.server.running import Server
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.server]

ADA, GRACE, STELLA, RHEA = (f"{name}@lab.example" for name in ("ada", "grace", "stella", "rhea"))
PASSWORD = "a gate that opens by itself"
SHELF = "/datasets/lab/first"
MADE_WITHIN = 120.0  # seconds: a first start migrates and collects static files


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    own = Server(tmp_path_factory.mktemp("empty") / "home", "--empty")
    try:
        yield own.start(MADE_WITHIN)
        assert own.stop() == 0, own.output
    finally:
        own.abandon()


@pytest.fixture(scope="module")
def enter(house: Server, playwright: Playwright) -> Iterator[Callable[..., Person]]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM)

    def opened(*, phone: bool = False, scheme: str = "light") -> Person:
        size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 900}
        return Person(browser.new_context(viewport=size, color_scheme=scheme), house)

    yield opened
    browser.close()


def submit(person: Person) -> Person:
    person.page.locator("main form button[type=submit]").first.click()
    person.page.wait_for_load_state()
    return person


def take_up(person: Person, link: str, name: str) -> Person:
    """Follow an invitation: make the account, and add the second factor that it asks for."""
    person.go(link).check()
    person.fill(name=name, password1=PASSWORD, password2=PASSWORD)
    person.press("Make the account and accept").check()
    assert "/2fa/totp/activate" in person.page.url, person.page.locator("main").inner_text()
    found = re.search(r"[A-Z2-7]{32}", person.page.content().replace(" ", ""))
    assert found, "the page shows no secret to type"
    person.fill(code=totp(found[0])[0])
    person.page.locator("main form button[type=submit]").last.click()
    person.page.wait_for_load_state()
    # The code of the enrolment counts: the pages of the role are open at once.
    person.check().go("/builds").check()
    assert person.sees("A version is made by a build"), person.page.url
    return person


def one_the_operator_makes_the_first_admin(house, enter) -> Person:
    enter(phone=True, scheme="dark").go("/").check()
    stranger = enter().go("/").check()
    assert stranger.sees("manage.py init --admin")
    made = house.manage("init", "--admin", ADA)
    assert made.returncode == 0, made.stderr
    link = link_in(made.stdout)
    assert link.startswith(f"{house.url}/invitations/")
    for again in (ADA, GRACE):
        refused = house.manage("init", "--admin", again)
        assert refused.returncode == 1
        assert "an admin already" in refused.stderr
    assert link in mail_to(house, ADA, "invited to be admin")
    ada = take_up(enter(), link, "Ada First")
    assert stranger.go(link).sees("can't be used"), "the link works once"
    ada.go("/admin").check()
    assert ada.sees("Invite a second admin")
    return ada


def two_others_are_invited(house, enter, ada) -> tuple[Person, Person]:
    for email, role in ((GRACE, "admin"), (STELLA, "steward")):
        ada.go("/admin/roles").check().fill(email=email, reason="joins the team")
        ada.page.locator(f'main [name="role"][value="{role}"]').check()
        ada.press("Give the role").check()
        assert ada.sees(email)
    grace = take_up(enter(), link_in(mail_to(house, GRACE, "invited to be admin")), "Grace Next")
    stella = take_up(
        enter(), link_in(mail_to(house, STELLA, "invited to be steward")), "Stella Steward"
    )
    ada.go("/admin/roles").fill(email=ADA, reason="more for me")
    ada.page.locator('main [name="role"][value="auditor"]').check()
    ada.press("Give the role").check()
    assert ada.sees("Nobody gives a role to themselves")
    return grace, stella


def three_a_dataset_is_made_with_its_terms_and_sources(house, ada, tmp_path) -> None:
    ada.go("/admin/datasets/new").check()
    ada.fill(slug="lab/first", title="First", summary="Two small distributions.", reason="a start")
    ada.press("Make the dataset").check()
    assert ada.page.url.endswith("/admin/datasets/lab/first")
    assert ada.sees("Put terms in force")
    put_terms_in_force(ada)
    for name in ("left", "right"):
        text = f'"""A module of {name}."""\n\nAUTHOR = "{name}@somewhere.org"\n' * 30
        install(tmp_path, name, {f"{name}/__init__.py": text, f"{name}/more.py": text + "x = 1\n"})
    told = house.manage("collect", "distributions", str(tmp_path), "--dataset", "lab/first")
    assert told.returncode == 0, told.stderr
    ada.go("/admin").check()
    assert ada.sees("Start a build")


def put_terms_in_force(ada: Person) -> None:
    ada.press("Draft the terms").check().press("Start a draft").check()
    ada.fill(reason="The first terms of this dataset.")
    ada.press("Save and see what changes").check()
    ada.fill(confirmation="1.0").press("Publish terms 1.0").check()
    ada.go("/admin/datasets/lab/first")
    assert ada.sees("Terms 1.0 are in force")


def four_three_people_bring_a_version_out(house, ada, grace, stella) -> None:
    ada.go("/builds").check().fill(reason="the first one").press("Start the build")
    address = ada.page.url
    ended = "SELECT state FROM engine_build WHERE state != 'running'"
    assert until(lambda: bool(house.query(ended)), 120), house.output
    assert house.query(ended) == [("done",)], house.output
    ada.go(address).check()
    assert not ada.page.get_by_role("button", name="Approve").count()
    decide(stella.go(address).check(), "approve", "The figures are right.")
    decide(grace.go(address).check(), "publish", "Due today.")
    ada.go("/admin").check()
    assert ada.sees("List the dataset")
    ada.go("/admin/datasets/lab/first").check()
    ada.page.locator('main form:has(button[value="listing"]) [name="reason"]').fill("It is out.")
    ada.press("List it").check()
    ada.go("/admin").check()
    assert ada.sees("All set up")


def decide(person: Person, verb: str, reason: str) -> None:
    person.page.locator(f'main form:has(button[value="{verb}"]) [name="reason"]').fill(reason)
    person.press(verb.capitalize()).check()


def five_a_researcher_downloads_the_first_file(house, enter) -> None:
    rhea = enter().go("/").check()
    assert rhea.sees("lab/first")
    rhea.go("/accounts/signup/")
    rhea.fill(name="Rhea Searcher", email=RHEA, password1=PASSWORD, password2=PASSWORD)
    submit(rhea.check())
    submit(rhea.go(link_in(mail_to(house, RHEA, "onfirm"))).check())
    if "/login" in rhea.page.url:
        rhea.fill(login=RHEA, password=PASSWORD).press("Sign in")
    rhea.go(f"{SHELF}/terms").check()
    for box in rhea.page.locator("main input[type=checkbox]").all():
        box.check()
    rhea.fill(typed_name="Rhea Searcher", purpose="Seeing whether the first one can be had.")
    rhea.press("Sign terms 1.0").check()
    rhea.go(f"{SHELF}/files").check()
    ((path, sha256),) = house.query(
        "SELECT a.path, a.sha256 FROM catalogue_artefact a JOIN catalogue_tier t "
        "ON t.id = a.tier_id WHERE t.name = 'processed' AND a.path LIKE 'data/%' LIMIT 1"
    )
    with rhea.page.expect_download() as coming:
        rhea.page.locator(f'main a[href$="{path}"]').first.click()
    assert hashlib.sha256(coming.value.path().read_bytes()).hexdigest() == sha256


def test_from_nothing_to_the_first_download(house, enter, tmp_path):
    ada = one_the_operator_makes_the_first_admin(house, enter)
    grace, stella = two_others_are_invited(house, enter, ada)
    three_a_dataset_is_made_with_its_terms_and_sources(house, ada, tmp_path)
    four_three_people_bring_a_version_out(house, ada, grace, stella)
    five_a_researcher_downloads_the_first_file(house, enter)
    assert "Traceback" not in house.output
