"""Every address of the site. Each surface lists its own routes; a test walks them all."""

from django.urls import include, path

from portal import health, mail_events
from portal.api import urls as api
from portal.delivery import urls as delivery
from portal.pages import (
    admin,
    auditor,
    demo,
    feeds,
    hooking,
    inboxes,
    installing,
    mailed_links,
    public,
    researcher,
    sealed,
    signing_in,
    steward,
)

urlpatterns = [
    *delivery.urls,  # first, as most requests are for files
    *public.urls,
    *researcher.urls,
    *inboxes.urls,
    *hooking.urls,
    *mailed_links.urls,
    *feeds.urls,
    *steward.urls,
    *admin.urls,
    *installing.urls,
    *sealed.urls,
    *auditor.urls,
    *demo.urls,
    path("api/v1/", include(api.urls)),
    path("accounts/", include(signing_in.urls)),  # in place of some of the library's
    path("accounts/", include("allauth.urls")),
    *health.urls,
    *mail_events.urls,
]

handler404 = "portal.refusals.not_found"
handler500 = "portal.refusals.failed"
