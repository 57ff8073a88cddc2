"""One state, one answer: link, lists, session, token, HEAD and range open the same or refuse alike.

The gate that stands in pages alone is passed by every script; and a list with a rule of its own
shows what the gate refuses. Here each state is asked of each surface.
"""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import timezone

from governance.access import services
from governance.access.models import Grant, Hold
from governance.audit.actors import HOUSE, Role
from governance.audit.models import Entry
from governance.catalogue import services as catalogue
from governance.removals.services import record_removal
from governance.terms.services import confirm_wind_down
from tests.factories import (
    LONG_AGO,
    AcceptanceFactory,
    ArtefactFactory,
    DatasetFactory,
    GrantFactory,
    SuspensionFactory,
    TermsFactory,
    UserFactory,
    VersionFactory,
    actor,
)
from tests.serving import BODY, SHA256, bearer
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


class Scene:
    """Somebody who may have a file of each tier, until a state takes something away."""

    def __init__(self, file):
        self.file, self.version, self.dataset = file, file.version, file.version.dataset
        self.tier = "processed"
        self.person = UserFactory()
        self.acceptance = AcceptanceFactory(user=self.person, terms=self.dataset.terms.get())
        self.second_factor, self.only, self.stranger = True, "", False

    def of(self, tier):
        self.tier = tier
        self.file = ArtefactFactory(
            version=self.version, tier_name=tier, path=self.file.path, key=self.file.key,
            size=len(BODY), sha256=SHA256,
        )  # fmt: skip
        return self

    def granted(self, **told):
        now = timezone.now()
        told = {"begins": now - DAY, "ends": now + DAY} | told
        return GrantFactory(holder=self.person, tier=self.file.tier, **told)


def _signed(scene):
    pass


def _stranger(scene):
    scene.stranger = True


def _unverified(scene):
    EmailAddress.objects.filter(user=scene.person).update(verified=False)


def _unsigned(scene):
    scene.acceptance.delete()


def _terms_ended(scene):
    TermsFactory(dataset=scene.dataset, number="2.0", effective_at=timezone.now() - DAY)
    scene.dataset.terms.filter(number="1.0").update(accepted_until=timezone.now() - DAY)


def _earlier_terms_stay_good(scene):
    TermsFactory(dataset=scene.dataset, number="2.0", effective_at=timezone.now() - DAY)


def _suspended(scene):
    SuspensionFactory(user=scene.person)


def _overdue_elsewhere(scene):
    other = DatasetFactory(name="other")
    Hold.objects.create(user=scene.person, dataset=other, begins=timezone.now() - DAY)


def _overdue_here(scene):
    """The way out: the current version of what is owed, whatever else is."""
    _overdue_elsewhere(scene)
    Hold.objects.create(user=scene.person, dataset=scene.dataset, begins=timezone.now() - DAY)


def _owed_tomorrow(scene):
    other = DatasetFactory(name="other")
    Hold.objects.create(user=scene.person, dataset=other, begins=timezone.now() + DAY)


def _wound_down(scene):
    scene.dataset.wound_down_at = timezone.now() - DAY
    scene.dataset.save()


def _wound_down_by_two(scene):
    """By the verbs themselves: the restricted terms that come with it are no way round."""
    one, two = (actor(UserFactory(role=Role.ADMIN)) for _ in range(2))
    now = timezone.now()
    made = catalogue.propose_wind_down(
        dataset=scene.dataset, actor=one, reason="the programme ends", now=now
    )
    confirm_wind_down(winding_id=made.pk, actor=two, now=now)


def _wound_down_tomorrow(scene):
    scene.dataset.wound_down_at = timezone.now() + DAY
    scene.dataset.save()


def _token_of_another(scene):
    VersionFactory(dataset__name="other")
    scene.only = "lab/other"


def _empty_policy(scene):
    tier = scene.file.tier
    tier.policy = {}
    tier.save()


def _unknown_need(scene):
    tier = scene.file.tier
    tier.policy = {"download": ["signed_in", "of good character"]}
    tier.save()


def _no_identity(scene):
    tier = scene.file.tier
    tier.policy = {"download": [*tier.policy["download"], "linked_orcid"]}
    tier.save()


