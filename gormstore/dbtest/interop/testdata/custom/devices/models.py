"""A session model that knows fewer columns than Go's of the same table."""
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from accounts.models import SessionStore as AccountStore


class DeviceSession(AbstractBaseSession):
    account_id = models.IntegerField(null=True, db_index=True)

    @classmethod
    def get_session_store_class(cls):
        return SessionStore


class SessionStore(AccountStore):
    @classmethod
    def get_model_class(cls):
        return DeviceSession
