"""What of access ends when somebody deletes their account, and what must outlive it."""

from datetime import datetime

from django.db import transaction

from governance.access import selectors
from governance.access.models import Block, BlockKind, Member, MemberState
from governance.access.services.grants import end_all_of
from governance.audit.actors import Actor
from governance.errors import WrongStateError


def check_leaving(*, user_id: int, now: datetime) -> None:
    """Raise WrongStateError while the account can't be deleted; the sentence says what to do."""
    held = sorted({str(role) for role, _ in selectors.roles_of(user_id, now=now)})
    if held:
        raise WrongStateError(
            f"You hold a role here ({', '.join(held)}). Ask an admin to end it, then delete the "
            "account: a role ends with a reason in the record."
        )
    if selectors.suspended(user_id=user_id, now=now):
        raise WrongStateError(
            "Your account is suspended: it can be deleted when the suspension is over or lifted."
        )


def leave(*, user_id: int, email: str, actor: Actor, now: datetime) -> None:
    """Withdraw what waits, end what was granted, step out of groups; blocks stay, by address.

    Raises:
        NotPermittedError: somebody else asks.
        WrongStateError: the person holds a role, or is suspended.
    """
    with transaction.atomic():
        check_leaving(user_id=user_id, now=now)
        end_all_of(user_id=user_id, actor=actor, now=now)
        for each in Member.objects.select_for_update().filter(user=user_id):
            each.user, each.state, each.changed_at = None, MemberState.LEFT, now
            each.email = f"deleted-account-{user_id}@example.invalid"
            each.save(update_fields=["user", "state", "changed_at", "email"])
        Block.objects.filter(user=user_id).update(user=None, kind=BlockKind.EMAIL, value=email)