def _identity(scene):
    _no_identity(scene)
    SocialAccount.objects.create(user=scene.person, provider="orcid", uid="0000-0001")


def _granted(scene):
    scene.of("annotations").granted()


def _no_grant(scene):
    scene.of("annotations")


def _grant_over(scene):
    scene.of("annotations").granted(begins=LONG_AGO, ends=timezone.now() - DAY)


def _grant_to_come(scene):
    scene.of("annotations").granted(begins=timezone.now() + DAY, ends=timezone.now() + 2 * DAY)


def _renewed_ahead(scene):
    scene.of("annotations").granted()
    scene.granted(begins=timezone.now() + DAY, ends=timezone.now() + 9 * DAY)


def _revoked(scene):
    scene.of("annotations").granted(revoked_at=LONG_AGO)


def _factor_unused(scene):
    scene.of("annotations").granted()
    scene.second_factor = False


def _raw(scene):
    scene.of("raw")


def _raw_for_a_steward(scene):
    scene.of("raw")
    services.give_role(
        actor=HOUSE, person=scene.person.pk, role=Role.STEWARD, dataset=scene.dataset, ends=None,
        reason="elected", now=LONG_AGO,
    )  # fmt: skip


def _raw_after_a_removal(scene):
    _raw_for_a_steward(scene)
    record_removal(
        actor=actor(UserFactory(role=Role.STEWARD)), dataset=scene.dataset, kind="account",
        value="octocat", reason="asked", now=timezone.now(),
    )  # fmt: skip


def _raw_for_a_suspended_steward(scene):
    _raw_for_a_steward(scene)
    _suspended(scene)


STATES = {
    _signed: "",
    _earlier_terms_stay_good: "",
    _wound_down_tomorrow: "",
    _identity: "",
    _granted: "",
    _renewed_ahead: "",
    _raw_for_a_steward: "",
    _stranger: "signed_in",
    _unverified: "verified",
    _unsigned: "terms",
    _terms_ended: "terms",
    _suspended: "suspended",
    _wound_down: "wound_down",
    _wound_down_by_two: "wound_down",
    _empty_policy: "not_offered",
    _unknown_need: "not_offered",
    _no_identity: "linked_orcid",
    _no_grant: "grant",
    _grant_over: "grant",
    _grant_to_come: "grant",
    _revoked: "grant",
    _factor_unused: "second_factor",
    _raw: "steward",
    _raw_after_a_removal: "removals_pending",
    _raw_for_a_suspended_steward: "suspended",
    _token_of_another: "token",
    _overdue_elsewhere: "copies",
    _overdue_here: "",
    _owed_tomorrow: "",
}


@pytest.fixture
def scene(file):
    return Scene(file)


def _suffix(tier):
    return "" if tier == "processed" else f"-{tier}"


def _where(scene):
    return f"/datasets/lab/shelf{_suffix(scene.tier)}/resolve/main/{scene.file.path}"


def _session(scene):
    if scene.stranger:
        return Client()
    return signed_in(scene.person, second_factor=scene.second_factor)


def _headers(scene):
    """Of a token that was made while everything was well: what ended since must still count."""
    if scene.stranger:
        return {}
    return bearer(scene.person, second_factor=scene.second_factor, dataset=scene.only)


def _made_before(scene, state):
    """A token's header, made before the state takes anything away, as its thief would hold it."""
    state_needs = {_factor_unused: False, _token_of_another: True}
    scene.second_factor = state_needs.get(state, True)
    scene.only = "lab/other" if state is _token_of_another else ""
    headers = {} if state is _stranger else _headers(scene)
    state(scene)
    return headers


def _first(response):
    """The first missing step, or nothing when bytes (or, for HEAD, their size) came."""
    if response.status_code in {200, 206}:
        return ""
    assert response.status_code in {401, 403}
    return response.json()["missing_steps"][0]["code"]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__.strip("_"))
