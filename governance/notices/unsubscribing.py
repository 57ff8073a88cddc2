"""One-click unsubscribing (RFC 8058): an address that silences one topic for one person.

The address needs no sign-in, so it holds a signature over who and what. It says no more than that
and does not end: a mail may lie in a mailbox for years.
"""

from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.urls import reverse

from governance.errors import MissingError
from governance.notices.topics import MAIL, may_silence

SALT = "gatehouse unsubscribe"
# Stands in a text that many people get, for the address of each.
MARK = "https://unsubscribe.invalid/"


class Asked(NamedTuple):
    user_id: int
    topic: str


def offered(topic: str) -> bool:
    """Whether mail of this topic can be unsubscribed from by a link."""
    return bool(settings.PUBLIC_URL) and may_silence(topic, MAIL)


def link(user_id: int, topic: str) -> str:
    token = signing.Signer(salt=SALT).sign_object([user_id, topic])
    return f"{settings.PUBLIC_URL}{reverse('unsubscribe', kwargs={'token': token})}"


def read(token: str) -> Asked:
    """Raises MissingError for a token that this site did not make."""
    try:
        user_id, topic = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError) as error:
        raise MissingError("There is no such link: it was cut off on its way, perhaps.") from error
    return Asked(user_id, topic)


def headers(user_id: int | None, topic: str) -> dict[str, str]:
    """Headers of a mail; none where silence is not allowed."""
    if user_id is None or not offered(topic):
        return {}
    return {
        "List-Unsubscribe": f"<{link(user_id, topic)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
