"""Lists by pages, each with the address of the next."""

from typing import Any

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    """Of rows, or of a list that a scope made. A page that there is not is `not_found`."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 50
    page_query_description = "第几页，从 1 起。"
    page_size_query_description = "每页条数，最多 50，默认 20。"

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """With the bounds and examples that DRF's own leaves out."""
        number = {"type": "integer", "minimum": 1, "examples": [1]}
        return [
            _parameter(self.page_query_param, self.page_query_description, number),
            _parameter(
                "page_size", self.page_size_query_description, {**number, "maximum": self.max_page_size}
            ),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {
            "type": ["string", "null"],
            "format": "uri",
            "examples": ["https://register.example.cn/api/v1/requests/asked/?page=2"],
        }
        count = {"type": "integer", "minimum": 0, "examples": [21], "description": "一共多少条。"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": count,
                "next": {**address, "description": "下一页的地址，没有则为 null。"},
                "previous": {**address, "description": "上一页的地址，没有则为 null。"},
                "results": {**schema, "description": "这一页的内容。"},
            },
        }


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