def test_every_surface_gives_the_same_answer(scene, state):
    expected = STATES[state]
    headers = _made_before(scene, state)
    where, tier = _where(scene), scene.tier
    files = "/api/v1/datasets/lab/shelf/files"
    told = {
        "token": _first(Client().get(where, **headers)),
        "token, range": _first(Client().get(where, HTTP_RANGE="bytes=0-9", **headers)),
        "API access": _access(Client().get("/api/v1/datasets/lab/shelf/access", **headers), tier),
    }
    opens = {
        "token, HEAD": Client().head(where, **headers).status_code == 200,
        "API files": _listed(Client().get(files, **headers), tier),
        "API files, mine": bool(_listed(Client().get(f"{files}?mine=1", **headers), tier)),
    }
    if state is not _token_of_another:  # a session has no such limit
        browser = _session(scene)
        told["session"] = _first(browser.get(where))
        told["session, range"] = _first(browser.get(where, HTTP_RANGE="bytes=-5"))
        told["session, API"] = _access(browser.get("/api/v1/datasets/lab/shelf/access"), tier)
        opens["session, HEAD"] = browser.head(where).status_code == 200
        told["link of the page"] = _followed(browser, tier, where)
    assert told == dict.fromkeys(told, expected)
    assert opens == dict.fromkeys(opens, not expected)


def _access(response, tier):
    (found,) = (each for each in response.json() if each["tier"] == tier)
    assert found["allowed"] == (not found["missing_steps"])
    return found["missing_steps"][0]["code"] if found["missing_steps"] else ""


def _listed(response, tier):
    return next((each["allowed"] for each in response.json() if each["tier"] == tier), False)


def _followed(browser, tier, where):
    """What the link of the list of files leads to; where there is none, why the tier is shut."""
    page = browser.get(f"/datasets/lab/shelf/files?tier={tier}", **PAGE).content.decode()
    link = where.replace("/main/", "/v1.0/")
    if f'href="{link}"' in page:
        return _first(browser.get(link))
    assert "was wound down" in page
    return "wound_down"


@pytest.mark.parametrize(
    ("change", "first"),
    [({"state": "withdrawn"}, "served"), ({"state": "superseded"}, "served")],
)
def test_a_version_that_is_not_served_is_shut_on_every_surface(scene, change, first):
    headers = _headers(scene)
    type(scene.version).objects.filter(pk=scene.version.pk).update(**change)
    where = _where(scene).replace("/main/", "/v1.0/")
    browser = _session(scene)
    assert _first(Client().get(where, **headers)) == first
    assert _first(browser.get(where, HTTP_RANGE="bytes=0-1")) == first
    assert Client().head(where, **headers).status_code == 403
    page = browser.get("/datasets/lab/shelf/files?version=1.0", **PAGE).content.decode()
    assert 'href="/datasets/lab/shelf/resolve' not in page
    # `main` is what was current last, and answers as that ended.
    assert _first(Client().get(where.replace("/v1.0/", "/main/"), **headers)) == first
    assert Client().get(where.replace("/v1.0/", "/v9.9/"), **headers).status_code == 404


def test_an_unlisted_dataset_is_missing_on_every_surface(scene):
    headers = _headers(scene)
    scene.dataset.listed = False
    scene.dataset.save()
    browser = _session(scene)
    for path in (
        _where(scene),
        "/api/v1/datasets/lab/shelf/files",
        "/api/v1/datasets/lab/shelf/access",
        "/datasets/lab/shelf/files",
        "/datasets/lab/shelf/preview",
    ):
        for response in (browser.get(path), browser.head(path), Client().get(path, **headers)):
            assert response.status_code == 404, path


LAPSES = {
    "verified": _unverified,
    "terms": _terms_ended,
    "linked_orcid": lambda scene: SocialAccount.objects.all().delete(),
    "second_factor": lambda scene: Authenticator.objects.all().delete(),
    "suspended": _suspended,
    "wound_down": _wound_down_by_two,
}


