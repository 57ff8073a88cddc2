"""A lab of two applies in a browser: draft, returned, approved by two, joined, expired, renewed.

Time moves by changing dates in the database; nobody waits for it.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Playwright

from tests.browser.driving import CHROMIUM, Person, mail_to
from tests.server.running import Server

pytestmark = [pytest.mark.browser, pytest.mark.server]

SHELF = "/datasets/gatehouse/shelf"
LEAD, MEMBER = "researcher@demo.example", "approved@demo.example"
ANSWERS = {
    "affiliation": "University of the Walk, group for code",
    "purpose": "Compare detectors of addresses on held-out files; only scores leave the group.",
    "ethics": "Overseen by the review board of the university.",
    "protection": "An encrypted disk; erased when the grant ends.",
}


@pytest.fixture(scope="module")
def house(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    own = Server(server.copy_home(tmp_path_factory.mktemp("lab") / "home"))
    try:
        yield own.start()
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


def moved(house: Server, statement: str, *values: object) -> None:
    """The calendar of the test: a date in the database."""
    database = sqlite3.connect(house.home / "gatehouse.sqlite3", timeout=30)
    with database:
        database.execute(statement, values)
    database.close()


def annotations(house: Server, person: Person) -> int:
    """What somebody is answered who asks for a file of the tier."""
    ((path,),) = house.query(
        "SELECT a.path FROM catalogue_artefact a JOIN catalogue_tier t ON t.id = a.tier_id "
        "WHERE t.name = 'annotations' ORDER BY a.path LIMIT 1"
    )
    address = f"{house.url}{SHELF}-annotations/resolve/main/{path}"
    return person.page.request.get(address).status


def tick_all(person: Person) -> None:
    for box in person.page.locator("main form input[type=checkbox]").all():
        box.check()


def decides(person: Person, number: str, verb: str, button: str, words: str) -> None:
    person.go(f"/steward/applications/{number}").check()
    field = person.page.locator(f'main form:has(button[value="{verb}"]) [name="reason"]')
    field.fill(words)
    person.press(button).check()


def test_a_lab_of_two_from_draft_to_renewed(enter, house):
    moved(house, "UPDATE access_grant SET begins = '2020-01-01', ends = '2020-02-01'")
    lead, member = enter().sign_in("researcher"), enter(phone=True).sign_in("approved")
    steward, second = enter().sign_in("steward"), enter(scheme="dark").sign_in("steward2")
    assert annotations(house, member) == 403

    number = drafted_and_sent(lead)
    returned_and_answered(lead, steward, house, number)
    approved_by_two(lead, steward, second, house, number)
    joined(member, house)
    assert annotations(house, member) == 200
    expired(lead, member, house, number)
    renewed(lead, steward, second, house, number)
    for each in (lead, member, steward, second):
        assert not each.noise


def drafted_and_sent(lead: Person) -> str:
    lead.go(f"{SHELF}/annotations/apply").check()
    lead.fill(affiliation=ANSWERS["affiliation"], members=MEMBER)
    lead.press("Keep it for later").check()
    assert lead.sees("Nothing was sent")
    number = re.search(r"GH-\d{4}-\d{4}", lead.page.url)[0]
    lead.go(f"{SHELF}/annotations/apply")
    assert lead.page.url.endswith(f"/applications/{number}/edit")  # the draft goes on
    assert lead.page.locator('[name="members"]').input_value() == MEMBER
    lead.fill(**ANSWERS)
    tick_all(lead)
    lead.press("Send the application").check()
    assert lead.sees("1st of 1 in the queue")
    lead.press("Remind the stewards").check()
    assert lead.sees("You reminded them")
    return number


def returned_and_answered(lead: Person, steward: Person, house: Server, number: str) -> None:
    steward.go("/steward/applications").check()
    steward.press(number).check()
    assert steward.sees(MEMBER)
    steward.press("Take it").check()
    note = steward.page.locator('main form:has(button[value="note"]) [name="note"]')
    note.fill("I know the group: careful people.")
    steward.page.get_by_role("button", name="Keep the note").click()
    steward.page.wait_for_load_state()
    assert steward.sees("careful people")
    decides(steward, number, "return", "Return it", "Who else can reach the disk?")
    assert "Who else can reach" in mail_to(house, LEAD, "Questions about")
    lead.go(f"/applications/{number}").check()
    assert not lead.sees("careful people")
    lead.press("Answer the questions").check()
    lead.fill(reply="Nobody but the two of us.")
    lead.press("Send the answer").check()
    assert lead.sees("1st of 1 in the queue")
    assert lead.sees("Nobody but the two of us.")


def approved_by_two(
    lead: Person, steward: Person, second: Person, house: Server, number: str
) -> None:
    decides(steward, number, "approve", "Approve", "Careful, and for a good end.")
    assert steward.sees("1 yes of 2")
    second.go("/steward/applications").check()
    assert second.sees("One yes of two")
    second.page.locator(f'input[name="number"][value="{number}"]').check()
    second.page.locator('input[name="verb"][value="approve"]').check()
    ends = (date.today() + timedelta(days=60)).isoformat()  # noqa: DTZ011
    second.fill(ends=ends, reason="I agree.")
    second.press("Answer those that are ticked").check()
    assert second.sees("approved")
    assert "I agree." in mail_to(house, LEAD, "Access granted")
    lead.go(f"/applications/{number}").check()
    assert lead.sees("Open to you until")
    assert lead.sees("Invited")


def joined(member: Person, house: Server) -> None:
    assert "accept" in mail_to(house, MEMBER, "You are invited").lower()
    member.go("/invitations").check()
    member.press("Accept").check()
    assert member.sees("You are in.")


def expired(lead: Person, member: Person, house: Server, number: str) -> None:
    moved(
        house,
        "UPDATE access_grant SET begins = '2020-03-01', ends = '2020-04-01' WHERE application_id = "
        "(SELECT id FROM access_application WHERE number = ?)",
        number,
    )
    assert annotations(house, member) == 403
    lead.go(f"/applications/{number}").check()
    assert lead.sees("Access expired")
    member.go("/invitations").check()
    assert member.sees("Your access ended on 1 Apr 2020")
    # It was a month ago, not six years: what ended too long ago is applied for anew.
    moved(
        house,
        "UPDATE access_grant SET ends = ? WHERE application_id = "
        "(SELECT id FROM access_application WHERE number = ?)",
        f"{date.today() - timedelta(days=30)} 00:00:00",  # noqa: DTZ011
        number,
    )


def renewed(lead: Person, steward: Person, second: Person, house: Server, number: str) -> None:
    lead.go(f"/applications/{number}").press("Renew it").check()
    again = re.search(r"GH-\d{4}-\d{4}", lead.page.url)[0]
    assert again != number
    assert lead.page.locator('[name="purpose"]').input_value() == ANSWERS["purpose"]
    lead.fill(done_with_it="Two detectors were measured; the scores are in a paper under review.")
    tick_all(lead)
    lead.press("Send the application").check()
    decides(steward, again, "approve", "Approve", "As before.")
    decides(second, again, "approve", "Approve", "As before.")
    lead.go(f"/applications/{again}").check()
    assert lead.sees("Open to you until")
    lead.go("/applications").check()
    assert lead.sees("Access expired")
    ((grants,),) = house.query(
        "SELECT count(*) FROM access_grant g JOIN access_application a ON a.id = g.application_id "
        "WHERE a.number = ?",
        again,
    )
    assert grants == 1  # the lead's; the member is asked anew
