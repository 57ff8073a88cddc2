"""The site with nothing written for a ticket: for the measurement of `bench.gate`, nowhere else."""

from typing import Any

from portal.wsgi import application

from governance.audit import services  # isort: skip  once Django is set up

__all__ = ["application"]


def _nothing(**told: Any) -> None:
    """In place of the entry; all else of the way to a byte is as ever."""


services.ticket_issued = _nothing  # type: ignore[assignment]
