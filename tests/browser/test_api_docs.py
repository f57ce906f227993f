"""The description of the API as staff read it: drawn whole, and by nobody but us."""

import pytest

from houses.management.commands.seed_demo import PASSWORD
from residents.models import User
from tests.browser.conftest import Visitor, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("page", "drawn"), [("docs", ".opblock-summary-path"), ("redoc", "[data-section-id] h2")]
)
def test_staff_read_it_and_nobody_else_is_asked(visitor: Visitor, page: str, drawn: str) -> None:
    """The sign of Redoc's maker is elsewhere: the browser is told not to ask for it."""
    User.objects.create_superuser("admin", password=PASSWORD)
    barred: set[str] = set()
    visitor.page.on("requestfailed", lambda request: request.failure == "csp" and barred.add(request.url))
    visitor.sign_in("admin")
    visitor.open(f"/api/v1/{page}/").wait_for_selector(drawn)
    assert visitor.errors == []
    foreign = {url for url in visitor.asked if url.startswith("http") and not url.startswith(visitor.site)}
    assert foreign == barred
    violations[:] = [told for told in violations if not any(url in told for url in barred)]
