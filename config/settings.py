"""All settings, read from the environment or from `.env` beside manage.py.

Each name is explained in `.env.example`. What is missing or malformed stops
the start with one sentence that names the setting.
"""

import base64
import binascii
import logging
import os
import re
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import logs

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")


def setting(name: str, default: str = "") -> str:
    """As it stands in the environment: a `$` in a secret refers to nothing."""
    return os.environ.get(name, default).strip()


def required(name: str) -> str:
    value = setting(name)
    if not value:
        raise ImproperlyConfigured(f"缺少设置 {name}：请在环境变量或 .env 中填写（见 .env.example）。")
    return value


def number(name: str, default: float, *, least: float, most: float = 1e9) -> float:
    try:
        value = float(setting(name, str(default)))
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise ImproperlyConfigured(f"设置 {name} 应为 {least:g} 到 {most:g} 之间的数字。")
    return value


def integer(name: str, default: int, *, least: int) -> int:
    value = number(name, default, least=least)
    if not value.is_integer():
        raise ImproperlyConfigured(f"设置 {name} 应为整数。")
    return int(value)


def boolean(name: str, *, default: bool) -> bool:
    raw = setting(name, str(default)).lower()
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"设置 {name} 应为 true 或 false。")


def key(name: str, raw: str) -> bytes:
    """One base64url key of 32 bytes. The value itself never appears in the message."""
    try:
        value = base64.b64decode(raw + "=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != 32:
        raise ImproperlyConfigured(f"设置 {name} 应为 base64url 编码的 32 字节密钥。")
    return value


def http_url(name: str, default: str = "") -> str:
    value = setting(name, default) or required(name)
    try:
        parts = urlsplit(value)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ImproperlyConfigured(f"设置 {name} 应为完整的 http(s) 地址。")
    return value


def host_names(name: str) -> frozenset[str]:
    """Exact names by comma: an address, a port or a wildcard is none."""
    hosts = {host.strip().lower() for host in setting(name).split(",")} - {""}
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    if not all(re.fullmatch(rf"({label}\.)+(?!\d+$){label}", host) for host in hosts):
        raise ImproperlyConfigured(f"设置 {name} 应为用逗号分隔的主机名，不带协议、端口和通配符。")
    return frozenset(hosts)


def sms_backend() -> str:
    """The class that sends codes (residents/sms.py)."""
    known = ("residents.sms.ConsoleBackend", "residents.sms.MemoryBackend", TENCENT)
    name = setting("SMS_BACKEND") or known[0]
    if name not in known:
        raise ImproperlyConfigured(f"设置 SMS_BACKEND 应为 {'、'.join(known)} 之一。")
    if name == TENCENT and find_spec("tencentcloud") is None:
        raise ImproperlyConfigured("设置 SMS_BACKEND 选用腾讯云短信，请先安装 requirements-tencent.txt。")
    return name


def broker_url() -> str:
    """Where workers hear the doorbell (sync/tasks.py): Redis, or a file of this machine."""
    url = setting("CELERY_BROKER_URL") or f"sqla+sqlite:///{BASE_DIR / 'broker.sqlite3'}"
    if not re.match(r"(rediss?://[^/]+|sqla\+sqlite:///.|memory://)", url):
        raise ImproperlyConfigured("设置 CELERY_BROKER_URL 应为 redis:// 或 sqla+sqlite:/// 开头的地址。")
    return url


def log_level() -> str:
    level = setting("LOG_LEVEL", "WARNING").upper()
    if level not in logging.getLevelNamesMapping():
        raise ImproperlyConfigured("设置 LOG_LEVEL 应为 DEBUG、INFO、WARNING 或 ERROR。")
    return level


SECRET_KEY = required("SECRET_KEY")
DEBUG = boolean("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Sealing (residents/crypto.py): the first key writes, all of them read.
PII_KEYS = [key("PII_KEYS", raw.strip()) for raw in required("PII_KEYS").split(",")]
PII_DIGEST_KEY = key("PII_DIGEST_KEY", required("PII_DIGEST_KEY"))

# The platform (sync/client.py). The document leaves the addresses blank.
PLATFORM_TOKEN_URL = http_url("PLATFORM_TOKEN_URL")
PLATFORM_LOOKUP_URL = http_url("PLATFORM_LOOKUP_URL")
PLATFORM_KEY_K = required("PLATFORM_KEY_K")
PLATFORM_KEY_D = required("PLATFORM_KEY_D")
PLATFORM_DEADLINE = number("PLATFORM_DEADLINE", 10, least=0.1, most=3600)
PLATFORM_MAX_BYTES = integer("PLATFORM_MAX_BYTES", 2_000_000, least=1)
PLATFORM_CONCURRENCY = integer("PLATFORM_CONCURRENCY", 16, least=1)
PLATFORM_RATE = number("PLATFORM_RATE", 0, least=0)

# The doorbell of the workers (config/celery.py).
CELERY_BROKER_URL = broker_url()

# Where photos of the platform are fetched from (sync/photos.py); empty: nowhere.
PHOTO_HOSTS = host_names("PHOTO_HOSTS")

# Codes by SMS (residents/sms.py).
TENCENT = "residents.sms_tencent.TencentBackend"
SMS_BACKEND = sms_backend()
if SMS_BACKEND == TENCENT:
    SMS_TENCENT_SECRET_ID = required("SMS_TENCENT_SECRET_ID")
    SMS_TENCENT_SECRET_KEY = required("SMS_TENCENT_SECRET_KEY")
    SMS_TENCENT_APP_ID = required("SMS_TENCENT_APP_ID")
    SMS_TENCENT_SIGN = required("SMS_TENCENT_SIGN")
    SMS_TENCENT_TEMPLATE = required("SMS_TENCENT_TEMPLATE")
    SMS_TENCENT_ENDPOINT = http_url("SMS_TENCENT_ENDPOINT", "https://sms.tencentcloudapi.com")

# What is uploaded stays in memory until it is sealed. A body that is larger than this is read to its
# end, so that its sender hears why it was refused, and nothing of its files is kept.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 10_500_000

# WeChat (residents/wechat.py): without an app nobody signs in by it.
WECHAT_APP_ID = setting("WECHAT_APP_ID")
WECHAT_APP_SECRET = setting("WECHAT_APP_SECRET") if not WECHAT_APP_ID else required("WECHAT_APP_SECRET")
WECHAT_BASE_URL = http_url("WECHAT_BASE_URL", "https://api.weixin.qq.com")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "simple_history",
    "django_htmx",
    "csp",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "residents",
    "houses",
    "sync",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.content_policy.admin_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

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
            ],
        },
    },
]


