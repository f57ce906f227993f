"""Who asks: by the token of a device (knox), which ends with the account's sessions."""

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed


class DeviceAuthentication(TokenAuthentication):
    def validate_user(self, auth_token: Any) -> Any:
        """A locked account keeps its token and is told that it is locked (`permissions`)."""
        user = auth_token.user
        if not user.is_active or user.is_office or auth_token.epoch != user.session_epoch:
            raise AuthenticationFailed
        return user, auth_token

    def authenticate_credentials(self, token: bytes) -> Any:
        try:
            return super().authenticate_credentials(token)
        except UnicodeDecodeError:
            raise AuthenticationFailed from None

    def _cleanup_token(self, auth_token: Any) -> bool:
        """Reading changes nothing: what is over is dropped at the next signing in (`Device.sign_in`)."""
        return bool(auth_token.expiry and auth_token.expiry < timezone.now())


class DeviceScheme(OpenApiAuthenticationExtension):
    target_class = DeviceAuthentication
    name = "device"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "登录得到的令牌，写作 `Token <令牌>`。",
        }
