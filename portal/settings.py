"""All settings of the site. Each variable of the environment is read here and nowhere else.

Embedded (nothing set): SQLite, local files and a folder as broker below GATEHOUSE_HOME.
Scaled: DATABASE_URL, CELERY_BROKER_URL, CACHE_URL and STORAGE_URL name real services.
`.env.example` lists the variables with what they do.
"""

from pathlib import Path

import environ
from celery.schedules import crontab

from portal import environment as env
from portal import signin_sites

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")  # what the process has set already wins

# ------------------------------------------------------------------ where and what
HOME = env.home()
DEMO = env.flag("GATEHOUSE_DEMO", default=(HOME / "demo").exists())
PUBLIC_URL = env.web_address("GATEHOUSE_PUBLIC_URL")
if DEMO and not env.is_local(PUBLIC_URL):
    raise env.WrongSettingError(
        "GATEHOUSE_DEMO is on while GATEHOUSE_PUBLIC_URL is public: the demo's passwords are known "
        "to everyone, so it runs on this machine alone."
    )
SECRET_KEY = env.secret("SECRET_KEY", HOME / "keys" / "django.key")
SECRET_KEY_FALLBACKS = env.secrets_of("SECRET_KEY_FALLBACKS")
# Keys of the second factors' secrets: the first encrypts, each of them and SECRET_KEY decrypts.
MFA_KEYS = env.secrets_of("MFA_KEYS")
# Key of the surrogates that replace private values: not in the database, the same in every worker.
REDACTION_SECRET = env.secret("REDACTION_SECRET", HOME / "keys" / "redaction.key")
DEBUG = False
CONTACT_EMAIL = env.text("GATEHOUSE_CONTACT", "stewards@localhost")

