"""One step of a Django site that keeps its sessions in Redis.

Reads a JSON object from standard input: engine, location, prefix, action, key,
items (a Python expression) and what to set; prints a JSON object.
"""

import json
import sys

import django
from django.conf import settings

step = json.load(sys.stdin)
settings.configure(
    SECRET_KEY="not a secret",
    INSTALLED_APPS=["django.contrib.sessions"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    CACHES={
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": step["location"],
            "KEY_PREFIX": step["prefix"],
        }
    },
    SESSION_ENGINE="django.contrib.sessions.backends." + step["engine"],
    USE_TZ=True,
)
django.setup()

from importlib import import_module  # noqa: E402

from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)
SessionStore = import_module(settings.SESSION_ENGINE).SessionStore
session = SessionStore(step.get("key") or None)
answer = {}

if step["action"] == "create":
    for name, value in eval(step["items"]).items():
        session[name] = value
    session.save()
elif step["action"] == "change":
    session["django"] = "was here"
    session.save()
elif step["action"] == "delete":
    session.delete()
# A store of its own reads what is there, without what this one remembers.
again = SessionStore(session.session_key)
answer["items"] = repr(dict(again.items()))
answer["found"] = again.session_key is not None
answer["key"] = session.session_key
answer["exists"] = SessionStore().exists(session.session_key)
print(json.dumps(answer))
