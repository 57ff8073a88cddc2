"""Addresses of the sign-in library that have a page of the house in their place."""

from django.urls import path
from django.views.generic import RedirectView

urls = [
    path(
        "3rdparty/",
        RedirectView.as_view(pattern_name="identities"),
        name="socialaccount_connections",
    ),
    path("sessions/", RedirectView.as_view(pattern_name="sessions"), name="usersessions_list"),
]
