"""Asking for a tier: the form says what is missing, keeps what was typed, and sends once."""

from datetime import timedelta

import pytest
from django.urls import reverse

from governance.access import services as access
from governance.access.models import Application, MemberState
from governance.access.states import State
from governance.audit.actors import Role
from governance.audit.models import Person
from tests.factories import (
    LONG_AGO,
    NOW,
    AcceptanceFactory,
    ApplicationFactory,
    DatasetFactory,
    GrantFactory,
    MemberFactory,
    TermsFactory,
    UserFactory,
    VersionFactory,
    actor,
)
from tests.pages.visitors import VISITORS, answered, browser, queries, text
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db
ANSWERS = {
    "affiliation": "Example University",
    "purpose": "Compare detectors of keys; only aggregate scores leave the group.",
    "ethics": "The board of the university oversees it.",
    "protection": "An encrypted disk, erased at the end of the grant.",
    "no_sharing": "on",
    "erasure": "on",
}


@pytest.fixture
def tier():
    return VersionFactory().dataset.tiers.get(name="annotations")


def address(tier) -> str:
    return reverse("apply", args=[tier.dataset.namespace, tier.dataset.name, tier.name])


@pytest.mark.parametrize("visitor", VISITORS)
def test_who_sees_the_form(visitor, tier):
    wanted = "account_login" if visitor == "stranger" else "200"
    assert answered(browser(visitor), address(tier)) == wanted


def test_declarations_are_never_ticked_beforehand(tier):
    response = signed_in(UserFactory()).get(address(tier), **PAGE)
    assert b"checkbox" in response.content
    assert b"checked" not in response.content


def test_an_application_is_sent_and_leads_to_its_page(tier):
    client = signed_in(UserFactory())
    response = client.post(address(tier), ANSWERS, follow=True, **PAGE)
    made = Application.objects.get()
    assert response.redirect_chain == [(reverse("application", args=[made.number]), 302)]
    told = text(response)
    assert f"{made.number} was sent" in told
    assert "Compare detectors of keys" in told
    assert made.answers["no_sharing"] is True


def test_what_is_missing_stands_beside_its_field_and_what_was_typed_stays(tier):
    given = ANSWERS | {"purpose": "Too short"}
    del given["erasure"]
    response = signed_in(UserFactory()).post(address(tier), given, **PAGE)
    told = text(response)
    assert response.status_code == 422
    assert "Answer this in at least 40 characters." in told
    assert "Tick this if it is true" in told
    assert "Too short" in told
    assert "The board of the university oversees it." in told
    assert Application.objects.get().state == State.DRAFT  # nothing was sent, nothing is lost


def test_a_second_one_waits_for_the_first(tier):
    user = UserFactory()
    waiting = ApplicationFactory(applicant=user, tier=tier)
    client = signed_in(user)
    assert waiting.number in text(client.get(address(tier), **PAGE))
    response = client.post(address(tier), ANSWERS, **PAGE)
    assert response.status_code == 409
    assert f"{waiting.number} waits already" in text(response)


def test_an_unconfirmed_address_can_not_apply(tier):
    response = signed_in(UserFactory(verified=False)).post(address(tier), ANSWERS, **PAGE)
    assert response.status_code == 403
    assert "confirmed address" in text(response)
    assert not Application.objects.exists()


def test_a_tier_without_a_form_leads_to_who_may_have_it(tier):
    raw = tier.dataset.tiers.get(name="raw")
    raw.dataset = tier.dataset
    response = signed_in(UserFactory()).post(address(raw), ANSWERS, follow=True, **PAGE)
    where = reverse("dataset-access", args=[tier.dataset.namespace, tier.dataset.name])
    assert response.redirect_chain == [(where, 302)]
    assert "The raw tier can't be applied for" in text(response)
    assert not Application.objects.exists()


