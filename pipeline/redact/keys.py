"""Keys of known services, by the formats that the services document.

Each rule names where its format comes from. A rule whose mark is short asks for randomness too.
"""

from .found import Judge, Rule, only
from .validators import is_coded_block, is_jwt, is_random_key, is_real_key, whole_block

_REAL = only(is_real_key)
_RANDOM = only(is_random_key)
_JWT = only(is_jwt)
_GITHUB = "docs.github.com: About authentication to GitHub, token formats"
_OPENAI = "platform.openai.com: API keys; marker T3BlbkFJ is base64 of OpenAI"
_SLACK = "docs.slack.dev: Token types"
_GOOGLE = "cloud.google.com: Manage API keys; OAuth 2.0 client and token formats"


def _key(name: str, pattern: str, source: str, judge: Judge = _REAL, score: float = 0.98) -> Rule:
    return Rule(name, "KEY", pattern, source, (judge,), score)


SERVICE_KEYS = (
    _key(
        "aws-access-key-id",
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
        "docs.aws.amazon.com: IAM identifiers, unique ID prefixes",
    ),
    _key(
        "aws-secret-access-key",
        r"(?i)aws[\w .:-]{0,20}(?:secret|sk)[\w .:-]{0,20}[\"']?\s{0,3}(?:=>|:=|=|:)\s{0,3}[\"']?"
        r"([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)",
        "docs.aws.amazon.com: Manage access keys for IAM users (40 characters of base64)",
        _RANDOM,
    ),
    _key("github-token", r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b", _GITHUB),
    _key("github-fine-grained", r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b", _GITHUB),
    _key(
        "gitlab-token",
        r"\bgl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_-]{20,300}"
        r"(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?",
        "docs.gitlab.com: Token overview, token prefixes",
    ),
    _key("slack-token", r"\bxox[abeoprs]-[A-Za-z0-9.-]{10,250}[A-Za-z0-9]", _SLACK),
    _key("slack-app-token", r"\bxapp-\d-[A-Z0-9]{8,20}-\d{8,20}-[a-f0-9]{32,128}\b", _SLACK),
    _key(
        "slack-webhook",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/"
        r"([A-Z0-9]{8,14}/[A-Z0-9]{8,14}/[A-Za-z0-9]{20,40})",
        "docs.slack.dev: Sending messages using incoming webhooks",
    ),
    _key(
        "stripe-key",
        r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,250}\b",
        "docs.stripe.com: API keys",
    ),
    _key(
        "stripe-webhook-secret",
        r"\bwhsec_[A-Za-z0-9+/]{24,64}={0,2}",
        "docs.stripe.com: Receive events in your webhook endpoint",
    ),
    _key("google-api-key", r"\bAIza[A-Za-z0-9_-]{35}", _GOOGLE),
    _key("google-oauth-secret", r"\bGOCSPX-[A-Za-z0-9_-]{28}", _GOOGLE),
    _key("google-oauth-token", r"\bya29\.[A-Za-z0-9_-]{30,500}", _GOOGLE),
    _key(
        "openai-key",
        r"\bsk-(?:[a-z]{4,10}-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}",
        _OPENAI,
    ),
    _key("openai-like-key", r"\bsk-[A-Za-z0-9]{32,64}\b", _OPENAI, _RANDOM, 0.9),
    _key(
        "anthropic-key",
        r"\bsk-ant-[a-z]{2,10}\d{2}-[A-Za-z0-9_-]{80,120}",
        "docs.anthropic.com: API keys",
    ),
    _key("openrouter-key", r"\bsk-or-v1-[0-9a-f]{64}\b", "openrouter.ai/docs: Authentication"),
    _key("groq-key", r"\bgsk_[A-Za-z0-9]{52}\b", "console.groq.com/docs: API keys"),
    _key("huggingface-token", r"\bhf_[A-Za-z0-9]{34}\b", "huggingface.co/docs/hub: Access tokens"),
    _key("replicate-token", r"\br8_[A-Za-z0-9]{37}\b", "replicate.com/docs: API tokens"),
    _key("npm-token", r"\bnpm_[A-Za-z0-9]{36}\b", "docs.npmjs.com: About access tokens"),
    _key(
        "pypi-token",
        r"\bpypi-AgE[A-Za-z0-9_-]{60,1000}",
        "warehouse.pypa.io: API tokens are macaroons with the prefix pypi-",
    ),
    _key(
        "rubygems-key",
        r"\brubygems_[0-9a-f]{48}\b",
        "guides.rubygems.org: API key scopes",
    ),
    _key(
        "docker-token",
        r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{27,36}",
        "docs.docker.com: Personal access tokens",
    ),
    _key(
        "sendgrid-key",
        r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
        "docs.sendgrid.com: API keys",
    ),
    _key(
        "mailgun-key",
        r"\bkey-[0-9a-f]{32}\b",
        "documentation.mailgun.com: Authentication",
        _RANDOM,
    ),
    _key(
        "mailchimp-key",
        r"\b[0-9a-f]{32}-us\d{1,2}\b",
        "mailchimp.com/developer: Fundamentals, API key with data centre",
        _RANDOM,
    ),
    _key(
        "twilio-api-key",
        r"\bSK[0-9a-f]{32}\b",
        "twilio.com/docs: API keys, SID format",
        _RANDOM,
    ),
    _key(
        "digitalocean-token",
        r"\bdo[opr]_v1_[0-9a-f]{64}\b",
        "docs.digitalocean.com: Personal access tokens",
    ),
    _key(
        "databricks-token",
        r"\bdapi[0-9a-f]{32}(?:-\d)?\b",
        "docs.databricks.com: Personal access token authentication",
    ),
    _key(
        "shopify-token",
        r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b",
        "shopify.dev: Token prefixes, changelog of access token formats",
    ),
    _key(
        "square-token",
        r"\b(?:sq0atp-[A-Za-z0-9_-]{22}|sq0csp-[A-Za-z0-9_-]{43}|EAAA[A-Za-z0-9_-]{60})",
        "developer.squareup.com: Access tokens",
    ),
    _key(
        "telegram-bot-token",
        r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}",
        "core.telegram.org/bots: Obtain your bot token",
        _RANDOM,
    ),
    _key(
        "discord-bot-token",
        r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}",
        "discord.com/developers/docs: Reference, authentication",
        _RANDOM,
    ),
    _key(
        "discord-webhook",
        r"discord(?:app)?\.com/api/webhooks/\d{17,20}/([A-Za-z0-9_-]{60,80})",
        "discord.com/developers/docs: Webhook resource",
    ),
    _key(
        "vault-token",
        r"\bhv[sbr]\.[A-Za-z0-9_-]{24,300}",
        "developer.hashicorp.com/vault: Tokens, prefixes",
        _RANDOM,
    ),
    _key(
        "terraform-token",
        r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}",
        "developer.hashicorp.com/terraform: API tokens",
    ),
    _key(
        "newrelic-key",
        r"\bNRAK-[A-Z0-9]{27}\b",
        "docs.newrelic.com: New Relic API keys",
    ),
    _key(
        "grafana-token",
        r"\bglsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}\b",
        "grafana.com/docs: Service accounts",
    ),
    _key("linear-key", r"\blin_api_[A-Za-z0-9]{40}\b", "linear.app/developers: API keys"),
    _key("pulumi-token", r"\bpul-[0-9a-f]{40}\b", "pulumi.com/docs: Access tokens"),
    _key(
        "postman-key",
        r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}\b",
        "learning.postman.com: Postman API keys",
    ),
    _key("figma-token", r"\bfigd_[A-Za-z0-9_-]{40}", "developers.figma.com: Access tokens"),
    _key(
        "airtable-token",
        r"\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}\b",
        "airtable.com/developers: Personal access tokens",
    ),
    _key(
        "alibaba-access-key-id",
        r"\bLTAI[A-Za-z0-9]{12,20}\b",
        "alibabacloud.com/help: AccessKey pairs",
    ),
    _key(
        "azure-storage-key",
        r"(?i)\bAccountKey=([A-Za-z0-9+/]{86}==)",
        "learn.microsoft.com: Configure Azure Storage connection strings",
        _RANDOM,
    ),
    _key(
        "age-secret-key",
        r"\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
        "age-encryption.org/v1: the format, Bech32 of X25519 identities",
    ),
    _key(
        "jwt",
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{16,}",
        "RFC 7519, RFC 7515 section 3.1: compact serialisation",
        _JWT,
    ),
    _key(
        "private-key-block",
        r"-----BEGIN (?:[A-Z0-9]{2,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        "RFC 7468, RFC 4716, RFC 9580: textual encodings of private keys",
        whole_block,
    ),
    _key(
        "private-key-base64",
        r"\bLS0tLS1CRUdJTi[A-Za-z0-9+/]{106,}={0,2}",
        "RFC 7468 in RFC 4648: base64 of -----BEGIN, as configuration stores keep key files",
        only(is_coded_block),
    ),
)
