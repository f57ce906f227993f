"""Addresses of 同步安防数据, below `/api/v1/sync/`."""

from . import views

app_name = "sync_api"
urlpatterns = [*views.urls]
