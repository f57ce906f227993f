"""The description of the API, as the tests read it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from residents.api.docs import description

CONSTRAINTS = {
    "$ref", "oneOf", "anyOf", "allOf", "items", "enum", "const", "format", "pattern", "maxLength",
    "minLength", "minimum", "maximum", "additionalProperties",
}  # fmt: skip
EXAMPLES = {"examples", "example", "const"}


class Operation(NamedTuple):
    method: str
    path: str
    name: str
    told: dict[str, Any]

    def __str__(self) -> str:
        return self.name


def operations(found: dict[str, Any] | None = None) -> list[Operation]:
    """Everything that the API does, by operationId."""
    paths = (found or description())["paths"]
    return [
        Operation(method.upper(), path, told.get("operationId", ""), told)
        for path, methods in paths.items()
        for method, told in methods.items()
    ]


def properties(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of every body and answer: `Component.field`."""
    for name, component in found["components"]["schemas"].items():
        yield from _fields(name, component)
    for operation in operations(found):
        for parameter in operation.told.get("parameters", ()):
            shown = {
                key: parameter[key] for key in ("description", "example", "examples") if key in parameter
            }
            yield f"{operation.name}.{parameter['name']}", {**parameter["schema"], **shown}
        for part in _described_in_place(operation.told):
            yield from _fields(operation.name, part)


def _described_in_place(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for holder in (told.get("requestBody", {}), *told["responses"].values()):
        yield from (
            content["schema"] for content in holder.get("content", {}).values() if "schema" in content
        )


def _fields(name: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for field, told in schema.get("properties", {}).items():
        yield f"{name}.{field}", told
        yield from _fields(f"{name}.{field}", told)
    if "properties" in schema.get("items", {}):
        yield from _fields(f"{name}[]", schema["items"])


def is_constrained(told: dict[str, Any]) -> bool:
    kinds = told.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return bool(CONSTRAINTS & told.keys()) or "boolean" in kinds


def body_of(operation: Operation, found: dict[str, Any]) -> dict[str, Any]:
    """What is described of a JSON body."""
    schema = operation.told["requestBody"]["content"]["application/json"]["schema"]
    return resolved(schema, found)


def resolved(schema: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema or "allOf" in schema:
        schema = schema["allOf"][0] if "allOf" in schema else found["components"]["schemas"][_name(schema)]
    return schema


def _name(schema: dict[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def example_of(schema: dict[str, Any]) -> dict[str, Any]:
    """A body made of the examples."""
    return {name: field.get("examples", [None])[0] for name, field in schema["properties"].items()}
