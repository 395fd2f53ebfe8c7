"""storekit's settings, all read from the environment; `.env.example` lists them."""

from pathlib import Path
from typing import Any

from django.templatetags.static import static

from storekit import environment
from storekit.redis_client.options import STAND_IN, connection_options

BASE_DIR = Path(__file__).resolve().parent.parent
env = environment.read_environment(base_dir=BASE_DIR)

# --- Secrets and hosts -------------------------------------------------------------------------------------------

DEBUG = environment.flag(env, "DEBUG", default=False)
SECRET_KEY = environment.require_secret(
    env, "SECRET_KEY", hint="Create one with: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
)
FIELD_ENCRYPTION_KEYS = environment.require_fernet_keys(env, "FIELD_ENCRYPTION_KEYS")
_WEB = ("http", "https")
PUBLIC_URL = environment.address(
    env, "PUBLIC_URL", default="http://127.0.0.1:8000", schemes=_WEB, example="https://orders.example.com"
).rstrip("/")
ALLOWED_HOSTS = environment.values(env, "ALLOWED_HOSTS") or ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
# Whoever owns the domain decides about its other hosts and about preloading; the proxy that ends TLS redirects to it.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Applications ------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "storekit",
    "integrations",
    "menus",
    "tables",
    "orders",
    "storekit.backoffice",
    # The plain configuration: unfold's default one puts its own site in the place of ours.
    "unfold.apps.BasicAppConfig",
    "storekit.apps.BackOfficeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "django_q",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "phonenumber_field",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "storekit.rest.null_bytes.RejectNullBytes",
    "storekit.serving.content_security.ContentSecurityPolicy",
    "storekit.rest.fast_path.FastPathMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "storekit.admin_base.local_time.BackOfficeInLocalTime",
]
# What storefronts and phones read all the time: addresses, and the functions that may answer there at once.
FAST_PATHS = {
    r"/api/v1/venues/(?P<slug>[-\w]+)/menu": "menus.storefront.views.menu_from_memory",
    r"/api/v1/tables/(?P<token>[0-9A-Z]{1,32})": "tables.guest.views.table_from_memory",
}
ROOT_URLCONF = "storekit.urls"
WSGI_APPLICATION = "storekit.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Database, cache and queue -----------------------------------------------------------------------------------

_SQLITE_OPTIONS = {
    # IMMEDIATE takes the write lock when a transaction begins, so that a web process and a worker wait for each other
    # instead of failing with "database is locked" when a reader turns writer.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}


def _database() -> dict[str, Any]:
    config = environment.database(env, "DATABASE_URL", default="sqlite:///storekit.sqlite3")
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["NAME"] = str(BASE_DIR / config["NAME"])
        config["OPTIONS"] = _SQLITE_OPTIONS
    else:
        config["CONN_HEALTH_CHECKS"] = True
        config.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    # Opening a connection costs more than most requests ask of it. Not psycopg's pool: it does not survive django-q2's
    # forks.
    config["CONN_MAX_AGE"] = 60
    return config


DATABASES = {"default": _database()}
# What is due is decided by the database's clock, which all hosts share.
FOLLOW_DATABASE_CLOCK = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = environment.address(
    env, "REDIS_URL", schemes=("redis", "rediss", "unix"), example="redis://127.0.0.1:6379/0"
)
_CACHE_IN_DATABASE = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "storekit_cache"}
CACHES: dict[str, dict[str, Any]] = (
    {
        "default": {
            "BACKEND": "storekit.redis_client.cache.RedisCacheWithStandIn",
            "LOCATION": REDIS_URL,
            "OPTIONS": connection_options(),
        },
        STAND_IN: _CACHE_IN_DATABASE,
    }
    if REDIS_URL
    else {"default": _CACHE_IN_DATABASE}
)

