"""The demo's own pages; elsewhere they are not there."""

from dataclasses import dataclass

import pytest
from django.core.mail import EmailMessage

from governance.notices.mailbox import FolderBackend
from portal.pages.demo import linked
from tests.pages import shelf

pytestmark = pytest.mark.django_db


@dataclass
class Person:
    email: str
    name: str = "Nora"
    role: str = "Newcomer"
    password: str = "open-sesame"
    tries: tuple = (("Read the terms", "/datasets/a/b/terms"),)
    code: str = ""
    code_seconds: int = 0


@pytest.fixture
def people(monkeypatch, settings):
    settings.DEMO = True
    found = [
        Person("new@demo.example"),
        Person("staff@demo.example", code="123456", code_seconds=7),
    ]
    monkeypatch.setattr("portal.demo.people", lambda: found)
    return found


def mailed(to: str, text: str, subject: str = "Hello") -> None:
    FolderBackend().send_messages([EmailMessage(subject, text, "house@example.org", [to])])


@pytest.mark.parametrize("address", ["/demo", "/demo/mail"])
def test_elsewhere_there_is_no_such_page(client, settings, address):
    settings.DEMO = False
    assert client.get(address, headers={"accept": "text/html"}).status_code == 404


def test_everybody_with_password_and_code(client, people):
    text = shelf.read(client.get("/demo"))
    assert "new@demo.example" in text
    assert "open-sesame" in text
    assert "123456" in text
    assert "in 7 s" in text
    assert "/datasets/a/b/terms" in text


def test_only_what_changed_is_swapped_in(client, people):
    asked = {"HX-Request": "true"}
    same = client.get("/demo", {"codes": "123456"}, headers=asked).content.decode()
    assert "in 7 s" in same
    assert "<code" not in same
    people[1].code = "654321"
    fresh = client.get("/demo", {"codes": "123456"}, headers=asked).content.decode()
    assert "654321" in fresh
    assert "codes=654321" in fresh


def test_mails_newest_first_and_by_address(client, people):
    assert "No mail yet" in shelf.read(client.get("/demo/mail"))
    mailed("ada@demo.example", "first", "First")
    mailed("bob@demo.example", "second", "Second")
    text = shelf.read(client.get("/demo/mail"))
    assert text.index("Second</h2>") < text.index("First</h2>")
    only = shelf.read(client.get("/demo/mail", {"to": "ada@"}))
    assert "First</h2>" in only
    assert "Second</h2>" not in only
    assert "No mail to that address" in shelf.read(client.get("/demo/mail", {"to": "zoe@"}))


def test_hostile_mail_is_text(client, people):
    mailed("ada@demo.example", "<script>alert(1)</script>\n\n<b>x</b>", "<i>s</i>")
    text = shelf.read(client.get("/demo/mail", {"to": '"><script>alert(2)</script>'}))
    assert "<script>alert" not in text
    text = shelf.read(client.get("/demo/mail"))
    assert "<script>alert" not in text
    assert "&lt;i&gt;s&lt;/i&gt;" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "Open http://here/x?a=1&b=2.",
            'Open <a href="http://here/x?a=1&amp;b=2">http://here/x?a=1&amp;b=2</a>.',
        ),
        ("http://elsewhere/x", "http://elsewhere/x"),
        ("<b> http://here/x", '&lt;b&gt; <a href="http://here/x">http://here/x</a>'),
        ("http://here@elsewhere/x", "http://here@elsewhere/x"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ('http://here/"onclick="x', '<a href="http://here/">http://here/</a>&quot;onclick=&quot;x'),
        ("http://[here/x", "http://[here/x"),
    ],
)
def test_only_addresses_of_this_site_are_links(settings, text, shown):
    settings.PUBLIC_URL = ""
    assert linked(text, "here") == shown
