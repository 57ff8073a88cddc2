"""A copy of one's own data, and the end of an account: what goes, what stays, for whom not."""

import json
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.access.models import Application, Block, BlockKind, Grant, Member
from governance.access.states import State
from governance.audit import services as audit
from governance.audit.actors import Limits, Role
from governance.audit.models import Entry
from governance.audit.services import Place
from governance.errors import NotPermittedError, WrongStateError
from governance.notices import services as notices
from governance.notices.models import Message
from governance.terms.models import Acceptance
from portal.accounts import holdings, leaving, tokens
from portal.accounts.models import ApiToken, User
from tests.accounts.people import code, shows_it_is_them, signs_in, somebody
from tests.factories import (
    NOW,
    AcceptanceFactory,
    ApplicationFactory,
    GrantFactory,
    MemberFactory,
    SuspensionFactory,
    UploadFactory,
    UserFactory,
    actor,
)
from tests.pages.visitors import text
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db


def test_every_table_about_a_person_is_in_the_list():
    """A new table is exported and erased, or kept for a reason: somebody has to say which."""
    found = {holdings.label(each) for each in holdings.relations()}
    assert found == set(holdings.HOLDINGS)
    for name, holding in holdings.HOLDINGS.items():
        relation = next(each for each in holdings.relations() if holdings.label(each) == name)
        kept = relation.on_delete.__name__ == "SET_NULL" or name == "access.block.user"
        assert kept is (holding.fate == holdings.KEPT), name


def full(factor: bool = False) -> User:
    """Somebody of whom everything is held."""
    user = somebody(factor=factor)
    acceptance = AcceptanceFactory(user=user, address="192.0.2.9", agent="Firefox")
    ApplicationFactory(applicant=user, answers={"purpose": "To measure things."})
    approved = ApplicationFactory(applicant=user, state=State.APPROVED)
    UploadFactory(application=approved)
    GrantFactory(holder=user, application=approved, ends=timezone.now() + timedelta(days=30))
    MemberFactory(user=user, email=user.email)
    SocialAccount.objects.create(user=user, provider="orcid", uid=f"0000-{user.pk}")
    tokens.make(
        actor=actor(user), owner_id=user.pk, name="laptop", dataset="", days=30,
        second_factor=False, now=timezone.now(),
    )  # fmt: skip
    with transaction.atomic():
        audit.ticket_issued(
            actor=actor(user),
            place=Place(acceptance.terms.dataset.slug, "1.0", "processed", "data/a.parquet"),
            terms_version="1.0",
            grant=None,
            size=1,
            now=timezone.now(),
        )
    return user


def ready(user: User) -> Client:
    client = signs_in(user)
    shows_it_is_them(client)
    return client


# ------------------------------------------------------------------ the copy


def test_the_copy_holds_what_is_held():
    user = full()
    other = full()
    response = ready(user).post(reverse("account-export"))
    told = json.loads(response.content)
    assert response["Content-Disposition"].startswith("attachment")
    assert told["profile"]["email"] == user.email
    assert [each["email"] for each in told["addresses"]] == [user.email]
    assert {each["answers"].get("purpose") for each in told["applications"]} >= {
        "To measure things."
    }
    [acceptance] = told["acceptances"]
    assert acceptance["text_sha256"] == "5" * 64
    assert "terms 1.0" in acceptance["terms"]
    assert [each["name"] for each in told["tokens"]] == ["laptop"]
    assert [each["uid"] for each in told["identities"]] == [f"0000-{user.pk}"]
    assert len(told["grants"]) == len(told["downloads"]) == 1
    assert told["downloads"][0]["artefact"] == "data/a.parquet"
    assert set(told) >= {each.name for each in holdings.HOLDINGS.values()}
    assert other.email not in response.content.decode()
    assert Entry.objects.filter(action="account.export").count() == 1


def test_the_copy_holds_no_secret_and_nobody_else():
    user = full(factor=True)
    steward = UserFactory(role=Role.STEWARD)
    Application.objects.update(taken_by=steward.pk, decided_by=steward.pk)
    told = ready(user).post(reverse("account-export")).content.decode()
    token, factor = ApiToken.objects.get(), Authenticator.objects.get()
    session = UserSession.objects.filter(user=user).last()
    for secret in (token.digest, factor.data["secret"], session.session_key, user.password):
        assert secret not in told
    assert "taken_by" not in told
    assert "decided_by" not in told


def test_the_copy_asks_for_the_password_first():
    response = signs_in(somebody()).post(reverse("account-export"))
    assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert not Entry.objects.filter(action="account.export").exists()


# ------------------------------------------------------------------ the end


def test_a_deleted_account_leaves_what_must_stay_and_nothing_else():
    user = full()
    email, pk = user.email, user.pk
    client = ready(user)
    elsewhere = signs_in(user)
    answer = client.post(reverse("account-delete"), {"confirmed": email}, follow=True, **PAGE)
    assert "Your account is deleted" in text(answer)
    assert not User.objects.filter(pk=pk).exists()
    for model in (Application, Grant, ApiToken, SocialAccount, UserSession, EmailAddress):
        relation = next(
            each for each in holdings.relations() if each.related_model is model
        ).field.name
        assert not model.objects.filter(**{relation: pk}).exists(), model
    assert elsewhere.get(reverse("account"), **PAGE).status_code == 302

    acceptance = Acceptance.objects.get()
    assert (acceptance.user, acceptance.email, acceptance.person) == (None, email, pk)
    assert (acceptance.address, acceptance.agent) == ("", "")
    member = Member.objects.get()
    assert (member.user, member.state) == (None, "left")
    assert email not in member.email
    ticket = Entry.objects.select_related("person").get(action="ticket.issue")
    assert ticket.person.user_id == pk
    told = set(Entry.objects.values_list("action", flat=True))
    assert {"application.withdraw", "grant.revoke", "account.delete"} <= told
    [mail] = Message.objects.filter(email=email, user=None)
    assert mail.kind == "account_deleted"
    assert "10 years" in mail.text


