"""The other sites by which people may sign in, as the environment names them. No Django in it."""

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from portal import environment as env


class Site(NamedTuple):
    """One such site: who we are there, and the only origins that are ever asked."""

    id: str  # kept with each identity, so it stays for ever
    name: str
    url: str
    client_id: str
    secret: str

    @property
    def origins(self) -> tuple[str, ...]:
        parts = urlsplit(self.url)
        own = f"{parts.scheme}://{parts.netloc}"
        return (own, "https://api.github.com") if own == "https://github.com" else (own,)


KNOWN = (
    ("github", "GitHub", "https://github.com"),
    ("orcid", "ORCID", "https://orcid.org"),
    ("huggingface", "Hugging Face", "https://huggingface.co"),
)
NAMES = {id_: name for id_, name, _ in KNOWN}
SCOPES = {"orcid": ["openid"], "huggingface": ["openid", "profile"]}


def read() -> list[Site]:
    """Sites whose GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET (and so on) are set.

    Raises:
        WrongSettingError: only one of the two is set, or the address is no https one.
    """
    return [site for each in KNOWN if (site := _site(*each)) is not None]


def _site(id_: str, name: str, usual: str) -> Site | None:
    prefix = id_.upper()
    client_id, secret = env.text(f"{prefix}_CLIENT_ID"), env.text(f"{prefix}_CLIENT_SECRET")
    if not client_id and not secret:
        return None
    if not (client_id and secret):
        missing = f"{prefix}_CLIENT_{'ID' if secret else 'SECRET'}"
        raise env.WrongSettingError(f"{missing} is empty: sign-in with {name} needs both, or none.")
    url = env.web_address(f"{prefix}_URL") or usual
    if not url.startswith("https://") and not env.is_local(url):
        raise env.WrongSettingError(f"{prefix}_URL is '{url}': it must begin with https://.")
    return Site(id_, name, url, client_id, secret)


def providers(sites: list[Site]) -> dict[str, Any]:
    """`SOCIALACCOUNT_PROVIDERS` for these sites. All but GitHub speak OpenID Connect."""
    found: dict[str, Any] = {}
    oidc = []
    for site in sites:
        app = {"client_id": site.client_id, "secret": site.secret, "name": site.name}
        if site.id == "github":
            found["github"] = {"APPS": [app], "OAUTH_PKCE_ENABLED": True, "SCOPE": []}
            if site.url != "https://github.com":
                found["github"]["GITHUB_URL"] = site.url
        else:
            more = {"server_url": site.url, "scope": SCOPES[site.id]}
            oidc.append(app | {"provider_id": site.id, "settings": more})
    if oidc:
        found["openid_connect"] = {"APPS": oidc, "OAUTH_PKCE_ENABLED": True}
    return found
