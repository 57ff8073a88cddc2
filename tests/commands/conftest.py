"""What an operator's terminal holds."""

import pytest
from django.utils import timezone

from governance.audit.actors import Scope
from portal.accounts import tokens
from tests.factories import actor


@pytest.fixture
def token_in_hand(monkeypatch):
    """Put a new token of somebody into the environment, as its owner gave it."""

    def put(user, *, scope=Scope.OPERATE, dataset="", second_factor=True, days=1):
        token, secret = tokens.make(
            actor=actor(user), owner_id=user.pk, name="terminal", dataset=dataset, days=days,
            scope=scope, second_factor=second_factor, now=timezone.now(),
        )  # fmt: skip
        monkeypatch.setenv("GATEHOUSE_TOKEN", secret)
        return token

    monkeypatch.delenv("GATEHOUSE_TOKEN", raising=False)
    return put
