"""What a browser may load and run: the site has its policy in the settings, the admin a looser one here."""

from collections.abc import Callable

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

# Alpine, which unfold's pages are made with, evaluates what stands in attributes and writes styles.
ADMIN = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}

Answer = Callable[[HttpRequest], HttpResponseBase]


def admin_policy(get_response: Answer) -> Answer:
    """Middleware: the pages below `/admin/`, its refusals too, may do what unfold needs, and no others."""
    loosened = csp_update(ADMIN)(get_response)

    def answer(request: HttpRequest) -> HttpResponseBase:
        below = request.path.startswith(reverse("admin:index"))
        return (loosened if below else get_response)(request)

    return answer
