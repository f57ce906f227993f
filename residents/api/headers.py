"""Headers, as the description of the API tells them; and those by which a client keeps an answer."""

from typing import Any

from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

Schema = dict[str, Any]

# Of what is told once, or is nobody else's to find.
NO_STORE = {"Cache-Control": "no-store"}

A_REQUEST, AN_ENTRY = "/api/v1/requests/asked/7/", "/api/v1/entries/7/"


def text(example: str) -> Schema:
    return {"type": "string", "maxLength": 200, "examples": [example]}


def address(example: str) -> Schema:
    return {"type": "string", "format": "uri-reference", "examples": [example]}


def header(
    name: str, description: str, schema: Schema, *statuses: int, required: bool = False
) -> OpenApiParameter:
    """Of the answers with these statuses; of the request where there are none."""
    return OpenApiParameter(
        name,
        schema,
        OpenApiParameter.HEADER,
        response=list(statuses) or False,
        required=required,
        description=description,
    )


def made(description: str, example: str) -> OpenApiParameter:
    """Where what a 201 tells of is to be read."""
    return header("Location", description, address(example), 201, required=True)


# -- answers that a client keeps -----------------------------------------------------------

NOT_MODIFIED = {304: "与 If-None-Match 相同，没有变化。"}


def versions(description: str, example: str) -> list[OpenApiParameter]:
    """What tells one version of an answer from another (`unless_known`)."""
    return [
        header("If-None-Match", "上次得到的 ETag；没有变化时答复 304。", text(example)),
        header("ETag", description, text(example), 200, 304, required=True),
    ]


def unless_known(request: Request, answer: Any, etag: str, keep: str) -> Response:
    """The answer, or that it is what the client has. Compared weakly: a proxy that compresses makes an
    ETag weak."""
    headers = {"ETag": etag, "Cache-Control": keep}
    known = {one.removeprefix("W/") for one in parse_etags(request.headers.get("If-None-Match", ""))}
    if known & {"*", etag}:
        return Response(status=304, headers=headers)
    return Response(answer, headers=headers)
