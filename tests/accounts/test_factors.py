"""Second factors at rest: nothing readable in the database, keys that can be changed."""

import json
import re
from importlib import import_module
from pathlib import Path

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from portal import environment
from portal.accounts import inviting
from tests.accounts.people import PASSWORD, somebody, totp
from tests.factories import UserFactory
from tests.support import PAGE

pytestmark = pytest.mark.django_db
OLD, NEW = "o" * 32, "n" * 32
# A registration, as a browser sends it.
CREDENTIAL = json.loads(Path(__file__).with_name("passkey.json").read_text())


def everything_kept() -> str:
    """All text of the tables of factors and sessions."""
    told = []
    with connection.cursor() as cursor:
        for table in ("mfa_authenticator", "django_session"):
            cursor.execute(f"SELECT * FROM {table}")
            told += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(told)


def test_no_secret_can_be_read_in_the_database():
    user, secret = somebody(), generate_totp_secret()
    TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user)
    seed = get_adapter().decrypt(codes.instance.data["seed"])
    kept = everything_kept()
    assert secret not in kept
    assert seed not in kept
    assert not any(each in kept for each in codes.generate_codes())


def test_the_code_signs_in():
    user, secret = somebody(), generate_totp_secret()
    TOTP.activate(user, secret)
    client = Client()
    told = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert told["Location"] == reverse("mfa_authenticate")
    client.post(reverse("mfa_authenticate"), {"code": totp(secret)})
    assert client.get(reverse("account"), **PAGE).status_code == 200


def test_a_key_is_changed_without_anybody_noticing(settings):
    user, secret = UserFactory(), generate_totp_secret()
    settings.MFA_KEYS = [OLD]
    authenticator = TOTP.activate(user, secret).instance
    RecoveryCodes.activate(user)
    settings.MFA_KEYS = [NEW, OLD]
    assert get_adapter().decrypt(authenticator.data["secret"]) == secret
    call_command("rewrite_factors")
    settings.MFA_KEYS = [NEW]
    authenticator.refresh_from_db()
    assert get_adapter().decrypt(authenticator.data["secret"]) == secret
    assert RecoveryCodes.activate(user).generate_codes()
    settings.MFA_KEYS = [OLD]
    with pytest.raises(ImproperlyConfigured, match="MFA_KEYS"):
        get_adapter().decrypt(authenticator.data["secret"])
    with pytest.raises(CommandError, match="MFA_KEYS"):
        call_command("rewrite_factors")


def test_what_was_encrypted_with_a_former_secret_key_stays_good(settings):
    authenticator = TOTP.activate(UserFactory(), "SECRET").instance
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "x" * 50
    assert get_adapter().decrypt(authenticator.data["secret"]) == "SECRET"


def test_secrets_from_before_are_encrypted_by_the_migration():
    user, secret = UserFactory(), generate_totp_secret()
    plain = Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": secret}
    )
    Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.RECOVERY_CODES,
        data={"migrated_codes": ["11111111", "22222222"]},
    )
    assert plain.wrap().validate_code(totp(secret))
    import_module("portal.accounts.migrations.0003_seal_factors").seal(apps, None)
    kept = everything_kept()
    assert secret not in kept
    assert "11111111" not in kept
    plain.refresh_from_db()
    assert get_adapter().decrypt(plain.data["secret"]) == secret
    codes = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES).wrap()
    assert codes.generate_codes() == ["11111111", "22222222"]


def test_a_short_key_ends_the_start(monkeypatch):
    monkeypatch.setenv("MFA_KEYS", f"{NEW},short")
    with pytest.raises(environment.WrongSettingError, match="MFA_KEYS"):
        environment.secrets_of("MFA_KEYS")


def test_every_ceremony_asks_who_holds_the_passkey():
    """The challenge is one for all of a session: a weaker ceremony would weaken them all."""
    user = somebody()
    TOTP.activate(user, generate_totp_secret())
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": CREDENTIAL}
    )
    client = Client()
    alone = client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    beside = client.get(reverse("mfa_authenticate"), **PAGE).content.decode()
    [options] = re.findall(r'<script id="passkey-options"[^>]*>(.*?)</script>', beside, re.S)
    for told in (alone.json(), json.loads(options)):
        assert told["request_options"]["publicKey"]["userVerification"] == "required"


def test_an_invitation_never_takes_over_an_account_that_signs_in_by_passkey():
    """Else whoever reads its mail could take away its second factor."""
    user = somebody()
    user.set_unusable_password()
    user.save()
    assert not inviting.is_proven(user)
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": CREDENTIAL}
    )
    assert inviting.is_proven(user)