def test_the_mail_address_is_forgotten_after_a_month():
    user = somebody()
    ready(user).post(reverse("account-delete"), {"confirmed": user.email})
    notices.forget_strangers(now=timezone.now() + timedelta(days=29))
    assert Message.objects.filter(email=user.email).exists()
    notices.forget_strangers(now=timezone.now() + timedelta(days=31))
    assert not Message.objects.filter(email=user.email).exists()


def test_a_token_of_a_deleted_account_opens_nothing():
    user = somebody()
    _, secret = tokens.make(
        actor=actor(user), owner_id=user.pk, name="laptop", dataset="", days=30,
        second_factor=False, now=timezone.now(),
    )  # fmt: skip
    ready(user).post(reverse("account-delete"), {"confirmed": user.email})
    asked = Client().get("/api/v1/whoami", headers={"authorization": f"Bearer {secret}"})
    assert tokens.find(secret, now=timezone.now()) is None
    assert asked.status_code in {401, 404}


@pytest.mark.parametrize("role", list(Role))
def test_whoever_holds_a_role_hands_it_back_first(role):
    user = somebody(role=role, factor=True)
    client = ready(user)
    page = text(client.get(reverse("account-delete"), **PAGE))
    assert "You hold a role here" in page
    assert "Delete my account" not in page
    answer = client.post(reverse("account-delete"), {"confirmed": user.email}, **PAGE)
    assert answer.status_code == 409
    assert User.objects.filter(pk=user.pk).exists()


def test_a_suspended_account_does_not_slip_away():
    user = somebody()
    SuspensionFactory(user=user)
    with pytest.raises(WrongStateError, match="suspended"):
        leaving.delete(actor=actor(user), confirmed=user.email, now=NOW)
    assert User.objects.filter(pk=user.pk).exists()


def test_a_block_outlives_the_account():
    user = somebody()
    Block.objects.create(
        kind=BlockKind.PERSON, value=user.email, user=user, reason="misuse",
        begins=NOW, ends=NOW + timedelta(days=90),
    )  # fmt: skip
    leaving.delete(actor=actor(user), confirmed=user.email, now=NOW)
    assert Block.objects.filter(kind=BlockKind.EMAIL, value=user.email, user=None).exists()


def test_it_is_asked_who_it_is():
    user = somebody(factor=True)
    answer = signs_in(user).post(reverse("account-delete"), {"confirmed": user.email})
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    weak = signed_in(user)
    shows_it_is_them(weak)
    answer = weak.post(reverse("account-delete"), {"confirmed": user.email})
    assert answer["Location"].startswith(reverse("mfa_reauthenticate"))
    assert User.objects.filter(pk=user.pk).exists()
    weak.post(reverse("mfa_reauthenticate"), {"code": code(user)})
    weak.post(reverse("account-delete"), {"confirmed": user.email})
    assert not User.objects.filter(pk=user.pk).exists()


def test_who_signs_in_by_another_site_signs_in_afresh():
    user = UserFactory()
    user.set_unusable_password()
    user.save()
    client = signed_in(user)
    answer = client.post(reverse("account-delete"), {"confirmed": user.email})
    assert answer["Location"].startswith(reverse("account_login"))
    assert User.objects.filter(pk=user.pk).exists()


@pytest.mark.parametrize("typed", ["", "other@example.org"])
def test_another_address_deletes_nothing(typed):
    user = somebody()
    answer = ready(user).post(reverse("account-delete"), {"confirmed": typed}, **PAGE)
    assert answer.status_code == 422
    assert "Type the address of this account" in text(answer)
    assert User.objects.filter(pk=user.pk).exists()


def test_a_token_deletes_and_exports_nothing():
    user = somebody()
    by_token = actor(user, token=Limits("laptop", scope="act"))
    with pytest.raises(NotPermittedError):
        leaving.delete(actor=by_token, confirmed=user.email, now=NOW)
    with pytest.raises(NotPermittedError):
        leaving.export(actor=by_token, now=NOW)


def test_it_happens_as_a_whole_or_not_at_all(monkeypatch):
    user = full()

    def broken(**told: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("governance.audit.services.account_changed", broken)
    with pytest.raises(OSError, match="full"):
        leaving.delete(actor=actor(user), confirmed=user.email, now=NOW)
    assert User.objects.filter(pk=user.pk).exists()
    assert Application.objects.filter(state=State.SUBMITTED).exists()
    assert not Entry.objects.filter(action="application.withdraw").exists()
    assert Acceptance.objects.get().address


def test_the_page_says_what_is_kept_and_how_long():
    page = text(signed_in(somebody()).get(reverse("account-delete"), **PAGE))
    for each in leaving.kept():
        assert each.what in page
        assert each.long in page
