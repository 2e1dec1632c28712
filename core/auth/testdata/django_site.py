"""A Django site in memory, for the tests of package auth.

It reads one JSON object per line and answers with one: sessions come in and go out
as the text of django_session.session_data.
"""
import datetime
import json
import sys

import django
from django.conf import settings

options = json.loads(sys.stdin.readline())
settings.configure(
    SECRET_KEY=options["secret_key"],
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    CSRF_USE_SESSIONS=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    USE_TZ=True,
    **({"SECRET_KEY_FALLBACKS": options["fallbacks"]} if django.VERSION >= (4, 1, 8) else {}),
)
django.setup()

from django.contrib import auth
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import Client
from django.urls import path
from django.utils import timezone


def who(request):
    user = request.user
    return HttpResponse(str(user.pk) if user.is_authenticated else "anonymous")


def login(request):
    user = auth.authenticate(request, username=request.POST["username"], password=request.POST["password"])
    auth.login(request, user)
    return HttpResponse(str(user.pk))


def logout(request):
    auth.logout(request)
    return HttpResponse("bye")


def change_password(request):
    request.user.set_password(request.POST["password"])
    request.user.save()
    auth.update_session_auth_hash(request, request.user)
    return HttpResponse(request.user.password)


def form(request):
    return HttpResponse(get_token(request))


urlpatterns = [path(view.__name__, view) for view in (who, login, logout, change_password, form)]


def create_user(username, password):
    return describe(User.objects.create_user(username, password=password))


def import_user(id, username, password):
    """A user of another site, with the password field of there."""
    return describe(User.objects.create(pk=int(id), username=username, password=password))


def change_user(username, password=None, is_active=True):
    user = User.objects.get(username=username)
    user.is_active = is_active
    if password is not None:
        user.set_password(password)
    user.save()
    return describe(user)


def describe(user):
    return {"id": str(user.pk), "password": user.password, "hash": user.get_session_auth_hash()}


def visit(view, session_data=None, **post):
    """One request of a browser that has the session, and what it left behind."""
    client = Client()
    key = ""
    if session_data is not None:
        key = "k" * 32
        expire = timezone.now() + datetime.timedelta(days=1)
        Session.objects.create(session_key=key, session_data=session_data, expire_date=expire)
        client.cookies[settings.SESSION_COOKIE_NAME] = key
    response = client.post("/" + view, post) if post else client.get("/" + view)
    cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
    row = Session.objects.filter(session_key=cookie.value if cookie else key).first()
    Session.objects.all().delete()
    return {
        "status": response.status_code,
        "body": response.content.decode(),
        "session_data": row.session_data if row else None,
        "new_key": bool(cookie and cookie.value and cookie.value != key),
    }


call_command("migrate", verbosity=0)
print(json.dumps({"version": list(django.VERSION[:3])}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    answer = globals()[request.pop("do")](**request)
    print(json.dumps(answer), flush=True)
