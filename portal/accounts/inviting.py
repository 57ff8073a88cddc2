"""Bringing people in: a role at once for who has an account, else a link to an address."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from allauth.account.internal.flows.login import perform_password_login, record_authentication
from allauth.account.models import EmailAddress, Login
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from governance import dates
from governance.access import services as access
from governance.audit.actors import Actor, Role
from governance.errors import WrongStateError
from governance.notices import services as notices
from portal.accounts.models import ApiToken, User

if TYPE_CHECKING:
    from governance.access.models import RoleInvitation
    from governance.catalogue.models import Dataset

FIRST = "first admin of the installation"


def link(secret: str, *, site: str = "") -> str:
    """The absolute address of an invitation."""
    return f"{site or settings.PUBLIC_URL}{reverse('invitation', kwargs={'secret': secret})}"


def account_of(email: str) -> User | None:
    """The account of an address, whether or not the address was ever confirmed."""
    return User.objects.filter(email=email.strip().lower()).first()


def is_proven(user: User) -> bool:
    """Whether the account is its owner's: the address was confirmed, and there is a way in."""
    confirmed = EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()
    passkeys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return confirmed and (
        user.has_usable_password() or user.socialaccount_set.exists() or passkeys.exists()
    )


def bring_in(
    *,
    actor: Actor,
    email: str,
    role: Role,
    dataset: "Dataset | None",
    ends: datetime | None,
    reason: str,
    now: datetime,
    site: str = "",
) -> bool:
    """Give a role to the holder of an address; True when they hold it now, False when invited.

    The link goes by mail to that address alone: an admin who saw it could be two people. It begins
    with `site` where that is given: a command may know no public address.
    """
    told = {"actor": actor, "role": role, "dataset": dataset, "ends": ends, "reason": reason}
    user = account_of(email)
    if user is not None and user.is_active and is_proven(user):
        access.give_role(person=user.pk, now=now, **told)
        return True
    with transaction.atomic():
        made, secret = access.invite_to_role(email=email, now=now, **told)
        _mail(made, secret, by=actor.name, now=now, site=site)
    return False


def _mail(made: "RoleInvitation", secret: str, *, by: str, now: datetime, site: str = "") -> None:
    where = f"of {made.dataset.slug}" if made.dataset else "of the whole site"
    told = {
        "title": f"You are invited to be {made.role} {where}",
        "lines": [
            f"{by or 'An admin'} invites you to be {made.role} {where} at Gatehouse.",
            f"The link is good once, until {dates.moment(made.good_until)}. "
            "It leads to an account, if you have none, and to the role.",
            "If you do not know what this is about, do nothing.",
        ],
        "url": link(secret, site=site),
        "action": "Accept the invitation",
        "contact": settings.CONTACT_EMAIL,
    }
    notices.post_mail(
        key=f"invitation:{made.pk}:{uuid4()}",
        kind="invitation",
        user_id=None,
        email=made.email,
        subject=told["title"],
        text=render_to_string("mail/invitation.txt", told).strip() + "\n",
        html=render_to_string("mail/invitation.html", told),
        now=now,
    )


def first_admin(*, actor: Actor, email: str, site: str, now: datetime) -> str:
    """Make the first admin; returns the link by which they set a password, empty if they have one.

    The role is theirs at once, whether or not the link is ever followed.
    """
    email = email.strip().lower()
    with transaction.atomic():
        user = account_of(email)
        proven = user is not None and is_proven(user)
        if user is None:
            user = User.objects.create_user(email, None)
        secret = ""
        if not proven:
            made, secret = access.invite_to_role(
                actor=actor, email=email, role=Role.ADMIN, dataset=None, ends=None, reason=FIRST,
                now=now,
            )  # fmt: skip
            _mail(made, secret, by="The operator", now=now, site=site)
        access.give_role(
            actor=actor, person=user.pk, role=Role.ADMIN, dataset=None, ends=None, reason=FIRST,
            now=now,
        )  # fmt: skip
    return link(secret, site=site) if secret else ""


def enter(
    request: HttpRequest,
    found: "RoleInvitation",
    *,
    secret: str,
    name: str,
    affiliation: str,
    password: str,
    to: str,
    now: datetime,
) -> HttpResponse:
    """Make the account of an invited address, give the role, sign in, and go on to `to`.

    Who follows the link reads the address's mail.

    Raises:
        WrongStateError: the account is somebody's already: they sign in to accept.
        MissingError: the invitation can't be used any more.
    """
    with transaction.atomic():
        user = account_of(found.email)
        if user is None:
            user = User.objects.create_user(found.email, password, name=name)
        elif is_proven(user):
            raise WrongStateError("There is an account for this address: sign in to accept.")
        _take_over(user, now=now)
        user.name, user.affiliation = name, affiliation
        user.set_password(password)
        user.save()
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        invited = Actor(user_id=user.pk, email=user.email, name=user.name, verified=True)
        access.accept_role(actor=invited, secret=secret, now=now)
    login = Login(user=user, email=user.email, redirect_url=to)
    response = perform_password_login(request, {"email": user.email}, login)
    # They chose the password a moment ago: the page of factors need not ask for it again.
    record_authentication(request, user, "password", email=user.email, reauthenticated=True)
    return response


def _take_over(user: User, *, now: datetime) -> None:
    """Whoever made the account before never proved the address: no way in of theirs is left."""
    Authenticator.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    user.socialaccount_set.all().delete()
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
