"""Headers, as the description of the API tells them."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

Schema = dict[str, Any]

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
