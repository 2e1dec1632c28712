"""What a Django site does with its session table, one action per run.

Usage: django_side.py DATABASES_JSON SECRET_KEY ACTION [ARGUMENT ...]
"""
import json
import sys

import django
from django.conf import settings

database, secret_key, action, *arguments = sys.argv[1:]
settings.configure(
    SECRET_KEY=secret_key,
    INSTALLED_APPS=["django.contrib.sessions"],
    DATABASES={"default": json.loads(database)},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
)
django.setup()

from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.core.management import call_command  # noqa: E402


def get(key):
    """Print the items and the expiry of a live session."""
    row = Session.objects.get(session_key=key)
    assert SessionStore(session_key=key).load() == row.get_decoded()
    print(json.dumps([row.get_decoded(), row.expire_date.isoformat()]))


def put(key, name, value):
    """Set an item as a view would; an empty key makes a new session."""
    store = SessionStore(session_key=key or None)
    store[name] = json.loads(value)
    store.save()
    print(json.dumps(store.session_key))


def command(*args):
    """Run manage.py."""
    call_command(*args)
    print(json.dumps("done"), file=sys.stdout)


{"get": get, "put": put, "command": command}[action](*arguments)
