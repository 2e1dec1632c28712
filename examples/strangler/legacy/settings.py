"""The settings of the Django site. What Go has to share with it is marked "shared"."""
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent

SECRET_KEY = os.environ["SECRET_KEY"]  # shared: sessions and log-ins are signed with it
DEBUG = False
ALLOWED_HOSTS = ["*"]  # nobody but the Go front reaches this site; write your own names all the same

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "views.page",
            ]
        },
    }
]

DATABASES = {  # shared: sessions and users are in it
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["DATABASE_URL"][len("sqlite:") :],
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True  # shared, in effect: Go writes expiry dates in UTC
TIME_ZONE = "UTC"

SESSION_ENGINE = "django.contrib.sessions.backends.db"  # shared: gormstore is this one
SESSION_COOKIE_NAME = os.environ.get("SESSION_COOKIE_NAME", "sessionid")  # shared

LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"  # a page of Go's
LOGOUT_REDIRECT_URL = "/"

# The front sets this header and removes what a visitor sends under its name. With
# the Host, which it leaves alone, it makes up the origin that the CSRF check wants.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING"},
        # The front writes the access log, of both.
        "django.server": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}
