"""The same store behind a cache: SESSION_ENGINE = "devices.cached"."""
from django.contrib.sessions.backends.cached_db import SessionStore as CachedDBStore

from . import models


class SessionStore(models.SessionStore, CachedDBStore):
    pass
