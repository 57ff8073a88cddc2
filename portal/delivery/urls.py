"""Addresses of files. A revision is one segment, or three when the first is `refs`."""

from django.urls import re_path

from portal.delivery.views import resolve

REPOSITORY = r"^datasets/(?P<namespace>[A-Za-z0-9._-]+)/(?P<name>[A-Za-z0-9._-]+)"
REVISION = r"(?P<revision>refs/[^/\n]+/[^/\n]+|[^/\n]+)"

urls = [
    re_path(rf"{REPOSITORY}/resolve/{REVISION}/(?P<path>[^\n]+)$", resolve, name="file"),
]
