"""People and their tokens."""

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.crypto import salted_hmac


class People(BaseUserManager["User"]):
    """Addresses are kept in small letters, so that one person has one account."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody with an account. What they may do is kept elsewhere: in roles and grants."""

    email = models.EmailField(unique=True)
    name = models.CharField("full name", max_length=200)
    affiliation = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=2, blank=True)  # of the affiliation, ISO 3166-1 alpha-2
    is_active = models.BooleanField(default=True)
    is_staff = False
    date_joined = models.DateTimeField(auto_now_add=True)
    session_epoch = models.PositiveIntegerField(default=0)  # raised to end all sessions

    objects = People()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must show: it changes with the password, and with the epoch."""
        signed = f"{self.password}{self.session_epoch or ''}"
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        return salted_hmac(salt, signed, secret=secret, algorithm="sha256").hexdigest()


def display(user: User) -> str:
    """How the account pages address somebody."""
    return user.name or user.email


class ApiToken(models.Model):
    """A secret for programs, kept as its sha256: the secret itself is shown once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens"
    )
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    ending = models.CharField(max_length=4)  # last characters, to tell tokens apart
    scope = models.CharField(max_length=10, default="read")
    dataset = models.CharField(max_length=200, blank=True)  # NS/NAME, or every dataset
    second_factor = models.BooleanField(default=False)  # used when the token was made
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.name} …{self.ending}"
