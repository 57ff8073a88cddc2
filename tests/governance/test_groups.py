"""A lead applies, each member accepts for themselves; renewal; the block-list; files."""

from datetime import timedelta

import pytest
from django.core.files.storage import storages

from governance.access import applied, selectors, services, uploads
from governance.access.models import Grant, Member, Upload
from governance.audit import rights
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.errors import (
    InvalidError,
    MissingError,
    NotPermittedError,
    RefusedError,
    WrongStateError,
)
from governance.notices import services as notices
from governance.notices.models import Message
from tests.factories import (
    ANSWERS,
    NOW,
    AcceptanceFactory,
    ApplicationFactory,
    DatasetFactory,
    TermsFactory,
    UploadFactory,
    UserFactory,
    VersionFactory,
    actor,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ENDS = NOW + 60 * DAY


@pytest.fixture
def tier():
    return VersionFactory().dataset.tiers.get(name="annotations")


@pytest.fixture
def steward():
    return actor(UserFactory(role=Role.STEWARD))


@pytest.fixture
def pia(tier):
    """A member with all that the tier asks for."""
    return AcceptanceFactory(terms=TermsFactory(dataset=tier.dataset)).user


def applies(tier, members=(), **told):
    lead = UserFactory()
    return services.apply(
        actor=actor(lead), tier=tier, answers=ANSWERS, members=members, now=NOW, **told
    )


def approved(found, steward, **told):
    return services.approve_application(
        **{"application_id": found.pk, "actor": steward, "ends": ENDS, "reason": "x", "now": NOW}
        | told
    )


def joined(found, user):
    member = Member.objects.get(application=found, email=user.email)
    return services.accept_invitation(member_id=member.pk, actor=actor(user), now=NOW)


# ------------------------------------------------------------------ groups


def test_members_are_invited_on_approval_and_accept_for_themselves(tier, steward, pia):
    found = applies(tier, [pia.email.upper(), "new@lab.example"])
    who = actor(pia)
    assert not applied.memberships_of(who).exists()
    led = approved(found, steward)
    assert not Grant.objects.filter(holder=pia).exists()
    notices.make_from_record(now=NOW)
    told = Message.objects.filter(kind="group.invite")
    assert set(told.values_list("email", "channel")) == {
        (pia.email, "mail"), (pia.email, "inbox"), ("new@lab.example", "mail"),
    }  # fmt: skip
    grant = joined(found, pia)
    assert (grant.ends, grant.application) == (led.ends, found)
    decision = selectors.decide_tier(who, tier, None, "download", NOW)
    assert "grant" not in decision.reasons
    with pytest.raises(WrongStateError):
        joined(found, pia)


def test_who_lacks_what_the_tier_asks_of_everyone_can_not_join(tier, steward):
    TermsFactory(dataset=tier.dataset)
    user = UserFactory()
    found = applies(tier, [user.email])
    approved(found, steward)
    member = found.members.get()
    who = actor(user, second_factor=False)
    with pytest.raises(RefusedError) as refused:
        services.accept_invitation(member_id=member.pk, actor=who, now=NOW)
    assert [step.code for step in refused.value.steps] == ["terms", "second_factor"]
    assert not Grant.objects.filter(holder=user).exists()


@pytest.mark.parametrize("verified", [True, False])
def test_an_invitation_is_for_the_confirmed_address_alone(tier, steward, pia, verified):
    found = applies(tier, [pia.email])
    approved(found, steward)
    other = actor(pia, verified=False) if not verified else actor(UserFactory())
    for verb in ("accept_invitation", "decline_invitation", "leave_group"):
        with pytest.raises(MissingError):
            getattr(services, verb)(member_id=found.members.get().pk, actor=other, now=NOW)
    assert not applied.memberships_of(other).exists()


def test_leaving_and_being_removed_end_ones_own_grant_and_no_other(tier, steward, pia):
    max_ = AcceptanceFactory(terms=tier.dataset.terms.get()).user
    found = applies(tier, [pia.email, max_.email])
    led = approved(found, steward)
    first, second = joined(found, pia), joined(found, max_)
    members = {each.email: each for each in found.members.all()}
    services.leave_group(member_id=members[pia.email].pk, actor=actor(pia), now=NOW)
    services.remove_member(
        application_id=found.pk, member_id=members[max_.email].pk, actor=actor(found.applicant),
        now=NOW,
    )  # fmt: skip
    for grant, open_ in ((first, False), (second, False), (led, True)):
        grant.refresh_from_db()
        assert (grant.revoked_at is None) == open_
    held = rights.grants(tier.dataset.slug, "annotations", at=NOW)
    assert [each.person for each in held] == [found.applicant_id]


def test_only_the_lead_removes(tier, steward, pia):
    found = applies(tier, [pia.email])
    approved(found, steward)
    with pytest.raises(MissingError):
        services.remove_member(
            application_id=found.pk, member_id=found.members.get().pk, actor=actor(pia), now=NOW
        )


@pytest.mark.parametrize("by", ["application", "lead's grant"])
def test_revoking_the_application_ends_every_grant_of_the_group(tier, steward, pia, by):
    found = applies(tier, [pia.email])
    led = approved(found, steward)
    joined(found, pia)
    told = {"actor": steward, "reason": "was shared", "now": NOW}
    if by == "application":
        services.revoke_application(application_id=found.pk, **told)
    else:
        services.revoke_grant(grant_id=led.pk, **told)
    assert not Grant.objects.filter(revoked_at=None).exists()
    assert Entry.objects.filter(action="grant.revoke").count() == 2


def test_revoking_a_member_leaves_the_group(tier, steward, pia):
    found = applies(tier, [pia.email])
    led = approved(found, steward)
    grant = joined(found, pia)
    services.revoke_grant(grant_id=grant.pk, actor=steward, reason="misuse", now=NOW)
    led.refresh_from_db()
    assert led.revoked_at is None


def test_members_never_see_the_answers(tier, steward, pia):
    found = applies(tier, [pia.email])
    approved(found, steward)
    joined(found, pia)
    for read in (applied.own_application, applied.readable_application):
        with pytest.raises(MissingError):
            read(found.number, actor=actor(pia), now=NOW)


def test_the_record_alone_tells_who_could_open_it_in_a_group(tier, steward, pia):
    found = applies(tier, [pia.email])
    approved(found, steward)
    assert {each.person for each in rights.grants(tier.dataset.slug, tier.name, at=NOW)} == {
        found.applicant_id
    }
    joined(found, pia)
    held = rights.grants(tier.dataset.slug, tier.name, at=NOW)
    assert {each.email for each in held} == {found.applicant.email, pia.email}
    assert rights.grants(tier.dataset.slug, tier.name, at=ENDS) == []


@pytest.mark.parametrize(
    "members", [["x"], ["a@b.example", "no address"], [f"m{at}@x.example" for at in range(51)]]
)
def test_a_group_is_addresses_and_at_most_fifty(tier, members):
    with pytest.raises(InvalidError) as refused:
        applies(tier, members)
    assert list(refused.value.fields) == ["members"]


def test_the_lead_is_no_member(tier):
    lead = UserFactory()
    with pytest.raises(InvalidError, match="yourself"):
        services.apply(actor=actor(lead), tier=tier, answers=ANSWERS, members=[lead.email], now=NOW)


# ------------------------------------------------------------------ renewal


def renewed(found, grant, now):
    who = actor(found.applicant)
    draft = services.renew_grant(grant_id=grant.pk, actor=who, now=now)
    with pytest.raises(InvalidError) as refused:
        services.submit_application(application_id=draft.pk, actor=who, now=now)
    assert list(refused.value.fields) == ["done_with_it", "kept_to_it"]
    told = {"done_with_it": "Measured two detectors; one paper in review.", "kept_to_it": True}
    services.save_draft(application_id=draft.pk, actor=who, answers=draft.answers | told, now=now)
    return services.submit_application(application_id=draft.pk, actor=who, now=now)


def test_a_renewal_begins_when_the_old_grant_ends_and_the_door_stays_open(tier, steward, pia):
    found = applies(tier, [pia.email])
    old = approved(found, steward)
    again = renewed(found, old, NOW + DAY)
    assert again.answers["purpose"] == ANSWERS["purpose"]
    assert list(again.members.values_list("email", flat=True)) == [pia.email]
    with pytest.raises(InvalidError):
        approved(again, steward, ends=old.ends, now=NOW + DAY)
    new = approved(again, steward, ends=old.ends + 30 * DAY, now=NOW + DAY)
    assert (new.begins, new.ends) == (old.ends, old.ends + 30 * DAY)
    who = actor(found.applicant)
    for at in (NOW + 2 * DAY, old.ends - timedelta(microseconds=1), old.ends, new.ends - DAY):
        decision = selectors.decide_tier(who, tier, None, "download", at)
        assert "grant" not in decision.reasons, at
        listed = selectors.standing(who, tier.dataset, None, now=at)
        assert "grant" not in next(x for x in listed if x.tier.pk == tier.pk).decision.reasons
    assert "grant" in selectors.decide_tier(who, tier, None, "download", new.ends).reasons
    assert services.expire_old(now=old.ends) == 1
    notices.make_from_record(now=NOW)
    assert not Message.objects.filter(kind="grant.end").exists()


def test_after_the_end_a_renewal_begins_at_once(tier, steward):
    found = applies(tier)
    old = approved(found, steward)
    later = old.ends + DAY
    new = approved(renewed(found, old, later), steward, ends=later + DAY, now=later)
    assert new.begins == later


def test_a_revoked_or_foreign_grant_is_not_renewed(tier, steward, pia):
    found = applies(tier)
    grant = approved(found, steward)
    with pytest.raises(MissingError):
        services.renew_grant(grant_id=grant.pk, actor=actor(pia), now=NOW)
    services.revoke_grant(grant_id=grant.pk, actor=steward, reason="misuse", now=NOW)
    with pytest.raises(WrongStateError, match="revoked"):
        services.renew_grant(grant_id=grant.pk, actor=actor(found.applicant), now=NOW)


# ------------------------------------------------------------------ the block-list


def block(steward, kind, value, dataset=None, **told):
    told = {"reason": "misuse", "ends": NOW + 10 * DAY, "now": NOW} | told
    return services.add_block(actor=steward, kind=kind, value=value, dataset=dataset, **told)


@pytest.mark.parametrize("kind", ["email", "domain", "person"])
def test_who_is_blocked_is_told_whom_to_write_to(tier, steward, settings, kind):
    settings.CONTACT_EMAIL = "gate@data.example"
    user = UserFactory(email="mal@deep.lab.example")
    value = "lab.example" if kind == "domain" else user.email
    made = block(steward, kind, value)
    with pytest.raises(NotPermittedError, match=r"gate@data\.example"):
        services.apply(actor=actor(user), tier=tier, answers=ANSWERS, now=NOW)
    services.apply(actor=actor(UserFactory()), tier=tier, answers=ANSWERS, now=NOW)
    services.lift_block(block_id=made.pk, actor=steward, reason="cleared up", now=NOW)
    services.apply(actor=actor(user), tier=tier, answers=ANSWERS, now=NOW)


def test_a_block_ends_and_holds_on_its_dataset_alone(tier, steward):
    user = UserFactory()
    block(steward, "email", user.email, DatasetFactory())
    services.apply(actor=actor(user), tier=tier, answers=ANSWERS, now=NOW)
    other = UserFactory()
    block(steward, "email", other.email, tier.dataset)
    with pytest.raises(NotPermittedError):
        services.apply(actor=actor(other), tier=tier, answers=ANSWERS, now=NOW)
    services.apply(actor=actor(other), tier=tier, answers=ANSWERS, now=NOW + 10 * DAY)


def test_what_waits_stays_as_it_is(tier, steward):
    found = applies(tier)
    block(steward, "person", found.applicant.email)
    assert approved(found, steward)
    held = Entry.objects.select_related("person").get(action="block.add")
    assert found.applicant.email not in str(vars(held))
    assert held.person.purpose == found.applicant.email


def test_a_blocked_member_is_not_applied_for(tier, steward):
    block(steward, "email", "mal@x.example")
    with pytest.raises(NotPermittedError):
        applies(tier, ["mal@x.example"])


@pytest.mark.parametrize(
    ("kind", "value", "part"),
    [("domain", "nodots", "value"), ("email", "x", "value"), ("robot", "x", "kind"),
     ("person", "nobody@x.example", "value")],
)  # fmt: skip
def test_what_is_no_address_or_domain_is_not_blocked(steward, kind, value, part):
    with pytest.raises(InvalidError) as refused:
        block(steward, kind, value)
    assert part in refused.value.fields


def test_only_those_in_charge_block(tier):
    for role in (None, Role.AUDITOR):
        with pytest.raises(NotPermittedError):
            block(actor(UserFactory(role=role)), "email", "a@x.example", tier.dataset)
    with pytest.raises(InvalidError):
        block(actor(UserFactory(role=Role.ADMIN)), "email", "a@x.example", ends=NOW)


# ------------------------------------------------------------------ files

LETTER = {"name": "letter", "label": "Letter", "kind": "file", "types": ["pdf", "text"],
          "megabytes": 1, "required": True}  # fmt: skip


@pytest.fixture
def draft(tier):
    tier.form = [LETTER]
    tier.save()
    return services.draft_application(actor=actor(UserFactory()), tier=tier, answers={}, now=NOW)


def attach(draft, data, name="letter.pdf", **told):
    told = {"actor": actor(draft.applicant), "question": "letter", "now": NOW} | told
    return services.add_upload(application_id=draft.pk, name=name, data=data, **told)


@pytest.mark.parametrize(
    ("data", "name", "kept"),
    [
        (b"%PDF-1.7 hello", "../../etc/pass\x00wd", "passwd.pdf"),
        (b"%PDF-1.7 hello", "C:\\me\\Letter.PDF", "Letter.PDF"),
        ("Grüße".encode(), 'a"b.html', "ab.html.txt"),
    ],
)
def test_a_file_is_what_its_bytes_say_under_a_harmless_name(draft, data, name, kept):
    upload = attach(draft, data, name)
    assert upload.name == kept
    assert name not in upload.key
    assert uploads.open_(upload.key).read() == data
    with pytest.raises(ValueError, match="no address"):
        storages["private"].url(upload.key)


@pytest.mark.parametrize(
    "data",
    [b"", b"MZ\x90\x00", b"\x89PNG\r\n\x1a\n", b"\xff\xfe", b"text\x00", b"%PDF-" + b"x" * 10**6],
)
def test_other_kinds_and_large_ones_are_refused(draft, data):
    with pytest.raises(InvalidError) as refused:
        attach(draft, data)
    assert list(refused.value.fields) == ["letter"]
    assert uploads.stored() == []


def test_a_required_file_must_be_there_and_one_too_many_is_not(draft):
    who = actor(draft.applicant)
    with pytest.raises(InvalidError):
        services.submit_application(application_id=draft.pk, actor=who, now=NOW)
    first = attach(draft, b"%PDF-1")
    with pytest.raises(InvalidError, match="remove one"):
        attach(draft, b"%PDF-2")
    services.submit_application(application_id=draft.pk, actor=who, now=NOW)
    with pytest.raises(WrongStateError):
        services.remove_upload(application_id=draft.pk, upload_id=first.pk, actor=who)


def test_who_may_open_a_file(draft, steward):
    upload = attach(draft, b"%PDF-1")

    def opens(user, **told):
        try:
            return applied.upload(draft.number, upload.pk, actor=user, **told) == upload
        except MissingError:
            return False

    assert opens(actor(draft.applicant))
    assert not opens(steward, reviewer=True)  # a draft
    services.submit_application(application_id=draft.pk, actor=actor(draft.applicant), now=NOW)
    assert opens(steward, reviewer=True)
    assert not opens(steward)
    for role in (None, Role.AUDITOR):
        assert not opens(actor(UserFactory(role=role)), reviewer=True)
    assert not opens(steward.without_factor(), reviewer=True)


@pytest.mark.django_db(transaction=True)
def test_a_removed_file_is_gone_from_storage(draft):
    upload = attach(draft, b"%PDF-1")
    services.remove_upload(
        application_id=draft.pk, upload_id=upload.pk, actor=actor(draft.applicant)
    )
    assert uploads.stored() == []


def test_files_go_three_months_after_the_application_is_over(steward, tier):
    over = ApplicationFactory(state="rejected", decided_at=NOW)
    held = applies(tier)
    grant = approved(held, steward)
    for found in (over, held):
        UploadFactory(application=found)
    assert services.erase_uploads(now=NOW + 90 * DAY) == 0
    assert services.erase_uploads(now=NOW + 91 * DAY) == 1
    services.expire_old(now=grant.ends)
    assert services.erase_uploads(now=grant.ends + 89 * DAY) == 0
    assert services.erase_uploads(now=grant.ends + 91 * DAY) == 1
    assert services.erase_uploads(now=grant.ends + 91 * DAY) == 0
    assert uploads.stored() == []


def test_bytes_without_a_row_are_found_and_erased(settings):
    from django.utils import timezone

    kept = UploadFactory()
    lost = UploadFactory()
    Upload.objects.filter(pk=lost.pk).delete()  # as with the account of its owner
    assert services.erase_orphans(now=timezone.now()) == 0  # it may be in the making
    assert services.erase_orphans(now=timezone.now() + 2 * DAY) == 1
    assert uploads.stored() == [kept.key]


def test_before_an_account_goes_all_that_it_held_ends(tier, steward, pia):
    found = applies(tier, [pia.email])
    approved(found, steward)
    joined(found, pia)
    lead = actor(found.applicant)
    with pytest.raises(NotPermittedError):
        services.end_all_of(user_id=lead.user_id, actor=actor(pia), now=NOW)
    services.end_all_of(user_id=lead.user_id, actor=lead, now=NOW)
    assert not Grant.objects.filter(revoked_at=None).exists()
    found.applicant.delete()
    assert Grant.objects.get().holder == pia
