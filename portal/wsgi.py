"""The WSGI application: `granian --interface wsgi portal.wsgi:application`."""

import gc
import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from portal import environment

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# RFC 3875, section 4.1, without those of schemes that no server in front of us uses.
CGI = {
    "CONTENT_LENGTH", "CONTENT_TYPE", "GATEWAY_INTERFACE", "PATH_INFO", "QUERY_STRING",
    "REMOTE_ADDR", "REMOTE_PORT", "REQUEST_METHOD", "SCRIPT_NAME", "SERVER_NAME", "SERVER_PORT",
    "SERVER_PROTOCOL", "SERVER_SOFTWARE",
}  # fmt: skip


def without_process_environment(application: Application) -> Application:
    """Give `application` the request alone.

    The server starts each environ from a copy of the process's variables, passwords of databases
    included; `request.META` and so an error report would carry them. A variable that is called
    HTTP_SOMETHING would even pass for a header that nobody sent.
    """
    theirs = {name: value for name, value in os.environ.items() if name.startswith("HTTP_")}

    def cleaned(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = {
            name: value
            for name, value in environ.items()
            if name in CGI or name.startswith(("HTTP_", "wsgi."))
        }
        for name, value in theirs.items():
            if request.get(name) == value:
                del request[name]
        return application(request, start_response)

    return cleaned


def make_application() -> Application:
    """Django behind both wrappers; wrong settings end the process with their sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        application = get_wsgi_application()
        from django.conf import settings
    except ImproperlyConfigured as error:
        environment.stop(error)
    if settings.TRUSTED_PROXIES:
        application = wrap_wsgi_with_proxy_headers(application, settings.TRUSTED_PROXIES)
    import_module(settings.ROOT_URLCONF)
    # What is loaded by now lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    # A thread that comes back from the database waits for the interpreter at most this long.
    sys.setswitchinterval(0.0005)
    return without_process_environment(application)


application = make_application()
