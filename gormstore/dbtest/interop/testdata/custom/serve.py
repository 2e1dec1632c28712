"""A Django site with a session model of its own, for the tests of package interop.

It is told what to do as ../site.py is: by one JSON object per line, of which the
first holds the settings that differ, and it answers with one line each.
"""
import datetime
import json
import os
import sys
import types

import django
from django.conf import settings

given = types.ModuleType("given")
vars(given).update(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions",
        "accounts", "columns", "devices",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # for its speed
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
    **json.loads(sys.stdin.readline()),
)
sys.modules["given"] = given
os.environ["DJANGO_SETTINGS_MODULE"] = "given"
django.setup()

from io import StringIO  # noqa: E402

from django.apps import apps  # noqa: E402
from django.contrib import auth  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402


def reply(**line):
    print(json.dumps(line), flush=True)


# Views: what a site does with request.session and request.user. Each has the text
# that the test posts.


def items(request, text):
    return JsonResponse({"items": json.dumps(dict(request.session.items()), separators=(",", ":"))})


def edit(request, text):
    request.session.update(json.loads(text))
    return JsonResponse({})


def slow(request, text):
    """Stands still between reading the session and changing it, until the next line."""
    request.session.update(json.loads(text))
    reply(answer={})
    sys.stdin.readline()
    return JsonResponse({})


def cycle(request, text):
    request.session.cycle_key()
    return JsonResponse({})


def user(request, text):
    return JsonResponse({"user": str(request.user.pk or "")})


def login(request, name):
    auth.login(request, auth.authenticate(request, username=name, password=name))
    return JsonResponse({})


def logout(request, text):
    auth.logout(request)
    return JsonResponse({})


def posted(view):
    return lambda request: view(request, request.body.decode())


views = (items, edit, slow, cycle, user, login, logout)
urlpatterns = [path(view.__name__, posted(view)) for view in views]


def handler400(request, exception):
    return JsonResponse({"exception": type(exception).__name__}, status=400)


# Commands: what the tests ask for.


def manage(*arguments, **options):
    """manage.py; returns what it prints."""
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def migrate(fake_initial):
    """Makes the apps' migrations as their developer would, and applies them."""
    manage("makemigrations", "accounts", "columns", "devices", verbosity=0)
    manage("makemigrations", check=True, dry_run=True, verbosity=0)  # nothing is left to do
    manage("migrate", fake_initial=fake_initial, verbosity=0)
    manage("check", fail_level="WARNING")


def inspectdb(model):
    """The fields that Django sees in the table, whoever made it, by name."""
    text = manage("inspectdb", apps.get_model(model)._meta.db_table)
    lines = (line.strip().partition(" = models.") for line in text.splitlines())
    return {name: field.partition("  #")[0] for name, found, field in lines if found}


def index(model, field, wanted):
    """Alters a column's index as a migration does, and counts what is there then."""
    model = apps.get_model(model)
    old, new = model._meta.get_field(field), model._meta.get_field(field).clone()
    new.set_attributes_from_name(field)
    new.model = model
    old.db_index, new.db_index = bool(indexes(model, field)), wanted
    with connection.schema_editor() as editor:
        editor.alter_field(model, old, new)
    return len(indexes(model, field))


def indexes(model, field):
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    return [name for name, c in found.items() if c["index"] and c["columns"] == [field]]


def create_user(name):
    account = User.objects.create_user(name, password=name)
    return {"id": str(account.pk), "password": account.password}


def visit(view, cookie, text, engine):
    """One request of a browser."""
    client = Client()
    if cookie:
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    with override_settings(SESSION_ENGINE=engine or settings.SESSION_ENGINE):
        response = client.post("/" + view, text, content_type="text/plain")
    answer = {"status": response.status_code, **json.loads(response.content)}
    sent = response.cookies.get(settings.SESSION_COOKIE_NAME)
    if sent is not None:
        answer["sent"] = {"value": sent.value}
    return answer


def rows(model, **conditions):
    """The rows that a query of Django's finds, without their data."""
    found = apps.get_model(model).objects.filter(**conditions).order_by("pk")
    return list(found.values(*[f.name for f in found.model._meta.fields if f.name not in ("session_data", "expire_date")]))


def decoded(model, key):
    """What the model itself makes of a row's data."""
    return json.dumps(apps.get_model(model).objects.get(pk=key).get_decoded(), separators=(",", ":"))


def write(model, key, **columns):
    """Changes columns of a row past the session store."""
    assert apps.get_model(model).objects.filter(pk=key).update(**columns) == 1


def delete(model, **conditions):
    return apps.get_model(model).objects.filter(**conditions).delete()[0]


def expire(model, key):
    write(model, key, expire_date=timezone.now() - datetime.timedelta(hours=1))


def clearsessions():
    manage("clearsessions")


for line in sys.stdin:
    command = json.loads(line)
    try:
        reply(answer=globals()[command["do"]](**command["with"]))
    except (Exception, SystemExit) as error:
        reply(error=type(error).__name__ + ": " + str(error))
