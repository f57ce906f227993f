"""Addresses of the workbench: each module lists its own."""

from . import acts, dashboard, grid, house, photo, places, queue_pages, resident, review, search

app_name = "staff"
urlpatterns = [
    *dashboard.urls,
    *queue_pages.urls,
    *review.urls,
    *acts.urls,
    *house.urls,
    *resident.urls,
    *photo.urls,
    *places.urls,
    *grid.urls,
    *search.urls,
]
