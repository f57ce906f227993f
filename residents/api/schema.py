"""The description of the API: what drf-spectacular does not see by itself.

`operation` is how a view says what it does; nothing of it is left to guessing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from ..exceptions import Refusal
from . import problems
from .fields import Answer, Body
from .headers import A_REQUEST, address
from .problems import Problem

# What may happen at any address that asks for a token; and at any behind the notice.
SIGNED_IN = (Refusal.ACCOUNT_LOCKED, Refusal.PHONE_UNVERIFIED)
NOTICED = (Refusal.NOTICE_MISSING,)

DONE, NUMBER = "成功。", "列表中给出的编号。"


def _header(description: str, schema: Mapping[str, Any], *, required: bool) -> dict[str, Any]:
    return {"description": description, "required": required, "schema": dict(schema)}


_WAIT = {
    "Retry-After": _header("多少秒后可以再试。", {"type": "integer", "minimum": 1}, required=True),
}

# By status: what every answer of it carries, and what it may.
HEADERS = {
    "401": {"WWW-Authenticate": _header("登录方式。", {"type": "string", "const": "Token"}, required=True)},
    "409": {"Location": _header("重复提交时：已经有的那一项的地址。", address(A_REQUEST), required=False)},
    "429": _WAIT,
    "503": _WAIT,
}


class Described(AutoSchema):
    """Each field with its example."""

    def _get_serializer_field_meta(self, field: Any, direction: str) -> dict[str, Any]:
        meta: dict[str, Any] = super()._get_serializer_field_meta(field, direction)
        meta.pop("title", None)
        if (example := getattr(field, "example", None)) is not None:
            meta["examples"] = [example]
        return meta


def operation(
    name: str,
    summary: str,
    *,
    tag: str,
    body: type[Body] | Mapping[str, Any] | None = None,
    answer: type[Answer] | OpenApiResponse | None = None,
    status: int = 200,
    refusals: Iterable[Refusal] = (),
    description: str = "",
    parameters: Iterable[OpenApiParameter] = (),
    public: bool = False,
    household: bool = True,
    many: bool = False,
    media_type: str = "application/json",
    others: Mapping[int, str] | None = None,
) -> Callable[[Any], Any]:
    """One operation. `refusals` are those of its own: what any may meet is added.

    `public`: without a token. `household`: behind the notice. `many`: paged; a page that there is not
    is `not_found`. `media_type` is the answer's; `others` are answers without a body that mean no harm.
    """
    refusals = [*refusals, Refusal.NOT_FOUND] if many else refusals
    gates = () if public else (*SIGNED_IN, *(NOTICED if household else ()))
    shown: Any = answer
    # By media type too: the smallest key is the one that tells drf-spectacular of a list.
    found: dict[Any, Any] = {(status, media_type): shown(many=True) if many else shown}
    found |= {code: OpenApiResponse(None, description=told) for code, told in (others or {}).items()}
    found |= _problems([*refusals, *gates], has_body=body is not None, public=public)
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=description or summary,
        tags=[tag],
        request=body,
        responses=found,
        parameters=list(parameters),
        auth=[] if public else None,
    )


def _problems(refusals: list[Refusal], *, has_body: bool, public: bool) -> dict[Any, OpenApiResponse]:
    """By status, each with the codes that it may carry."""
    by_status: dict[int, list[str]] = {429: [_line("throttled", problems.OURS[429][1])]}
    if not public:
        by_status[401] = [_line(*problems.OURS[401])]
    if has_body:
        by_status |= {code: [_line(*problems.OURS[code])] for code in (400, 415)}
        by_status[422] = [_line(Refusal.INVALID, Refusal.INVALID.label)]
    for refusal in dict.fromkeys(refusals):
        line = _line(refusal, refusal.label)
        lines = by_status.setdefault(problems.status_of(refusal), [])
        if line not in lines:
            lines.append(line)
    return {
        (code, problems.CONTENT_TYPE): OpenApiResponse(Problem, description="\n".join(lines))
        for code, lines in sorted(by_status.items())
    }


def _line(code: str, sentence: str) -> str:
    return f"- `{code}`：{sentence}"


def closed(result: Any, **kwargs: Any) -> Any:
    """What a client may send is all that it may send; what drf-spectacular leaves unsaid is said."""
    schemas = result["components"]["schemas"]
    for name, component in schemas.items():
        if name.endswith("Request") and component.get("type") == "object":
            component["additionalProperties"] = False
        for field in component.get("properties", {}).values():
            _show(field, schemas)
    for found in _operations(result):
        _complete(found)
    _drop(result, "x-spec-enum-id")
    return result


def _show(field: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    """An example of what is described elsewhere, made of the examples there."""
    if (
        not {"example", "examples", "const"} & field.keys()
        and (found := _example(field, schemas)) is not None
    ):
        field["examples"] = [found]


def _example(part: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    if "examples" in part:
        return part["examples"][0]
    if "$ref" in part:
        fields = schemas[part["$ref"].rpartition("/")[2]].get("properties", {})
        return {name: _example(field, schemas) for name, field in fields.items()}
    if "items" in part:
        return [_example(part["items"], schemas)]
    within = next((part[name] for name in ("oneOf", "anyOf", "allOf") if name in part), None)
    return _example(within[0], schemas) if within else None


def _operations(result: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for methods in result["paths"].values():
        yield from (found for found in methods.values() if isinstance(found, dict))


def _complete(found: dict[str, Any]) -> None:
    """The headers of each answer, and what the numbers in the address are."""
    for status, response in found["responses"].items():
        if response.get("description", "") in ("", "No response body"):
            response["description"] = DONE
        if status in HEADERS:
            response["headers"] = {**HEADERS[status], **response.get("headers", {})}
    for parameter in found.get("parameters", ()):
        _complete_parameter(parameter)


def _complete_parameter(parameter: dict[str, Any]) -> None:
    schema = parameter["schema"]
    if parameter["in"] == "path" and schema.get("type") == "integer":
        parameter["schema"] = {"examples": [12], **schema, "minimum": 1, "maximum": 2**53}
        parameter.setdefault("description", NUMBER)


def _drop(part: Any, name: str) -> None:
    if isinstance(part, dict):
        part.pop(name, None)
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _drop(inner, name)