HTTPS = PUBLIC_URL.startswith("https://")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
TRUSTED_PROXIES = env.words("TRUSTED_PROXIES")
# The server itself takes scheme and address from a proxy, and only from one that is named here.
SECURE_PROXY_SSL_HEADER = None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_HANDLERS = [
    "portal.uploading.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# ------------------------------------------------------------------ parts
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "portal.accounts",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "django_celery_beat",
    "csp",
    "anymail",
    "governance.audit",
    "governance.catalogue",
    "governance.terms",
    "governance.access",
    "governance.notices",
    "governance.removals",
    "governance.duty",
    "pipeline.engine",
    "portal",
]
MIDDLEWARE = [
    "portal.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.accounts.sessions.SessionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.RefusalMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.site",
            ],
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    # Files that come with applications; this class can't make an address.
    "private": {
        "BACKEND": "governance.access.uploads.PrivateStorage",
        "OPTIONS": {
            "location": HOME / "private",
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
}
WHITENOISE_MAX_AGE = 60
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ------------------------------------------------------------------ database, cache
DATABASE_URL = env.url(
    "DATABASE_URL",
    f"sqlite:///{HOME / 'gatehouse.sqlite3'}",
    schemes={"sqlite", "postgres", "postgresql"},
)
DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
DATABASES["default"]["CONN_MAX_AGE"] = 600
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A read that turns into a write does not wait in a deferred transaction, so every one is
    # IMMEDIATE; FULL because evidence must outlive a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    # Only for statements that ask for it (governance.audit.writing). Off: a pooler in between can't
    # carry them.
    DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = (
        5 if env.flag("DATABASE_PREPARED", default=True) else None
    )
CACHE_URL = env.url("CACHE_URL", "locmemcache://", schemes={"locmemcache", "redis", "rediss"})
CACHES = {"default": environ.Env.cache_url_config(CACHE_URL)}

# ------------------------------------------------------------------ work
CELERY_BROKER_URL = env.url(
    "CELERY_BROKER_URL", "bell://", schemes={"bell", "amqp", "amqps", "redis", "rediss"}
)
BROKER_FOLDER = HOME / "broker"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "data_folder_in": str(BROKER_FOLDER / "messages"),
        "data_folder_out": str(BROKER_FOLDER / "messages"),
        "control_folder": str(BROKER_FOLDER / "control"),
        "polling_interval": 0.05,
    }
    if CELERY_BROKER_URL.startswith("bell:")
    else {}
)
CELERY_BROKER_CONNECTION_TIMEOUT = 3
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_DEFAULT_QUEUE = "bells"
CELERY_TASK_ROUTES = {
    "pipeline.engine.tasks.run_shard": {"queue": "shards"},
    "pipeline.engine.tasks.purge": {"queue": "shards"},
    "pipeline.engine.tasks.compact": {"queue": "shards"},
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
# The hour of UTC; switched off, the task is still told and does nothing (schedules are kept in
# the database, where an entry that is left out here would stay).
COMPACT_DAILY = env.flag("COMPACT_DAILY", default=True)
COMPACT_HOUR = env.number("COMPACT_HOUR", 3, least=0, most=23)
CELERY_BEAT_SCHEDULE = {
    "engine-compact": {
        "task": "pipeline.engine.tasks.compact",
        "schedule": crontab(minute="20", hour=str(COMPACT_HOUR)),
    },
    "engine-sweep": {"task": "pipeline.engine.tasks.sweep", "schedule": 15.0},
    "versions-close": {"task": "pipeline.engine.tasks.close", "schedule": 60.0},
    "versions-schedule": {"task": "pipeline.engine.tasks.keep_schedules", "schedule": 300.0},
    "notices-sweep": {"task": "governance.notices.tasks.sweep", "schedule": 20.0},
    "duties-make": {"task": "governance.duty.tasks.sweep", "schedule": 60.0},
    "record-seal": {"task": "governance.audit.tasks.seal", "schedule": 60.0},
    "record-sweep": {"task": "governance.audit.tasks.sweep", "schedule": 3600.0},
    "manifests-sign": {"task": "governance.catalogue.tasks.sign", "schedule": 60.0},
    "record-volume": {"task": "governance.audit.tasks.look_at_volume", "schedule": 3600.0},
    "record-witness": {"task": "governance.notices.tasks.witness", "schedule": 3600.0},
    "grants-sweep": {"task": "governance.access.tasks.sweep", "schedule": 60.0},
    "uploads-tidy": {"task": "governance.access.tasks.tidy", "schedule": 3600.0},
    "terms-sweep": {"task": "governance.terms.tasks.sweep", "schedule": 600.0},
}
LEASE_SECONDS = env.number("LEASE_SECONDS", 60, least=5, most=3600)
SHARD_WINDOW = env.number("SHARD_WINDOW", 4, least=1, most=10000)
SHARD_ATTEMPTS = env.number("SHARD_ATTEMPTS", 4, least=1, most=100)
BUILD_OPTIONS = {"shard_bytes": env.number("SHARD_BYTES", 16 << 20, least=1 << 16)}
if env.text("MALWARE_RULES"):
    BUILD_OPTIONS["malware_rules"] = env.text("MALWARE_RULES")
# No version comes out while a removal that it leaves in was recorded longer ago than this.
REMOVAL_CUTOFF_DAYS = env.number("REMOVAL_CUTOFF_DAYS", 14, least=1, most=90)
WORK_DIR = HOME / "work"
WORK_SHARED = env.flag("WORK_SHARED")  # workers of several hosts pass work on through STORAGE_URL
# Where `manage.py collect` may go; `pipeline/collect/outbound.py` says what follows.
COLLECT_PROTOCOLS = env.words("COLLECT_PROTOCOLS", "https")
COLLECT_PRIVATE_HOSTS = env.words("COLLECT_PRIVATE_HOSTS")
COLLECT_FOLDERS = env.words("COLLECT_FOLDERS")
STORAGE_URL = env.url("STORAGE_URL", f"file://{HOME / 'storage'}", schemes={"file", "s3"})

# ------------------------------------------------------------------ the record
# The file holds the key that signs checkpoints; its name is the log's origin and stays for ever.
AUDIT_KEY_FILE = env.text("AUDIT_KEY_FILE", str(HOME / "keys" / "record.key"))
AUDIT_ORIGIN = env.text("AUDIT_ORIGIN", f"{env.host_of(PUBLIC_URL) or 'localhost'}/record")
AUDIT_KEY_MADE_AT_NEED = DATABASE_URL.startswith("sqlite:") or DEMO
AUDIT_WITNESSES = env.words("AUDIT_WITNESSES")  # addresses that get every day's checkpoint
# Of the role that the web and the workers use, when another one owns the tables.
DATABASE_WEB_ROLE = env.text("DATABASE_WEB_ROLE")

# ------------------------------------------------------------------ people
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "portal.accounts.forms.SignupForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "portal.accounts.models.display"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a change of password or factor is told by mail
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
MFA_ADAPTER = "portal.accounts.factors.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Gatehouse"
MFA_PASSKEY_LOGIN_ENABLED = True
# A passkey asks its holder (finger, face, PIN) each time: alone it is two factors. The challenge is
# one for all ceremonies of a session, so a weaker one must not exist.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_FORMS = {"add_webauthn": "portal.accounts.forms.PasskeyForm"}
# Sign-in by GitHub, ORCID, Hugging Face: each of them once its id and secret are set.
SIGNIN_SITES = signin_sites.read()
SIGNIN_ORIGINS = [origin for site in SIGNIN_SITES for origin in site.origins]
SOCIALACCOUNT_PROVIDERS = signin_sites.providers(SIGNIN_SITES)
if "github" in SOCIALACCOUNT_PROVIDERS:
    INSTALLED_APPS.append("allauth.socialaccount.providers.github")
SOCIALACCOUNT_ADAPTER = "portal.accounts.identities.IdentityAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False  # the form asks for name and address, as every sign-up does
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an equal address signs nobody in
SOCIALACCOUNT_QUERY_EMAIL = False
SOCIALACCOUNT_STORE_TOKENS = False
# Counted in the cache: with more than one web process it must be a shared one (CACHE_URL).
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "10/m/ip",
    "reset_password": "10/m/ip,3/m/key",
    "reset_password_from_key": "10/m/ip",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
    "manage_email": "10/m/user",
    "confirm_email": "1/3m/key",
}
MFA_RATE_LIMITS = {"webauthn_login": "30/m/ip"}  # a page view and an attempt count one each

