"""A site that people sign in by, on this machine: it gives codes, tokens signed by its key, names.

It speaks OpenID Connect and what GitHub speaks, checks who asks, and does as it is told to
misbehave: `lies` maps a path to what it answers instead.
"""

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENTS = {each: f"gatehouse-at-{each}" for each in ("github", "orcid", "huggingface")}
SECRET = "a secret of the site"


class Provider:
    def __init__(self) -> None:
        self.person = {"sub": "1000-0001", "preferred_username": "ada", "name": "Ada Lovelace"}
        self.email = "ada@example.org"  # it says so, and that it is verified
        self.lies: dict[str, object] = {}
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "Provider":
        Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                provider.answer(self, {name: each[0] for name, each in parse_qs(body).items()})

            def log_message(self, *_: object) -> None:
                return

        return Handler

    def answer(self, handler: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        parts = urlsplit(handler.path)
        query = {name: each[0] for name, each in parse_qs(parts.query).items()}
        self.asked.append(parts.path)
        status, told = self._told(parts.path, query, form, handler.headers)
        handler.send_response(status)
        if status == 302:
            handler.send_header("Location", str(told))
            handler.end_headers()
            return
        body = told.encode() if isinstance(told, str) else json.dumps(told).encode()
        kind = "text/html" if isinstance(told, str) else "application/json"
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _told(self, path, query, form, headers) -> tuple[int, object]:
        if path in self.lies:
            lie = self.lies[path]
            return lie if isinstance(lie, tuple) else (200, lie)
        if path in {"/oauth/authorize", "/login/oauth/authorize"}:
            return self._authorize(query)
        if path in {"/oauth/token", "/login/oauth/access_token"}:
            return self._token(form)
        bearer = headers.get("Authorization", "").partition(" ")[2]
        who = {"/oauth/userinfo": self._userinfo, "/api/v3/user": self._github_user}
        if path in who:
            return (200, who[path]()) if bearer in self.tokens else (401, {})
        open_to_all = {
            "/.well-known/openid-configuration": self._configuration,
            "/oauth/jwks": self._jwks,
        }
        return (200, open_to_all[path]()) if path in open_to_all else (404, {})

    def _configuration(self) -> dict[str, object]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/oauth/authorize",
            "token_endpoint": f"{self.url}/oauth/token",
            "userinfo_endpoint": f"{self.url}/oauth/userinfo",
            "jwks_uri": f"{self.url}/oauth/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def _jwks(self) -> dict[str, object]:
        public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [public | {"kid": "1", "alg": "RS256", "use": "sig"}]}

    def _authorize(self, query: dict[str, str]) -> tuple[int, object]:
        """A page with a link, as the person must agree; it leads back with a code."""
        if query.get("client_id") not in CLIENTS.values() or "state" not in query:
            return 400, "who are you?"
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        back = f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
        return 200, f'<!doctype html><title>Allow</title><a id="allow" href="{back}">Allow</a>'

    def _token(self, form: dict[str, str]) -> tuple[int, object]:
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or (form.get("client_id"), form.get("client_secret")) != (asked["client_id"], SECRET)
            or form.get("redirect_uri") != asked["redirect_uri"]
            or proof != asked.get("code_challenge")
        ):
            return 400, {"error": "invalid_grant"}
        token = secrets.token_urlsafe(8)
        self.tokens.add(token)
        told = {"access_token": token, "token_type": "bearer"}
        if "openid" in asked.get("scope", "").split():
            told["id_token"] = self._id_token(asked["client_id"])
        return 200, told

    def _id_token(self, client: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": client, "iat": now, "exp": now + 60}
        claims |= self.lies.get("claims", {})
        return jwt.encode(self.person | claims, self.key, "RS256", headers={"kid": "1"})

    def _userinfo(self) -> dict[str, object]:
        return self.person | {"email": self.email, "email_verified": True}

    def _github_user(self) -> dict[str, object]:
        return {"id": 4711, "login": "ada", "name": "Ada Lovelace", "email": self.email}
