"""Lists hold what `decide` allows, and nothing else: over drawn states, on both databases."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from governance.access import selectors
from governance.access.defaults import TIERS
from governance.access.models import Grant, Hold, RoleHeld
from governance.access.needs import NEEDS
from governance.audit.actors import STRANGER, Actor, Limits, Role, Scope
from governance.catalogue.models import Artefact, Dataset, Tier, Version
from governance.terms.models import Acceptance, TermsVersion
from tests.factories import (
    NOW,
    AcceptanceFactory,
    ArtefactFactory,
    GrantFactory,
    SuspensionFactory,
    TermsFactory,
    UserFactory,
    actor,
)

pytestmark = pytest.mark.django_db

TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
MOMENTS = st.sampled_from([-2 * HOUR, -HOUR, -TICK, 0 * TICK, TICK, HOUR, 2 * HOUR])
_SORTED = [-2 * HOUR, -HOUR, -TICK, 0 * TICK, TICK, HOUR, 2 * HOUR]
SPANS = st.sampled_from([(at, to) for at in _SORTED for to in _SORTED if at < to])
OPTIONAL = st.none() | MOMENTS
MOSTLY = st.sampled_from([True, True, True, True, False])  # else hardly anything would open


def _downloads(names):
    return {"download": names}


POLICIES = st.one_of(
    st.sampled_from([spec.policy for spec in TIERS]),
    st.lists(st.sampled_from(sorted(NEEDS)), min_size=1, max_size=3).map(_downloads),
    st.sampled_from(["terms", "grant", "steward", "verified"]).map(lambda name: _downloads([name])),
    st.sampled_from(
        [
            {},
            {"download": []},
            {"inspect": ["served"]},
            {"download": ["served", "nobody wrote this"]},
        ]
    ),
)
VERSIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["building", "candidate", "approved", "superseded", "withdrawn", "rejected"]
        ),
        OPTIONAL,
    ),
    max_size=3,
)
TERMS = st.lists(
    st.tuples(MOMENTS, OPTIONAL, MOSTLY), min_size=1, max_size=3, unique_by=lambda each: each[0]
)
GRANTS = st.lists(st.tuples(SPANS, MOSTLY.map(lambda yes: not yes)), max_size=3)
DATASETS = st.lists(
    st.fixed_dictionaries(
        {
            "listed": MOSTLY,
            "wound_down": st.sampled_from([None, None, None, None, -TICK, 0 * TICK, HOUR]),
            "published": MOSTLY,
            "ledger": st.sampled_from([0, 0, 1, 2]),
            "versions": VERSIONS,
            "terms": TERMS,
            "tiers": st.lists(st.tuples(POLICIES, GRANTS), min_size=1, max_size=3),
            "steward": st.none() | st.tuples(st.just(-2 * HOUR), OPTIONAL),
            "owed": st.sampled_from([None, None, None, -HOUR, 0 * TICK, HOUR]),
        }
    ),
    min_size=1,
    max_size=2,
)
PEOPLE = st.fixed_dictionaries(
    {
        "signed_in": MOSTLY,
        "verified": MOSTLY,
        "second_factor": MOSTLY,
        "identities": st.frozensets(st.sampled_from(["orcid", "github", "huggingface"])),
        "suspended": st.sampled_from(
            [None, None, None, None, None, None, (-HOUR, None), (-HOUR, 0 * TICK), (-HOUR, HOUR)]
        ),
        "token": st.sampled_from([None, None, None, "", "", "lab/d0"]),
        "everywhere": st.none() | SPANS,
        "role": st.sampled_from([Role.STEWARD, Role.ADMIN]),
    }
)


def _at(moment):
    return None if moment is None else NOW + moment


def _after(begin, moment):
    """An end that the database takes: after its beginning, or none."""
    return None if moment is None or moment <= begin else NOW + moment


def make(person, datasets):
    """Rows for what was drawn, written in few statements."""
    user = UserFactory(verified=person["verified"])
    if person["suspended"]:
        begins, ends = person["suspended"]
        SuspensionFactory(user=user, begins=_at(begins), ends=_at(ends))
    if person["everywhere"]:
        begins, ends = person["everywhere"]
        RoleHeld.objects.create(user=user, role=person["role"], begins=_at(begins), ends=_at(ends))
    for at, drawn in enumerate(datasets):
        dataset = Dataset.objects.create(
            namespace="lab", name=f"d{at}", title="D", made_at=NOW, listed=drawn["listed"],
            wound_down_at=_at(drawn["wound_down"]), ledger=drawn["ledger"],
        )  # fmt: skip
        if drawn["steward"]:
            begins, ends = drawn["steward"]
            RoleHeld.objects.create(
                user=user, role=Role.STEWARD, dataset=dataset, begins=_at(begins),
                ends=_after(begins, ends),
            )  # fmt: skip
        if drawn["owed"] is not None:
            Hold.objects.create(user=user, dataset=dataset, begins=_at(drawn["owed"]))
        tiers = _tiers(dataset, user, drawn)
        _files(dataset, tiers, drawn)
        _terms(dataset, user, drawn)
    return user


def _tiers(dataset, user, drawn):
    tiers = []
    for at, (policy, grants) in enumerate(drawn["tiers"]):
        name = f"t{at}" if at else "raw"
        tier = Tier.objects.create(dataset=dataset, name=name, policy=policy, position=at)
        tiers.append(tier)
        Grant.objects.bulk_create(
            Grant(
                holder=user, tier=tier, begins=_at(begins), ends=_at(ends),
                revoked_at=NOW if revoked else None,
            )
            for (begins, ends), revoked in grants
        )  # fmt: skip
    return tiers


def _files(dataset, tiers, drawn):
    states = [("published", None)] if drawn["published"] else []
    for at, (state, serve_until) in enumerate([*states, *drawn["versions"]]):
        version = Version.objects.create(
            dataset=dataset, number=f"1.{at}", state=state, made_at=NOW,
            serve_until=_at(serve_until), looked=1,
        )  # fmt: skip
        Artefact.objects.bulk_create(
            Artefact(
                version=version, tier=tier, path=path, size=1, sha256="a" * 64, key="k",
                withheld=path == "holds what was removed",
            )
            for tier in tiers for path in ("a", "holds what was removed")
        )  # fmt: skip


def _terms(dataset, user, drawn):
    for at, (effective, until, signed) in enumerate(drawn["terms"]):
        terms = TermsVersion.objects.create(
            dataset=dataset, number=f"{at}", title="T", text="t", text_sha256="5" * 64,
            effective_at=_at(effective), published_at=NOW - 9 * HOUR,
            accepted_until=_after(effective, until),
        )  # fmt: skip
        if signed:
            AcceptanceFactory(user=user, terms=terms)


def who(user, person, now):
    """The actor of a request at a moment; None when the token has ended by then."""
    if not person["signed_in"]:
        return STRANGER
    token = person["token"]
    limits = None if token is None else Limits("ci", token, Scope.READ, NOW + HOUR)
    if limits is not None and now >= NOW + HOUR:
        return None
    return Actor(
        user_id=user.pk,
        email=user.email,
        verified=person["verified"],
        second_factor=person["second_factor"],
        has_second_factor=person["second_factor"],
        identities=person["identities"],
        roles=selectors.roles_of(user.pk, now=now),
        suspended=selectors.suspended(user_id=user.pk, now=now),
        token=limits,
    )


def allowed(asking, now):
    """What `decide` says of every file there is, asked one by one."""
    files = Artefact.objects.select_related("tier", "version__dataset")
    decisions = {each.pk: selectors.decide(asking, each, "download", now) for each in files}
    return {pk: decision for pk, decision in decisions.items() if decision.allowed}


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(PEOPLE, DATASETS)
def test_every_list_holds_what_the_rule_allows_and_nothing_else(person, datasets):
    with transaction.atomic():
        user = make(person, datasets)
        asking = who(user, person, NOW)
        decided = allowed(asking, NOW)
        event(f"{min(len(decided), 3)} files open")
        listed = selectors.visible_to(asking, NOW)
        assert sorted(listed.values_list("pk", flat=True)) == sorted(decided)
        _agrees_with_the_standings(asking, decided)
        _opens_until_it_says(user, person, decided)
        transaction.set_rollback(True)


def _agrees_with_the_standings(asking, decided):
    current = {
        (each.tier_id, each.version.dataset_id)
        for each in Artefact.objects.filter(pk__in=decided, version__state="published")
        .select_related("version")
    }  # fmt: skip
    for dataset in Dataset.objects.all():
        version = Version.objects.filter(dataset=dataset, state="published").first()
        for each in selectors.standing(asking, dataset, version, now=NOW):
            assert each.decision.allowed == ((each.tier.pk, dataset.pk) in current)


def _opens_until_it_says(user, person, decided):
    """Until `valid_until` nothing but somebody's act turns the yes into a no; then it is one."""
    for pk, decision in decided.items():
        end = decision.valid_until
        for moment in (NOW + TICK, NOW + HOUR, NOW + 2 * HOUR):
            if end is None or moment < end:
                assert pk in allowed(who(user, person, moment), moment), decision
        if end is not None:
            later = who(user, person, end)
            assert later is None or pk not in allowed(later, end), decision


