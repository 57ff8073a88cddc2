"""Setting up and keeping an installation: people, roles, datasets, tiers. A module a page."""

from portal.pages import (
    calendars,
    closing,
    invited,
    keeping,
    persons,
    questioning,
    roles,
    starting,
    tiering,
    winding,
)

urls = [
    *starting.urls,
    *roles.urls,
    *invited.urls,
    *persons.urls,
    *keeping.urls,
    *tiering.urls,
    *calendars.urls,
    *closing.urls,
    *winding.urls,
    *questioning.urls,
]