def test_who_holds_a_grant_is_told_and_may_ask_for_more(tier):
    grant = GrantFactory(tier=tier)
    client = signed_in(grant.holder)
    assert "granted to you already" in text(client.get(address(tier), **PAGE))
    assert client.post(address(tier), ANSWERS, **PAGE).status_code == 302


def test_a_hidden_dataset_is_not_there():
    hidden = DatasetFactory(listed=False).tiers.get(name="annotations")
    assert answered(signed_in(UserFactory()), address(hidden)) == "404"


# ------------------------------------------------------------------ own applications


@pytest.mark.parametrize("visitor", VISITORS)
def test_others_applications_are_not_there(visitor):
    found = ApplicationFactory()
    wanted = "account_login" if visitor == "stranger" else "404"
    assert answered(browser(visitor), reverse("application", args=[found.number])) == wanted


def test_an_application_is_withdrawn_by_its_applicant():
    found = ApplicationFactory()
    client, where = signed_in(found.applicant), reverse("application", args=[found.number])
    assert "Withdraw it" in text(client.get(where, **PAGE))
    response = client.post(where, {"do": "withdraw"}, follow=True, **PAGE)
    found.refresh_from_db()
    assert found.state == State.WITHDRAWN
    assert "is withdrawn" in text(response)
    assert "Withdraw it" not in text(response)


def test_what_is_decided_can_not_be_withdrawn():
    found = ApplicationFactory(state=State.REJECTED, reason="Too vague.", decided_at=NOW)
    response = signed_in(found.applicant).post(
        reverse("application", args=[found.number]), {"do": "withdraw"}, **PAGE
    )
    assert response.status_code == 409
    assert "already rejected" in text(response)


def test_nobody_withdraws_the_application_of_another():
    found = ApplicationFactory()
    response = signed_in(UserFactory()).post(
        reverse("application", args=[found.number]), {"do": "withdraw"}, **PAGE
    )
    found.refresh_from_db()
    assert (response.status_code, found.state) == (404, State.SUBMITTED)


def test_an_answer_is_shown_with_its_reason_and_without_the_stewards_name():
    found, steward = ApplicationFactory(), UserFactory(role=Role.STEWARD, name="Stella Secret")
    access.reject_application(
        application_id=found.pk, actor=actor(steward), reason="Say more of the purpose.", now=NOW
    )
    response = signed_in(found.applicant).get(reverse("application", args=[found.number]), **PAGE)
    told = text(response)
    assert "Say more of the purpose." in told
    assert "Apply again" in told
    assert "Stella Secret" not in told


def test_what_a_steward_asks_stands_at_the_top():
    found, steward = ApplicationFactory(), UserFactory(role=Role.STEWARD)
    access.return_application(
        application_id=found.pk, actor=actor(steward), questions="Where is the disk?", now=NOW
    )
    told = text(signed_in(found.applicant).get(reverse("application", args=[found.number]), **PAGE))
    assert told.index("Where is the disk?") < told.index("Answer the questions")


def test_an_approval_names_the_step_that_still_stands_before_the_files(tier):
    holder = UserFactory()
    TermsFactory(dataset=tier.dataset)
    found = ApplicationFactory(applicant=holder, tier=tier, state=State.APPROVED, decided_at=NOW)
    GrantFactory(holder=holder, tier=tier, application=found)
    where = reverse("application", args=[found.number])
    told = text(signed_in(holder).get(where, **PAGE))
    assert "Open to you until" in told
    assert f"/datasets/{tier.dataset.slug}/terms" in told, "a grant alone opens nothing"


def test_nothing_is_offered_that_was_asked_for_or_granted_already(tier):
    user = UserFactory()
    page = reverse("applications")
    assert address(tier) in text(signed_in(user).get(page, **PAGE))
    found = ApplicationFactory(applicant=user, tier=tier)
    assert address(tier) not in text(signed_in(user).get(page, **PAGE))
    Application.objects.filter(pk=found.pk).update(state=State.APPROVED, decided_at=NOW)
    grant = GrantFactory(holder=user, tier=tier, application=found)
    assert address(tier) not in text(signed_in(user).get(page, **PAGE))
    grant.delete()
    assert address(tier) in text(signed_in(user).get(page, **PAGE))


