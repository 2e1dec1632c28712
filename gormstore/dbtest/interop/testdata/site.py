"""A Django site on any session engine, for the tests of package interop.

It reads one JSON object per line and answers with one. The first line holds the
settings that differ; every later one names a function below and its arguments.
"""
import contextlib
import datetime
import json
import os
import pickle
import sys
import time
import types
from importlib import import_module
from pathlib import Path
from unittest import mock

import django
from django.conf import settings

# A settings module, not settings.configure: only that sets the process to TIME_ZONE.
given = types.ModuleType("given")
vars(given).update(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # for its speed
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    **json.loads(sys.stdin.readline()),
)
sys.modules["given"] = given
os.environ["DJANGO_SETTINGS_MODULE"] = "given"
django.setup()

from django.contrib import auth  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.core import signing  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402

ENGINE = settings.SESSION_ENGINE.rpartition(".")[2]
SessionStore = import_module(settings.SESSION_ENGINE).SessionStore

# Views: what a site does with request.session and request.user.


def items(request):
    return JsonResponse({"items": json.dumps(dict(request.session.items()), separators=(",", ":"))})


def edit(request):
    step = json.loads(request.body)
    for name, value in json.loads(step["set"] or "{}").items():
        request.session[name] = value
    if step["expiry"] is not None:
        request.session.set_expiry(step["expiry"])
    if step["date"]:
        request.session.set_expiry(datetime.timedelta(seconds=step["date"]))
    if step["cycle"]:
        request.session.cycle_key()
    return JsonResponse({})


def user(request):
    return JsonResponse({"user": str(request.user.pk) if request.user.is_authenticated else ""})


def login(request):
    auth.login(request, auth.authenticate(request, username="jasmine", password="rajah"))
    return JsonResponse({})


def logout(request):
    auth.logout(request)
    return JsonResponse({})


def increment(request):
    """A view that takes a moment between reading the session and writing it."""
    n = request.session.get("django", 0)
    time.sleep(0.001)
    request.session["django"] = n + 1
    return JsonResponse({"before": n})


urlpatterns = [path(view.__name__, view) for view in (items, edit, user, login, logout, increment)]

# Commands: what the tests ask for.


def create_user():
    jasmine = User.objects.create_user("jasmine", password="rajah")
    return {"id": str(jasmine.pk), "password": jasmine.password}


def visit(view, cookie, later, secret_key, fallbacks, step):
    """One request of a browser, some seconds later than now, to a site with these keys."""
    client = Client()
    if cookie:
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    with override_settings(SECRET_KEY=secret_key, SECRET_KEY_FALLBACKS=fallbacks), moved(later, cookie):
        response = client.post("/" + view, step, content_type="application/json")
    answer = {"status": response.status_code}
    if response.status_code == 200:
        answer.update(response.json())
    sent = response.cookies.get(settings.SESSION_COOKIE_NAME)
    if sent is not None:
        answer["sent"] = {"value": sent.value, "max_age": None if sent["max-age"] == "" else sent["max-age"]}
    return answer


@contextlib.contextmanager
def moved(later, cookie):
    """Moves the clocks that sessions go by, Redis's among them."""
    if not later:
        yield
        return
    now, clock = timezone.now, time.time
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(timezone, "now", lambda: now() + datetime.timedelta(seconds=later)))
        stack.enter_context(mock.patch.object(time, "time", lambda: clock() + later))
        if ENGINE.startswith("cache"):
            stack.enter_context(aged(entry(cookie), later))
        yield


@contextlib.contextmanager
def aged(name, seconds):
    """Takes seconds from what an entry of the cache has left to live."""
    left, dump = redis().pttl(name), redis().dump(name)
    if dump is not None:
        redis().pexpire(name, left - seconds * 1000)
    yield
    if dump is not None:
        redis().restore(name, left, dump, replace=True)


def redis():
    return cache._cache.get_client(None, write=True)


def entry(key):
    """The name of a session's entry in Redis."""
    return cache.make_key("django.contrib.sessions." + ENGINE + key)


def session_file(key):
    return Path(settings.SESSION_FILE_PATH) / (settings.SESSION_COOKIE_NAME + key)


def stored(key):
    """What the engine keeps under the key, to the byte."""
    if ENGINE == "file":
        return session_file(key).read_bytes().hex()
    if ENGINE == "cache":
        return redis().get(entry(key)).hex()
    row = Session.objects.get(session_key=key)
    return row.session_data + str(row.expire_date)


def plant(key, payload):
    """Puts a payload, in hexadecimal, where the engine keeps the session."""
    data = bytes.fromhex(payload)
    if ENGINE == "file":
        session_file(key).write_bytes(data)
    elif ENGINE == "cache":
        redis().set(entry(key), data, ex=3600)
    else:
        expires = timezone.now() + datetime.timedelta(hours=1)
        Session.objects.create(session_key=key, session_data=data.decode(), expire_date=expires)


def spoil(key, payload):
    """Overwrites the entry that a cache in front of the database has."""
    redis().set(entry(key), bytes.fromhex(payload), ex=3600)


def forgeries(secret_key, cached):
    """Payloads to refuse, by name, in hexadecimal: signed text, or pickles for a cache."""
    made = pickles() if cached else signed(secret_key)
    return {name: (data if isinstance(data, bytes) else data.encode()).hex() for name, data in made.items()}


