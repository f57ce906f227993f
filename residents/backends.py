"""The session of somebody who signed in by a code on a phone."""

from django.contrib.auth.backends import BaseBackend

from .models import User


class PhoneBackend(BaseBackend):
    """Gives back the account of such a session, and no permission.

    One that has become the office's since is none: an SMS must not open the workbench.
    """

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.filter(pk=user_id, is_active=True).first()
        return None if user is None or user.is_office else user
