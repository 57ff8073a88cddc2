"""A whole site tells: its worker mails through a real mail server and calls a real webhook."""

import http.client
import json
import re

import pytest

from tests import mail_server
from tests.receiving import listening
from tests.waiting import until

pytestmark = pytest.mark.server
SOON = 60.0  # seconds, a bound


def asked(server, verb, path, token, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {
        "Host": f"localhost:{server.port}",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
    }
    connection.request(verb, f"/api/v1/{path}", json.dumps(body or {}), headers)
    answer = connection.getresponse()
    told = answer.read()
    connection.close()
    assert answer.status < 300, told
    return json.loads(told)


def test_mail_and_webhook_leave_by_the_worker(own_server):
    with mail_server.running() as (keeper, port), listening() as receiver:
        server = own_server(
            EMAIL_URL=f"smtp://127.0.0.1:{port}",
            WEBHOOK_PROTOCOLS="http",
            WEBHOOK_PRIVATE_HOSTS="localhost",
        ).start()
        done = server.manage("token", "approved@demo.example", "--scope", "act")
        token = re.search(r"gh_\S+", done.stdout)[0]
        made = asked(server, "POST", "webhooks", token, {"name": "Chat", "url": receiver.url})
        asked(server, "POST", f"webhooks/{made['id']}/test", token)
        assert until(lambda: len(receiver.got) == 1, SOON)
        revoked = server.manage("reset_factors", "approved@demo.example", "--reason", "lost")
        assert revoked.returncode == 0, revoked.stderr
        mine = "approved@demo.example"
        assert until(lambda: mine in {to for _, to in keeper.got}, SOON)
        assert until(lambda: len(receiver.got) == 2, SOON)
        assert json.loads(receiver.got[1].body)["type"] == "person.reset-factors"