ADMIN = {"_auth_user_id": "1", "_auth_user_backend": "django.contrib.auth.backends.ModelBackend", "n": 1}


class Pickled:
    """What PickleSerializer was, for payloads with a good signature."""

    def dumps(self, obj):
        return pickle.dumps(obj)


class Raw:
    def dumps(self, obj):
        return obj


def signed(secret_key):
    salt = "django.contrib.sessions.SessionStore"
    if ENGINE == "signed_cookies":
        salt = "django.contrib.sessions.backends.signed_cookies"

    def dumps(obj, **kwargs):
        return signing.dumps(obj, **{"key": secret_key, "salt": salt, **kwargs})

    good = dumps(ADMIN)
    payload, stamp, signature = good.split(":")
    other = dumps({**ADMIN, "_auth_user_id": "2"}).split(":")
    return {
        "another payload": ":".join([other[0], stamp, signature]),
        "a changed byte": ("f" if good[0] == "e" else "e") + good[1:],
        "a changed time stamp": ":".join([payload, "1" + stamp[1:][::-1] + "z", signature]),
        "a changed signature": ":".join([payload, stamp, ("B" if signature[0] == "A" else "A") + signature[1:]]),
        "a padded signature": good + "=",
        "one byte short": good[:-1],
        "half of it": good[: len(good) // 2],
        "no signature": payload + ":" + stamp,
        "the payload alone": payload,
        "the payload's halves swapped": payload[len(payload) // 2 :] + payload[: len(payload) // 2] + good[len(payload) :],
        "the parts in another order": ":".join([stamp, payload, signature]),
        "the signature first": ":".join([signature, payload, stamp]),
        "another salt": dumps(ADMIN, salt="django.core.signing"),
        "another key": dumps(ADMIN, key="not the key"),
        "a list, signed": dumps([ADMIN]),
        "a text, signed": dumps("_auth_user_id"),
        "no JSON, signed": dumps(b"{'n': 1}", serializer=Raw),
        "half of the JSON, signed": dumps(b'{"_auth_user_id":"1","n":', serializer=Raw),
        "a pickle, signed": dumps(ADMIN, serializer=Pickled),
        "a bomb, signed": dumps({"n": " " * 2**21}, compress=True),
        "deep nesting, signed": dumps(b'{"n":' + b"[" * 5000 + b"]" * 5000 + b"}", serializer=Raw, compress=True),
    }


class Call:
    """Pickles to a call of a function."""

    def __reduce__(self):
        return print, ("a forged pickle was executed",)


def pickles():
    good = pickle.dumps(ADMIN, pickle.HIGHEST_PROTOCOL)
    bomb = "0" * 100
    for _ in range(40):
        bomb = [bomb] * 10
    return {
        "one byte short": good[:-1],
        "half of it": good[: len(good) // 2],
        "the halves swapped": good[len(good) // 2 :] + good[: len(good) // 2],
        "no pickle": b"\xff" * 40,
        "a number": b"42",
        "signed text": signing.dumps(ADMIN),
        "JSON": json.dumps(ADMIN),
        "a list": pickle.dumps([ADMIN]),
        "a call": pickle.dumps({**ADMIN, "call": Call()}),
        "a call, protocol 0": pickle.dumps({**ADMIN, "call": Call()}, 0),
        "an object": pickle.dumps({**ADMIN, "object": User(username="jasmine")}),
        "a date": pickle.dumps({**ADMIN, "when": datetime.datetime(2026, 1, 1)}),
        "a set": pickle.dumps({**ADMIN, "set": {1, 2}}),
        "bytes": pickle.dumps({**ADMIN, "bytes": b"n"}),
        "a bomb": pickle.dumps({"n": bomb}),
    }


def count_overwritten():
    """Makes every save of Django's count by how much it sets Go's counter back: it
    looks at the row in the transaction that writes it, with the row locked."""
    save = SessionStore.save

    def counting(self, must_create=False):
        with transaction.atomic():
            # A write first, so that SQLite's transaction is a writer's from the start.
            Session.objects.filter(session_key="").update(session_data="")
            row = Session.objects.select_for_update().get(session_key=self.session_key)
            counting.lost += row.get_decoded()["go"] - self["go"]
            save(self, must_create)

    counting.lost, counting.save = 0, save
    SessionStore.save = counting


def overwritten():
    """Says what was counted, and counts no more."""
    counting = SessionStore.save
    SessionStore.save = counting.save
    return counting.lost


def versions():
    answer = {"python": sys.version.partition(" ")[0]}
    if ENGINE == "cache":
        answer["server"] = redis().info("server")["redis_version"]
    elif ENGINE == "db":
        with connection.cursor() as cursor:
            cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SELECT version()")
            answer["server"] = cursor.fetchone()[0]
    return answer


call_command("migrate", verbosity=0)
for line in sys.stdin:
    command = json.loads(line)
    try:
        reply = {"answer": globals()[command["do"]](**command["with"])}
    except Exception as error:
        reply = {"error": type(error).__name__ + ": " + str(error)}
    print(json.dumps(reply), flush=True)
