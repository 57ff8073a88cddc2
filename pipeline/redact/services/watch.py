"""What watches services: measures, logs, errors, calls at night; flags and counts of use."""

from .shape import RANDOM, UUID, key, named

_DATADOG = "https://docs.datadoghq.com/account_management/api-app-keys/"
_RELIC = "https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/"
_GRAFANA = "https://grafana.com/docs/grafana/latest/administration/service-accounts/"
_SENTRY = "https://docs.sentry.io/account/auth-tokens/"

RULES = (
    named("datadog-key", "(?:dd|datadog)_(?:client_)?api_key", r"[0-9a-f]{32}", _DATADOG),
    named(
        "datadog-application-key",
        "(?:dd|datadog)_(?:app|application)_key",
        r"[0-9a-f]{40}",
        _DATADOG,
    ),
    key("newrelic-key", r"\bNRAK-[A-Z0-9]{27}\b", _RELIC),
    key("newrelic-licence-key", r"\b(?:[0-9a-f]{36}|[a-z]{2}\d{2}xx[0-9a-f]{30})NRAL\b", _RELIC),
    key("newrelic-insert-key", r"\bNRII-[A-Za-z0-9_-]{32}", _RELIC),
    key("newrelic-query-key", r"\bNRIQ-[A-Za-z0-9_-]{32}", _RELIC),
    key("newrelic-browser-key", r"\bNRJS-[0-9a-f]{19}\b", _RELIC),
    key("grafana-token", r"\bglsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}\b", _GRAFANA),
    key(
        "grafana-cloud-token",
        r"\bglc_eyJ[A-Za-z0-9+/]{32,400}={0,3}",
        "https://grafana.com/docs/grafana-cloud/security-and-account-management/authentication-and-permissions/access-policies/",
    ),
    key(
        "grafana-old-key",
        r"\beyJrIjoi[A-Za-z0-9+/]{70,400}={0,3}",
        "https://grafana.com/docs/grafana/latest/developers/http_api/authentication/",
    ),
    key("sentry-organisation-token", r"\bsntrys_eyJ[A-Za-z0-9+/=_-]{80,500}", _SENTRY),
    key("sentry-user-token", r"\bsntryu_[0-9a-f]{64}\b", _SENTRY),
    named("sentry-old-token", "sentry_auth_token", r"[0-9a-f]{64}", _SENTRY),
    named(
        "rollbar-token",
        "rollbar_(?:server_|client_|post_server_item_)?(?:access_)?token",
        r"[0-9a-f]{32}",
        "https://docs.rollbar.com/docs/access-tokens",
    ),
    named(
        "bugsnag-key",
        "bugsnag_(?:api_)?key",
        r"[0-9a-f]{32}",
        "https://docs.bugsnag.com/platforms/python/other/configuration-options/#api_key",
    ),
    key(
        "honeybadger-key",
        r"\bhbp_[A-Za-z0-9]{36}\b",
        "https://docs.honeybadger.io/guides/user-accounts/#api-keys",
        on=False,
    ),
    named(
        "honeybadger-project-key",
        "honeybadger_(?:api_)?key",
        r"hbp_[A-Za-z0-9]{36}",
        "https://docs.honeybadger.io/lib/ruby/getting-started/configuration/",
    ),
    key(
        "honeycomb-key",
        r"\bhc[a-z]ik_[a-z0-9]{58}\b",
        "https://docs.honeycomb.io/configure/environments/manage-api-keys/",
    ),
    named(
        "honeycomb-old-key",
        "honeycomb_(?:api_)?key|x_honeycomb_team",
        r"(?:[A-Za-z0-9]{22}|[0-9a-f]{32})",
        "https://docs.honeycomb.io/configure/environments/manage-api-keys/",
    ),
    key(
        "dynatrace-token",
        r"\bdt0[a-z]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}\b",
        "https://docs.dynatrace.com/docs/dynatrace-api/basics/dynatrace-api-authentication#token-format",
    ),
    named(
        "pagerduty-key",
        "(?:pagerduty|pd)_(?:api_|auth_)?(?:key|token)",
        r"[A-Za-z0-9+_-]{20}",
        "https://support.pagerduty.com/main/docs/api-access-keys",
    ),
    named(
        "pagerduty-routing-key",
        "pagerduty_(?:routing|integration|service)_key|routing_key",
        r"[0-9a-f]{32}",
        "https://developer.pagerduty.com/docs/events-api-v2/overview/",
    ),
    named(
        "opsgenie-key",
        "opsgenie_(?:api_)?key|genie_?key",
        UUID,
        "https://docs.opsgenie.com/docs/authentication",
    ),
    key(
        "uptimerobot-key", r"\b[um]r?\d{5,9}-[0-9a-f]{24}\b", "https://uptimerobot.com/api/", RANDOM
    ),
    key(
        "splunk-token",
        rf"(?i)\bauthorization[\"']?\s{{0,3}}[:,=]\s{{0,3}}[\"']?splunk ({UUID})",
        "https://docs.splunk.com/Documentation/Splunk/latest/Data/UsetheHTTPEventCollector",
        RANDOM,
    ),
    named(
        "sumologic-key",
        "(?:sumo|sumologic|sumo_logic)_access_key",
        r"[A-Za-z0-9]{64}",
        "https://help.sumologic.com/docs/manage/security/access-keys/",
    ),
    named(
        "loggly-token",
        "loggly_(?:customer_)?token",
        UUID,
        "https://documentation.solarwinds.com/en/success_center/loggly/content/admin/customer-token-authentication-token.htm",
    ),
    named(
        "logdna-key",
        "(?:logdna|mezmo)_(?:ingestion_|api_)?key",
        r"[0-9a-f]{32}",
        "https://docs.mezmo.com/docs/ingestion-key",
    ),
    key("axiom-token", rf"\bxa[ap]t-{UUID}\b", "https://axiom.co/docs/reference/tokens"),
    key(
        "checkly-key",
        r"\bcu_[0-9a-f]{32}\b",
        "https://developers.checklyhq.com/reference/authentication",
        on=False,
    ),
    named(
        "appsignal-key",
        "appsignal_(?:push_)?(?:api_)?key",
        UUID,
        "https://docs.appsignal.com/appsignal/terminology.html#push-api-key",
    ),
    named(
        "raygun-key",
        "raygun_(?:api_)?key",
        r"[A-Za-z0-9]{22,24}",
        "https://raygun.com/documentation/language-guides/",
    ),
    named(
        "elastic-apm-token",
        "elastic_apm_secret_token",
        r"[A-Za-z0-9]{18,64}",
        "https://www.elastic.co/docs/solutions/observability/apm/secret-token",
    ),
    key(
        "launchdarkly-key",
        rf"\b(?:sdk|api|mob)-{UUID}\b",
        "https://launchdarkly.com/docs/home/account/environment/keys",
    ),
    key(
        "configcat-key",
        r"\bconfigcat-(?:sdk-1|proxy)/[A-Za-z0-9_-]{22}/[A-Za-z0-9_-]{22}",
        "https://configcat.com/docs/sdk-reference/js/",
    ),
    key(
        "flagsmith-key",
        r"\bser\.[A-Za-z0-9]{22}\b",
        "https://docs.flagsmith.com/clients/server-side",
        RANDOM,
    ),
    key(
        "unleash-token",
        r"(?:\*|[a-z0-9-]{1,40}):[a-z]{3,20}\.([0-9a-f]{56})\b",
        "https://docs.getunleash.io/reference/api-tokens-and-client-keys",
    ),
    key("posthog-key", r"\bph[cx]_[A-Za-z0-9]{40,50}\b", "https://posthog.com/docs/api"),
    named(
        "segment-write-key",
        "segment_(?:write_)?(?:api_)?key",
        r"[A-Za-z0-9]{32}",
        "https://segment.com/docs/connections/find-writekey/",
    ),
    key(
        "segment-public-api-token",
        r"\bsgp_[A-Za-z0-9]{60,64}\b",
        "https://docs.segmentapis.com/tag/Getting-Started",
        RANDOM,
        on=False,
    ),
    named(
        "amplitude-key",
        "amplitude_(?:api_|secret_)?key",
        r"[0-9a-f]{32}",
        "https://amplitude.com/docs/apis/authentication",
    ),
    named(
        "mixpanel-secret",
        "mixpanel_(?:api_|project_)?(?:secret|token)",
        r"[0-9a-f]{32}",
        "https://developer.mixpanel.com/reference/project-secret",
    ),
    key(
        "statsig-key",
        r"\b(?:secret|console)-[A-Za-z0-9]{40,46}\b",
        "https://docs.statsig.com/sdk-keys/api-keys",
        RANDOM,
    ),
    named(
        "logzio-token",
        "logz_?io_(?:api_|shipping_|log_shipping_)?token",
        r"[A-Za-z]{32}",
        "https://docs.logz.io/docs/user-guide/admin/authentication-tokens/log-shipping-tokens/",
    ),
)
