"""Roles by command: given in an admin's name, ended, listed."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from governance.access import selectors as access
from governance.audit.actors import Role
from governance.notices.models import Message
from tests.factories import DatasetFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(token_in_hand):
    user = UserFactory(role=Role.ADMIN)
    token_in_hand(user)
    return user


def role(*words, admin=None):
    named = ["--as", admin.email, "--reason", "joins the team"] if admin else []
    call_command("role", *words, *named)


def roles_of(user):
    return access.roles_of(user.pk, now=timezone.now())


def test_a_role_is_given_on_one_dataset_until_a_day_and_ended(admin, capsys):
    dataset, user = DatasetFactory(), UserFactory()
    user.set_password("of their own")
    user.save()
    words = (user.email, "steward", "--dataset", dataset.slug)
    role("give", *words, "--until", "2099-12-31", admin=admin)
    assert roles_of(user) == {(Role.STEWARD, dataset.pk)}
    role("list")
    said = capsys.readouterr().out
    assert f"{dataset.slug} " in said
    assert "until 2099-12-31" in said
    with pytest.raises(CommandError, match="is not steward of the whole site"):
        role("end", user.email, "steward", admin=admin)
    role("end", *words, admin=admin)
    assert roles_of(user) == set()


def test_an_address_without_an_account_is_invited(admin, capsys, settings, tmp_path):
    settings.HOME, settings.PUBLIC_URL = tmp_path, ""
    (tmp_path / "address").write_text("http://localhost:8790")  # as the server said
    role("give", "grace@example.org", "admin", admin=admin)
    assert "an invitation was mailed" in capsys.readouterr().out
    mail = Message.objects.get(kind="invitation")
    assert mail.email == "grace@example.org"
    assert "http://localhost:8790/invitations/" in mail.text, "a link that a mail program opens"
    role("list")
    assert "invited" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("give", "{admin}", "auditor"), "themselves"),
        (("end", "{admin}", "admin"), "last admin"),
        (("give", "a@b.example", "steward", "--dataset", "lab/none"), "no dataset lab/none"),
        (("give", "a@b.example", "steward", "--until", "2001-01-01"), "later day"),
        (("give", "a@b.example", "steward", "--until", "soon"), "is no day: write YYYY-MM-DD"),
    ],
)
def test_refusals_are_one_sentence(admin, words, told):
    with pytest.raises(CommandError, match=told) as refused:
        role(*(word.format(admin=admin.email) for word in words), admin=admin)
    assert "\n" not in str(refused.value)


def test_without_the_admins_token_nothing_is_given(monkeypatch, admin):
    monkeypatch.delenv("GATEHOUSE_TOKEN")
    with pytest.raises(CommandError, match="GATEHOUSE_TOKEN"):
        role("give", "grace@example.org", "admin", admin=admin)