def test_who_is_invited_to_a_group_is_told_before_they_apply(tier):
    named = UserFactory()
    led = ApplicationFactory(tier=tier, state=State.APPROVED, decided_at=NOW)
    MemberFactory(application=led, email=named.email, state=MemberState.INVITED)
    assert reverse("invitations") in text(signed_in(named).get(address(tier), **PAGE))
    assert reverse("invitations") not in text(signed_in(UserFactory()).get(address(tier), **PAGE))


def test_an_application_outlives_the_erasure_of_who_decided():
    found = ApplicationFactory()
    steward = UserFactory(role=Role.STEWARD)
    access.reject_application(application_id=found.pk, actor=actor(steward), reason="No.", now=NOW)
    Person.objects.all().delete()
    where = reverse("application", args=[found.number])
    assert "Declined" in text(signed_in(found.applicant).get(where, **PAGE))


def test_applications_grants_and_signatures_are_listed_with_their_states():
    user = UserFactory()
    found = ApplicationFactory(applicant=user, state=State.APPROVED, decided_at=NOW)
    GrantFactory(holder=user, tier=found.tier, application=found, revoked=True)
    signed = AcceptanceFactory(user=user)
    told = text(signed_in(user).get(reverse("applications"), **PAGE))
    for part in (found.number, "Revoked", "misuse", signed.number, "In force"):
        assert part in told


def test_a_signature_that_a_newer_one_replaced_asks_for_nothing():
    user = UserFactory()
    old = AcceptanceFactory(user=user)
    dataset = old.terms.dataset
    newer = TermsFactory(dataset=dataset, number="9.0", effective_at=LONG_AGO + timedelta(days=1))
    page = reverse("applications")
    assert "Replaced" not in text(signed_in(user).get(page, **PAGE))
    AcceptanceFactory(user=user, terms=newer)
    told = text(signed_in(user).get(page, **PAGE))
    assert told.count("Replaced") == 1
    assert "read the new ones" not in told


def test_the_list_takes_as_many_queries_for_one_as_for_many():
    user = UserFactory()
    tier = VersionFactory().dataset.tiers.get(name="annotations")

    def more():
        found = ApplicationFactory(applicant=user, tier=tier, state=State.APPROVED)
        GrantFactory(holder=user, tier=tier, application=found)
        AcceptanceFactory(user=user)

    more()
    client = signed_in(user)
    few = queries(client, reverse("applications"))
    for _ in range(4):
        more()
    # Each signature brings a dataset of its own, whose tiers are listed to be applied for.
    assert queries(client, reverse("applications")) == few


# ------------------------------------------------------------------ groups


def test_who_was_named_sees_the_invitation_and_nobody_else():
    invited = MemberFactory(email="pia@example.org", state=MemberState.INVITED)
    MemberFactory(email="pia@example.org")  # of an application that nobody has approved yet
    pia = UserFactory(email="pia@example.org")
    page = text(signed_in(pia).get(reverse("invitations"), **PAGE))
    assert invited.application.number in page
    assert page.count('value="accept"') == 1
    for other in (UserFactory(), invited.application.applicant):
        page = text(signed_in(other).get(reverse("invitations"), **PAGE))
        assert "You are in no group" in page
        assert invited.application.number not in page


def test_an_address_that_is_not_confirmed_shows_no_invitation():
    invited = MemberFactory(email="pia@example.org", state=MemberState.INVITED)
    pia = UserFactory(email="pia@example.org", verified=False)
    page = text(signed_in(pia).get(reverse("invitations"), **PAGE))
    assert "Confirm your address first" in page
    assert invited.application.number not in page
