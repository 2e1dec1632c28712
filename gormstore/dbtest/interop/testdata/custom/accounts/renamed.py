"""The same store under another name, which is part of what Django signs with."""
from . import models


class AccountStore(models.SessionStore):
    pass


SessionStore = AccountStore  # the name that Django looks for
