"""The one change that somebody makes to their own profile."""

from governance.audit.actors import Actor
from governance.errors import InvalidError, NotPermittedError
from portal.accounts.models import User
from portal.accounts.people import country_choices

LONGEST = 200  # characters


def update(*, actor: Actor, name: str, affiliation: str, country: str = "") -> User:
    """Change one's own name, organisation and its country; entries keep the name they copied.

    Raises:
        NotPermittedError: a stranger, or a program with a token.
        InvalidError: the name is too short, or something too long; `fields` names them.
    """
    if not actor.signed_in or actor.token is not None:
        raise NotPermittedError("Sign in to change your profile.")
    name, affiliation = name.strip(), affiliation.strip()
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
    user = User.objects.get(pk=actor.user_id)
    user.name, user.affiliation, user.country = name, affiliation, country
    user.save(update_fields=["name", "affiliation", "country"])
    return user