Q_CLUSTER: dict[str, Any] = {
    "name": "storekit",
    "workers": environment.whole_number(env, "WORKERS", default=2, least=1),
    "queue_limit": 2,
    "bulk": 1,
    "timeout": 60,
    # A prefetched task must not be delivered twice: retry > timeout × (1 + ⌈(queue_limit + 1) / workers⌉).
    "retry": 300,
    "max_attempts": 5,
    "poll": 0.1,
    "save_limit": 250,
    "catch_up": False,
    # Venue-local times are computed by storekit; the queue's own clock never changes with the seasons.
    "time_zone": "UTC",
    "label": "Background tasks",
    **(
        {"redis": REDIS_URL, "broker_class": "storekit.queue.redis_broker.PatientRedisBroker"}
        if REDIS_URL
        else {"orm": "default", "broker_class": "storekit.queue.database_broker.TimelessDatabaseBroker"}
    ),
}
# How many calls to one venue's POS run at once on one worker host. Lightspeed publishes no limit; this one is ours.
POS_CALLS_PER_VENUE = 6
# Two at least: calls that can wait always leave one for an order.
POS_CALLS_PER_PROCESS = max(2, POS_CALLS_PER_VENUE // Q_CLUSTER["workers"])

# --- People ------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "storekit.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "storekit.accounts.adapter.StaffAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_FORMS = {"reset_password": "storekit.accounts.forms.QueuedResetPasswordForm"}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/admin/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
# How many proxies stand in front and set X-Forwarded-For; log-in rate limits count by the address before them.
NUM_PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = environment.whole_number(env, "NUM_PROXIES", default=0)

# --- The POS -----------------------------------------------------------------------------------------------------

_REALM = "realms/k-series/protocol/openid-connect"
_LIGHTSPEED_HOSTS = {
    # Hosts of the vendor's public API documentation, https://api-docs.lsk.lightspeed.app/
    "production": ("https://api.lsk.lightspeed.app", f"https://auth.lsk-prod.app/{_REALM}"),
    "trial": ("https://api.trial.lsk.lightspeed.app", f"https://auth.lsk-demo.app/{_REALM}"),
    "sandbox": ("http://127.0.0.1:8001", f"http://127.0.0.1:8001/{_REALM}"),
}
LIGHTSPEED_ENVIRONMENT = environment.one_of(
    env, "LIGHTSPEED_ENVIRONMENT", choices=tuple(_LIGHTSPEED_HOSTS), default="sandbox"
)
_api_url, _realm_url = _LIGHTSPEED_HOSTS[LIGHTSPEED_ENVIRONMENT]
LIGHTSPEED_API_URL = environment.address(
    env, "LIGHTSPEED_API_URL", default=_api_url, schemes=_WEB, example=_api_url
).rstrip("/")
LIGHTSPEED_AUTH_URL = environment.address(
    env, "LIGHTSPEED_AUTH_URL", default=f"{_realm_url}/auth", schemes=_WEB, example=f"{_realm_url}/auth"
)
LIGHTSPEED_TOKEN_URL = environment.address(
    env, "LIGHTSPEED_TOKEN_URL", default=f"{_realm_url}/token", schemes=_WEB, example=f"{_realm_url}/token"
)
if LIGHTSPEED_ENVIRONMENT == "sandbox":
    # What the sandbox POS accepts out of the box; a real client's pair has no default.
    LIGHTSPEED_CLIENT_ID = environment.text(env, "LIGHTSPEED_CLIENT_ID", default="storekit-sandbox")
    LIGHTSPEED_CLIENT_SECRET = environment.text(env, "LIGHTSPEED_CLIENT_SECRET", default="sandbox-client-secret")
else:
    _hint = f"Lightspeed issues it for the {LIGHTSPEED_ENVIRONMENT} environment with your API client."
    LIGHTSPEED_CLIENT_ID = environment.require(env, "LIGHTSPEED_CLIENT_ID", hint=_hint)
    LIGHTSPEED_CLIENT_SECRET = environment.require(env, "LIGHTSPEED_CLIENT_SECRET", hint=_hint)

# --- Payments at the table ---------------------------------------------------------------------------------------

# `sandbox` takes no real money; `check --deploy` warns of it.
PAYMENT_PROVIDER = environment.one_of(env, "PAYMENT_PROVIDER", choices=("sandbox", "stripe"), default="sandbox")
_pays_by_stripe = PAYMENT_PROVIDER == "stripe"
_stripe_hint = "Stripe's dashboard shows it under Developers."
STRIPE_SECRET_KEY = environment.require(env, "STRIPE_SECRET_KEY", hint=_stripe_hint) if _pays_by_stripe else ""
STRIPE_PUBLISHABLE_KEY = (
    environment.require(env, "STRIPE_PUBLISHABLE_KEY", hint=_stripe_hint) if _pays_by_stripe else ""
)
# One for each webhook of ours at Stripe: that of our own account, and that of connected accounts.
STRIPE_WEBHOOK_SECRETS = environment.values(env, "STRIPE_WEBHOOK_SECRET")
if _pays_by_stripe:
    environment.require(env, "STRIPE_WEBHOOK_SECRET", hint=_stripe_hint)
STRIPE_API_BASE = environment.address(
    env, "STRIPE_API_BASE", default="https://api.stripe.com", schemes=_WEB, example="https://api.stripe.com"
)

# --- E-mail ------------------------------------------------------------------------------------------------------

# Without a mail server, a real venue's mail goes nowhere, and `check` says so (storekit.W001). Printing it is only
# for a desk: a password-reset link in a log is a way in for all who read logs.
_ON_A_DESK = DEBUG or LIGHTSPEED_ENVIRONMENT == "sandbox"
vars().update(environment.mail_server(env, "EMAIL_URL", default="consolemail://" if _ON_A_DESK else "dummymail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text(env, "DEFAULT_FROM_EMAIL", default="storekit <storekit@localhost>")

# --- REST --------------------------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["storekit.rest.authentication.VenueKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["storekit.rest.authentication.KeyOpensVenue"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["storekit.rest.parsers.SafeJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_standardized_errors.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
    "NUM_PROXIES": NUM_PROXIES,
}
_ABOUT_THE_API = """
Menus and orders of restaurants on Lightspeed K-Series.

The menu is public. Everything else needs the venue's API key, as `Authorization: Bearer <key>`. Managers create keys in
the back office.

Amounts are decimal text in the venue's currency, with its own number of decimals by ISO 4217: `"8.00"` pounds, `"800"`
yen, `"8.000"` dinars. Swiss francs are rounded to 0.05, as tills do. Times are ISO 8601 with their UTC offset.

Every error is `{"type": …, "errors": [{"code": …, "detail": …, "attr": …}]}`: decide by `code`, show `detail`. On 5xx,
and when there is no response, send the same request again, for an order with the same `Idempotency-Key`.
"""
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "storekit",
    "DESCRIPTION": _ABOUT_THE_API,
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "OrderType": "orders.models.Order.Type",
        "OrderStatus": "orders.models.Order.Status",
        "OrderPaymentStatus": "orders.models.Order.PaymentStatus",
        "ValidationErrorEnum": "drf_standardized_errors.openapi_serializers.ValidationErrorEnum.choices",
        "ClientErrorEnum": "drf_standardized_errors.openapi_serializers.ClientErrorEnum.choices",
        "ServerErrorEnum": "drf_standardized_errors.openapi_serializers.ServerErrorEnum.choices",
    },
}
# Larger bodies than this are refused before they are read. An order of 200 lines is about 60 kB.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- Language, time, static files --------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
# Of the pages for guests. Staff read English.
LANGUAGES = [
    ("en-gb", "English"),
    ("fr", "Français"),
    ("de", "Deutsch"),
    ("nl", "Nederlands"),
    ("es", "Español"),
    ("it", "Italiano"),
]
FORMAT_MODULE_PATH = ["storekit.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
PHONENUMBER_DB_FORMAT = "E164"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"

# Copies of the products' images, served by storekit itself. Several hosts need a folder that they share, or another
# storage of Django's in the place of "default".
MEDIA_URL = "/media/"
MEDIA_ROOT = BASE_DIR / environment.text(env, "MEDIA_ROOT", default="media")
STORAGES = {
    "default": {"BACKEND": "storekit.files.WholeFileStorage"},
    "staticfiles": {"BACKEND": "storekit.serving.static_files.HashedStaticFiles"},
}

# --- Logging -----------------------------------------------------------------------------------------------------

_LOG_LEVEL = environment.one_of(
    env, "LOG_LEVEL", choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), default="INFO"
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": _LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # urllib3 logs whole URLs at DEBUG, authorisation codes included.
        "urllib3": {"level": "WARNING"},
        # Stripe's library logs whole bodies at DEBUG, guests' client secrets included.
        "stripe": {"level": "WARNING"},
    },
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "storekit",
    "SITE_HEADER": "storekit",
    "SITE_SUBHEADER": "Online ordering on Lightspeed K-Series",
    "SITE_SYMBOL": "storefront",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("storekit/icon.svg")},
    ],
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "storekit.backoffice.home.dashboard",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "storekit.backoffice.navigation.navigation",
    },
}
