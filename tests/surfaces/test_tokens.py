"""Tokens: shown once, kept as a hash, never for long."""

from datetime import timedelta

import pytest

from governance.audit.actors import STRANGER, Limits, Scope
from governance.audit.models import Entry
from governance.errors import InvalidError, MissingError, NotPermittedError
from portal.accounts import tokens
from portal.accounts.models import ApiToken
from tests.factories import NOW, UserFactory, actor

pytestmark = pytest.mark.django_db


def make(user, who=None, **told):
    told = {"name": "laptop", "dataset": "", "days": 30, "second_factor": False} | told
    return tokens.make(actor=who or actor(user), owner_id=user.pk, now=NOW, **told)


def test_the_secret_is_kept_nowhere():
    token, secret = make(UserFactory())
    assert secret.startswith("gh_")
    assert len(secret) > 40
    for value in ApiToken.objects.filter(pk=token.pk).values_list().get():
        assert secret not in str(value)
    entry = Entry.objects.get(action="token.make")
    assert secret not in str(entry.__dict__)
    assert tokens.find(secret, now=NOW) == token


def test_last_use_is_noted_at_most_every_ten_minutes(django_assert_num_queries):
    token, _ = make(UserFactory())
    tokens.note_use(token, now=NOW)
    token.refresh_from_db()
    assert token.used_at == NOW
    with django_assert_num_queries(0):
        tokens.note_use(token, now=NOW + timedelta(minutes=9))


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"name": " "}, "name"),
        ({"days": 0}, "days"),
        ({"days": 91}, "days"),
        ({"scope": "write"}, "scope"),
        ({"scope": "review"}, "scope"),  # it would not carry the second factor
    ],
)
def test_what_a_token_may_not_be(told, field):
    with pytest.raises(InvalidError) as refused:
        make(UserFactory(), **told)
    assert field in refused.value.fields


def test_who_may_not_make_one():
    user = UserFactory()
    for who in (
        STRANGER,
        actor(UserFactory()),
        actor(user, verified=False),
        actor(user, token=Limits("another token")),
    ):
        with pytest.raises(NotPermittedError):
            make(user, who)


def test_nobody_revokes_the_token_of_somebody_else():
    token, secret = make(UserFactory())
    with pytest.raises(MissingError):
        tokens.revoke(actor=actor(UserFactory()), token_id=token.pk, now=NOW)
    assert tokens.find(secret, now=NOW) is not None


@pytest.mark.parametrize("scope", list(Scope))
def test_a_scope_is_kept_told_and_recorded(scope):
    token, secret = make(UserFactory(), scope=scope, second_factor=True)
    assert tokens.find(secret, now=NOW).scope == scope
    told = Entry.objects.get(action="token.make").detail
    assert (told["scope"], told["second_factor"]) == (scope, True)
    assert token.scope == scope


def test_a_token_carries_no_second_factor_that_was_not_used():
    user = UserFactory()
    with pytest.raises(tokens.FactorNeededError):
        make(user, actor(user, second_factor=False), second_factor=True)
    assert not ApiToken.objects.exists()