# ------------------------------------------------------------------ mail
EMAIL_URL = env.text("EMAIL_URL")
if EMAIL_URL:
    vars().update(environ.Env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "governance.notices.mailbox.FolderBackend"
if env.text("EMAIL_BACKEND"):  # one of django-anymail, e.g. anymail.backends.postmark.EmailBackend
    EMAIL_BACKEND = env.text("EMAIL_BACKEND")
ANYMAIL = env.table("ANYMAIL")
EMAIL_FILE_PATH = str(HOME / "mail")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Gatehouse <gatehouse@localhost>")

# ------------------------------------------------------------------ webhooks
WEBHOOK_PROTOCOLS = env.words("WEBHOOK_PROTOCOLS", "https")
WEBHOOK_PRIVATE_HOSTS = env.words("WEBHOOK_PRIVATE_HOSTS")

# ------------------------------------------------------------------ content security
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        # A form that is answered by a redirect to one of the sign-in sites.
        "form-action": ["'self'", *(site.origins[0] for site in SIGNIN_SITES)],
    }
}

# ------------------------------------------------------------------ API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.api.authentication.ActorAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.api.parsing.BoundedJson"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "portal.api.negotiation.JsonAnyway",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "portal.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Gatehouse",
    "VERSION": "1",
    "DESCRIPTION": "What the pages do, for programs. Decisions are those of the pages.",
    "SERVE_INCLUDE_SCHEMA": False,
}

# ------------------------------------------------------------------ logs
LOG_FORMAT = env.text("LOG_FORMAT", "console")
if LOG_FORMAT not in {"console", "json"}:
    raise env.WrongSettingError(f"LOG_FORMAT is '{LOG_FORMAT}': write console or json.")
LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"structured": {"()": "portal.logs.formatter", "kind": LOG_FORMAT}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "celery.app.trace": {"level": "CRITICAL"},  # quotes exceptions; portal.celery logs failures
        "kombu": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
    },
}
DEFAULT_EXCEPTION_REPORTER_FILTER = "portal.logs.ReportFilter"