@pytest.mark.parametrize("datasets", [1, 8])
def test_a_list_costs_the_same_whatever_its_length(datasets, django_assert_num_queries):
    user = UserFactory(role=Role.STEWARD)
    for _ in range(datasets):
        for tier in ("processed", "annotations", "raw"):
            file = ArtefactFactory(tier_name=tier)
            GrantFactory(holder=user, tier=file.tier)
            AcceptanceFactory(user=user, terms=TermsFactory(dataset=file.version.dataset))
    asking = actor(user)
    with django_assert_num_queries(2):  # the tiers, the files
        assert selectors.visible_to(asking, NOW).count() == 3 * datasets


def test_the_list_of_somebody_suspended_is_empty():
    file = ArtefactFactory()
    acceptance = AcceptanceFactory(terms=TermsFactory(dataset=file.version.dataset))
    assert list(selectors.visible_to(actor(acceptance.user), NOW)) == [file]
    SuspensionFactory(user=acceptance.user)
    assert list(selectors.visible_to(actor(acceptance.user), NOW)) == []


def test_what_was_signed_counts_in_the_list_as_at_the_gate():
    """Kept beside the drawn states: the count of rows is that of the acceptance itself."""
    file = ArtefactFactory()
    terms = TermsFactory(dataset=file.version.dataset)
    asking = actor(UserFactory())
    assert not selectors.visible_to(asking, NOW).exists()
    AcceptanceFactory(user_id=asking.user_id, terms=terms)
    assert selectors.visible_to(asking, NOW).get() == file
    assert Acceptance.objects.count() == 1
