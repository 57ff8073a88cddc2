"""Keys of known services, by the formats that the services document, a family a module."""

from pipeline.redact.found import Rule

from . import chat, cloud, code, data, general, learning, money, people, watch, web

SERVICE_KEYS: tuple[Rule, ...] = (
    *cloud.RULES,
    *code.RULES,
    *learning.RULES,
    *chat.RULES,
    *money.RULES,
    *watch.RULES,
    *data.RULES,
    *web.RULES,
    *people.RULES,
    *general.RULES,
)
