"""The description of the API, for programs, and the pages on which people read it."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

WRITERS: dict[str, Any] = {"yaml": OpenApiYamlRenderer(), "json": OpenApiJsonRenderer()}

# Swagger UI and Redoc draw with inline styles and small pictures of their own, and Redoc searches in a
# worker of its own making; the sign of its maker would come from another host.
DRAWN = {"style-src": [SELF, UNSAFE_INLINE], "img-src": ["data:"], "worker-src": [SELF, "blob:"]}

Page = Callable[[HttpRequest], HttpResponseBase]


def description() -> dict[str, Any]:
    """OpenAPI 3.1 of all that is below `/api/v1/`."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


@cache
def written(kind: str = "yaml") -> bytes:
    """The same for everybody, and so it is made once a process."""
    text: bytes = WRITERS[kind].render(description(), renderer_context={})
    return text


class Description(APIView):
    """For everybody: it tells what can be asked, nothing of anybody."""

    authentication_classes = []
    permission_classes = []

    @extend_schema(exclude=True)
    def get(self, request: Any) -> Response | HttpResponse:
        kind = "json" if request.query_params.get("format") == "json" else "yaml"
        return HttpResponse(written(kind), content_type=f"{WRITERS[kind].media_type}; charset=utf-8")


def for_staff(view: Page) -> Page:
    """For who is signed in to the admin; while developing for everybody."""
    closed: Page = staff_member_required(view)

    @wraps(view)
    @csp_update(DRAWN)
    def page(request: HttpRequest) -> HttpResponseBase:
        return view(request) if settings.DEBUG else closed(request)

    return page


@for_staff
@require_safe
def swagger(request: HttpRequest) -> HttpResponse:
    return render(request, "api/swagger.html")


@for_staff
@require_safe
def redoc(request: HttpRequest) -> HttpResponse:
    return render(request, "api/redoc.html")


urls = [
    path("schema/", Description.as_view(), name="schema"),
    path("docs/", swagger, name="swagger"),
    path("redoc/", redoc, name="redoc"),
]
