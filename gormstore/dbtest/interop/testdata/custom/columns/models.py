"""Session models with columns that Go's model of the same table does not have."""
import django
from django.contrib.sessions.backends.db import SessionStore as DBStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Base(AbstractBaseSession):
    class Meta(AbstractBaseSession.Meta):
        abstract = True

    @classmethod
    def get_session_store_class(cls):
        return SessionStore


class Nullable(Base):
    note = models.CharField(max_length=100, null=True)


class Defaulted(Base):
    """Django fills the default in itself: the database knows none."""

    kind = models.CharField(max_length=20, default="web")


if django.VERSION >= (5, 0):

    class DatabaseDefaulted(Base):
        kind = models.CharField(max_length=20, db_default="web")


class SessionStore(DBStore):
    @classmethod
    def get_model_class(cls):
        return Nullable
