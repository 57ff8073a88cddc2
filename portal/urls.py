"""Every address of the site. Each surface lists its own routes; a test walks them all."""

from django.urls import include, path

from portal import health
from portal.api import urls as api
from portal.delivery import urls as delivery
from portal.pages import admin, auditor, demo, public, researcher, sealed, steward

urlpatterns = [
    *delivery.urls,  # first, as most requests are for files
    *public.urls,
    *researcher.urls,
    *steward.urls,
    *admin.urls,
    *sealed.urls,
    *auditor.urls,
    *demo.urls,
    path("api/v1/", include(api.urls)),
    path("accounts/", include("allauth.urls")),
    *health.urls,
]

handler404 = "portal.refusals.not_found"
handler500 = "portal.refusals.failed"
