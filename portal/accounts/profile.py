"""The one change that somebody makes to their own profile."""

from datetime import datetime

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.errors import InvalidError, NotPermittedError
from portal.accounts.models import User
from portal.accounts.people import country_choices, one_line

LONGEST = 200  # characters


def update(*, actor: Actor, name: str, affiliation: str, now: datetime, country: str = "") -> User:
    """Change one's own name, organisation and its country; entries keep the name they copied.

    Raises:
        NotPermittedError: a stranger, or a program with a token.
        InvalidError: the name is too short, or something too long; `fields` names them.
    """
    if not actor.signed_in or actor.token is not None:
        raise NotPermittedError("Sign in to change your profile.")
    name, affiliation = one_line(name), one_line(affiliation)
    fields = {}
    if len(name) < 3:
        fields["name"] = "Write your full name: it stands on what you sign."
    for field, given in (("name", name), ("affiliation", affiliation)):
        if len(given) > LONGEST:
            fields[field] = f"Keep this under {LONGEST} characters."
    if country and country not in dict(country_choices()):
        fields["country"] = "Choose a country of the list, or none."
    if fields:
        raise InvalidError("Your profile can't be kept like this.", fields=fields)
    given = {"name": name, "affiliation": affiliation, "country": country}
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=actor.user_id)
        changed = [each for each in given if getattr(user, each) != given[each]]
        if changed:
            for each in changed:
                setattr(user, each, given[each])
            user.save(update_fields=changed)
            audit.account_changed(actor=actor, verb="profile", detail={"changed": changed}, now=now)
    return user