@pytest.mark.parametrize("lapse", LAPSES)
def test_a_lapse_of_any_condition_shuts_the_door_and_leaves_the_grant_alone(scene, lapse):
    """Independent checks: the grant is still in force when the condition is met again."""
    scene.of("annotations")
    _identity(scene)
    grant = scene.granted()
    headers, where = _headers(scene), _where(scene)
    assert _first(Client().get(where, **headers)) == ""
    before = Grant.objects.filter(pk=grant.pk).values().get()
    LAPSES[lapse](scene)
    assert _first(Client().get(where, **headers)) == lapse
    assert Grant.objects.filter(pk=grant.pk).values().get() == before
    refused = Entry.objects.get(action="ticket.refuse")
    assert refused.reasons == [lapse]
    assert refused.grant is None


def test_a_factor_that_was_removed_opens_nothing_in_a_new_session(scene):
    scene.of("annotations").granted()
    assert _first(_session(scene).get(_where(scene))) == ""
    scene.second_factor = False
    response = _session(scene).get(_where(scene))
    assert _first(response) == "second_factor"


def test_an_expired_grant_is_over_in_lists_and_at_the_gate_before_any_sweep(scene):
    """Two clocks for one fact: no list goes by a state that a sweep has yet to write."""
    scene.of("annotations")
    grant = scene.granted()
    Grant.objects.filter(pk=grant.pk).update(ends=timezone.now() - timedelta(seconds=1))
    headers = _headers(scene)
    assert _first(Client().get(_where(scene), **headers)) == "grant"
    listed = Client().get("/api/v1/datasets/lab/shelf/files?mine=1", **headers).json()
    assert [each["tier"] for each in listed] == ["processed"]
    pages = _session(scene).get("/downloads", **PAGE).content.decode()
    assert "Your grant ended" in pages or "Apply for access" in pages


def test_a_suspended_person_is_told_and_may_still_look_at_what_is_theirs(scene):
    acceptance = scene.acceptance
    _suspended(scene)
    browser = signed_in(scene.person)
    for path in ("/account", "/downloads", "/inbox", "/applications", "/tokens",
                 f"/acceptances/{acceptance.number}"):  # fmt: skip
        response = browser.get(path, **PAGE)
        assert response.status_code == 200, path
        assert "Files were passed on" in response.content.decode(), path
    page = browser.get(_where(scene), **PAGE)
    assert page.status_code == 403
    assert "Your account is suspended" in page.content.decode()


def test_a_suspended_steward_is_told_why_on_staff_pages(scene):
    person = SuspensionFactory(user=UserFactory(role=Role.STEWARD)).user
    page = signed_in(person, second_factor=True).get("/steward/applications", **PAGE)
    assert page.status_code == 403
    assert "Files were passed on" in page.content.decode()


def test_the_gate_costs_no_query_more_for_standing(scene, django_assert_num_queries):
    headers, where = _headers(scene), _where(scene)
    Client().head(where, **headers)
    with django_assert_num_queries(2):  # the token with its person's standing, the file with terms
        assert Client().head(where, **headers).status_code == 200


def test_a_file_with_removed_rows_is_withheld_on_every_surface_and_the_others_are_not(scene):
    """What differs from file to file of one tier: the tier itself stays open."""
    headers = _made_before(scene, _raw_for_a_steward)
    other = ArtefactFactory(
        version=scene.version, tier_name="raw", path="blobs/b.parquet", key=scene.file.key,
        size=len(BODY), sha256=SHA256, withheld=True,
    )  # fmt: skip
    where = "/datasets/lab/shelf-raw/resolve/main/"
    assert _first(Client().get(f"{where}{scene.file.path}", **headers)) == ""
    refused = Client().get(f"{where}{other.path}", **headers)
    assert _first(refused) == "removed_rows"
    assert "The next version has it without them" in refused["X-Error-Message"]
    assert Client().head(f"{where}{other.path}", **headers).status_code == 403
    listed = Client().get("/api/v1/datasets/lab/shelf/files", **headers).json()
    assert {each["path"]: each["allowed"] for each in listed if each["tier"] == "raw"} == {
        scene.file.path: True, other.path: False,
    }  # fmt: skip
    mine = Client().get("/api/v1/datasets/lab/shelf/files?mine=1", **headers).json()
    assert other.path not in {each["path"] for each in mine}
    page = _session(scene).get("/datasets/lab/shelf/files?tier=raw", **PAGE).content.decode()
    assert f"{where}{other.path}" not in page
    assert other.path in page
