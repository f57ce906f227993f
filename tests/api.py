"""A mini-program in somebody's hand: JSON to `/api/v1/` with the token of a device."""

from typing import Any

from rest_framework.test import APIClient

from houses.models import Membership
from residents.models import Device, User

ROOT = "/api/v1"


class Program:
    """What a mini-program sends, and what it reads."""

    def __init__(self, user: User | None = None) -> None:
        self.client = APIClient()
        self.user = user
        if user is not None:
            _, token = Device.sign_in(user, "微信小程序")
            self.carry(token)

    def carry(self, token: str) -> None:
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {token}")

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        data = {} if body is None else {"data": body, "format": "json"}
        return getattr(self.client, method)(f"{ROOT}{path}", headers=headers, **data)

    def get(self, path: str, **headers: str) -> Any:
        return self.send("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("post", path, {} if body is None else body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("put", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("patch", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.send("delete", path, **headers)


def program_of(row: Membership) -> Program:
    """The mini-program of a member's account."""
    return Program(User.objects.get(resident=row.resident_id))


def problem(answer: Any, status: int, code: str, *fields: str) -> dict[str, Any]:
    """Holds that it is the problem document of this refusal; returns it."""
    found: dict[str, Any] = answer.json()
    assert answer["Content-Type"].startswith("application/problem+json"), answer
    assert (answer.status_code, found["code"], set(found.get("errors", {}))) == (status, code, set(fields))
    assert found["status"] == status and found["detail"]
    return found
