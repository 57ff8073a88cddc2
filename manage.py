#!/usr/bin/env python
"""Commands of an operator: `manage.py help` lists them; `--home DIR` names the folder."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from portal import environment


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        execute_from_command_line(environment.take_home(sys.argv))
    except ImproperlyConfigured as error:
        environment.stop(error)


if __name__ == "__main__":
    main()
