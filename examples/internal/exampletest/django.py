# Opens an example's SQLite database with Django, prints the session's items as
# JSON, and sets count to 41.
import json
import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}},
    INSTALLED_APPS=["django.contrib.sessions"],
    SESSION_ENGINE="django.contrib.sessions.backends.db",
    USE_TZ=True,
)
django.setup()

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

key = os.environ["SESSION_KEY"]
print(json.dumps(Session.objects.get(session_key=key).get_decoded()))
store = SessionStore(session_key=key)
store["count"] = 41
store.save()