def database() -> dict:
    """SQLite needs WAL and IMMEDIATE: with deferred transactions two writers lose merges."""
    url = setting("DATABASE_URL") or f"sqlite:///{BASE_DIR / 'db.sqlite3'}"
    try:
        config = env.db_url_config(url) if url.startswith(("sqlite://", "postgres")) else {}
    except (ImproperlyConfigured, ValueError, KeyError):
        config = {}
    if not config.get("ENGINE"):
        raise ImproperlyConfigured("设置 DATABASE_URL 应为 sqlite:/// 或 postgres:// 开头的数据库地址。")
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    return config


def cache() -> dict:
    """The token and the limits are shared by all processes: never a cache of one process."""
    try:
        config = env.cache("CACHE_URL", default="dbcache://cache")
    except (ImproperlyConfigured, ValueError, KeyError):
        raise ImproperlyConfigured("设置 CACHE_URL 不是有效的缓存地址。") from None
    if config["BACKEND"].endswith("DatabaseCache"):
        config.setdefault("OPTIONS", {}).setdefault("MAX_ENTRIES", 100_000)
    return config


DATABASES = {"default": database()}
# What only slows a loop down may be counted by each process for itself (residents/api/throttles.py).
CACHES = {
    "default": cache(),
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "process"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "residents.User"
KNOX_TOKEN_MODEL = "residents.Device"
MIGRATION_MODULES = {"knox": None}  # they would make the table of the model that ours replaces
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "houses.backends.RoleBackend",
    "residents.backends.PhoneBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "home"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# WeUI's style sheets, installed by npm (package.json) and served by us as `weui/…`.
WEUI = BASE_DIR / "node_modules" / "weui" / "dist" / "style"
STATICFILES_DIRS = [BASE_DIR / "static", *([("weui", WEUI)] if WEUI.is_dir() else [])]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

_BLUE = {
    "50": "#eff6ff", "100": "#dbeafe", "200": "#bfdbfe", "300": "#93c5fd", "400": "#60a5fa", "500": "#3b82f6",
    "600": "#1d4ed8", "700": "#1e40af", "800": "#1e3a8a", "900": "#172554", "950": "#0b1533",
}  # fmt: skip
UNFOLD = {
    "SITE_TITLE": "住户登记",
    "SITE_HEADER": "住户登记",
    "SITE_SUBHEADER": "一标三实",
    "SITE_URL": None,
    "SITE_ICON": "config.sidebar.icon",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "config.sidebar.icon"}],
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": _BLUE,
        # Grey text on white or grey has to be read as well: one step darker than unfold's own.
        "font": {
            "subtle-light": "var(--color-base-600)",
            "default-light": "var(--color-base-700)",
        },
    },
    "STYLES": ["config.sidebar.styles"],
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "config.sidebar.navigation",
    },
    "DASHBOARD_CALLBACK": "config.sidebar.overview",
}

# The mini-program's API (residents/api/, houses/api/, sync/api/): tokens of devices, no cookies.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["residents.api.authentication.DeviceAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["residents.api.permissions.Household"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "residents.api.negotiation.Json",
    "DEFAULT_THROTTLE_CLASSES": [f"residents.api.throttles.{name}" for name in ("PerAccount", "PerAddress")],
    "DEFAULT_SCHEMA_CLASS": "residents.api.schema.Described",
    "EXCEPTION_HANDLER": "residents.api.problems.answer",
}
REST_KNOX = {"TOKEN_TTL": timedelta(days=30), "AUTO_REFRESH": True, "MIN_REFRESH_INTERVAL": 24 * 3600}
SPECTACULAR_SETTINGS = {
    "TITLE": "住户登记 小程序接口",
    "DESCRIPTION": "业主和住户在微信小程序里能办的事，与网页 /my/ 是同一套规则。",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["residents.api.schema.closed"],
}

# Safe by default: without DEBUG everything is https, for the whole site and for a year.
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SECURE_HSTS_SECONDS = 0 if DEBUG else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]
BEHIND_PROXY = boolean("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None

# Nothing is loaded from another host or run out of a page, and no other site may show ours in a frame.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Logs are one JSON object a line on stderr: standard output belongs to the commands' results.
# They carry events, states and cause codes; never a name, a number, a phone, a token or an answer.
LOGGING = logs.as_json(log_level())
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
