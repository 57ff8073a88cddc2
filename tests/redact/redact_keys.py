"""Examples of keys of services: a text from which a rule must take a value, and a look-alike
from which it must not. `{a36}` stands for 36 made-up characters (see `filled`), `<<` and `>>` for
the ends of the value, so that nothing in this file has the shape of a key.
"""

# Of each rule its true example, then its false one.
EXAMPLES: dict[str, tuple[str, str]] = {
    "aws-session-token": (
        "AWS_SESSION_TOKEN=<<{b102}>>",
        "AWS_SESSION_TOKEN={b68}",
    ),
    "aws-bedrock-key": (
        'key = "<<ABSK{b102}>>"',
        'key = "ABSK{b68}"',
    ),
    "aws-mws-token": (
        'key = "<<amzn.mws.{uuid}>>"',
        'key = "amzn.mws.{h8}-{h4}-{h4}-{h4}-{h8}"',
    ),
    "google-refresh-token": (
        'key = "<<1//0{u42}>>"',
        'key = "1//0{u28}"',
    ),
    "firebase-server-key": (
        'key = "<<AAAA{u7}:APA91b{u134}>>"',
        'token = "APA91b{u134}"',
    ),
    "azure-shared-access-key": (
        "SharedAccessKey=<<{b43}=>>",
        "SharedAccessKey={b28}=",
    ),
    "azure-access-key": (
        "Endpoint=https://a.service.signalr.net;AccessKey=<<{b43}=>>;Version=1.0;",
        "Endpoint=https://a.service.signalr.net;AccessKey={b20};Version=1.0;",
    ),
    "azure-app-configuration-secret": (
        "Endpoint=https://a.azconfig.io;Id=q1-l0;Secret=<<{b43}=>>",
        "Endpoint=https://a.azconfig.io;Id=q1-l0;Secret={b12}",
    ),
    "azure-sas-signature": (
        "?sv=2022-11-02&sp=r&sig=<<{a41}%3D>>",
        "?sv=2022-11-02&sig=$signature&se=2024",
    ),
    "azure-client-secret": (
        'secret: "<<{a3}8Q~{a34}>>"',
        "IQ~{a34} and {a3}8Q~{a12}",
    ),
    "azure-devops-token": (
        'key = "<<{a76}AZDO{a4}>>"',
        'key = "{a50}AZDO{a4}"',
    ),
    "azure-annotated-key": (
        'key = "<<{a52}JQQJ99BA{a16}X{a7}>>"',
        'key = "{a52}JQQJ77BA{a16}X{a7}"',
    ),
    "azure-function-key": (
        'key = "<<{u44}AzFu{u5}A==>>"',
        'key = "{u29}AzFu{u5}A=="',
    ),
    "azure-search-key": (
        'key = "<<{a42}AzSeA{a5}>>"',
        'key = "{a28}AzSeA{a5}"',
    ),
    "azure-marked-key-64": (
        'key = "<<{b76}+ASt{b5}A==>>"',
        'key = "{b50}+ASt{b5}A=="',
    ),
    "azure-marked-key-32": (
        'key = "<<{b33}AIoT{L1}{b5}=>>"',
        'key = "{b22}AIoT{L1}{b5}="',
    ),
    "azure-registry-key": (
        'key = "<<{b42}+ACRA{b5}>>"',
        'key = "{b28}+ACRA{b5}"',
    ),
    "azure-publish-password": (
        'userPWD="<<{a60}>>"',
        'userPWD="{a40}"',
    ),
    "azure-openai-key": (
        "AZURE_OPENAI_KEY=<<{h32}>>",
        "AZURE_OPENAI_KEY={h21}",
    ),
    "alibaba-access-key-secret": (
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET=<<{a30}>>",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET={a20}",
    ),
    "tencent-secret-id": (
        'key = "<<AKID{a32}>>"',
        'key = "AKID{a21}"',
    ),
    "tencent-secret-key": (
        "TENCENTCLOUD_SECRET_KEY=<<{a32}>>",
        "TENCENTCLOUD_SECRET_KEY={a21}",
    ),
    "digitalocean-spaces-key": (
        'key = "<<DO00{U16}>>"',
        'key = "DO00{U10}"',
    ),
    "linode-token": (
        "LINODE_TOKEN=<<{h64}>>",
        "LINODE_TOKEN={h42}",
    ),
    "heroku-token": (
        'key = "<<HRKU-{u38}>>"',
        'key = "HRKU-{u25}"',
    ),
    "heroku-key": (
        "HEROKU_API_KEY=<<{uuid}>>",
        "HEROKU_API_KEY={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "hetzner-token": (
        "HCLOUD_TOKEN=<<{a64}>>",
        "HCLOUD_TOKEN={a42}",
    ),
    "scaleway-access-key": (
        'key = "<<SCW{U17}>>"',
        'key = "SCW{U11}"',
    ),
    "scaleway-secret-key": (
        "SCW_SECRET_KEY=<<{uuid}>>",
        "SCW_SECRET_KEY={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "vultr-key": (
        "VULTR_API_KEY=<<{U36}>>",
        "VULTR_API_KEY={U24}",
    ),
    "ovh-secret": (
        "OVH_APPLICATION_SECRET=<<{a32}>>",
        "OVH_APPLICATION_SECRET={a21}",
    ),
    "exoscale-key": (
        'key = "<<EXO{h24}>>"',
        'key = "EXO{h16}"',
    ),
    "fly-token": (
        'key = "<<fm1_{b102}>>"',
        'key = "fm1_{b68}"',
    ),
    "fly-organization-token": (
        'key = "<<fo1_{u43}>>"',
        'key = "fo1_{u28}"',
    ),
    "render-key": (
        'key = "<<rnd_{a30}>>"',
        'key = "rnd_{a20}"',
    ),
    "railway-token": (
        "RAILWAY_TOKEN=<<{uuid}>>",
        "RAILWAY_TOKEN={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "vercel-token": (
        "VERCEL_TOKEN=<<{a24}>>",
        "VERCEL_TOKEN={a16}",
    ),
    "vercel-blob-token": (
        'key = "<<vercel_blob_rw_{a16}_{a30}>>"',
        'key = "vercel_blob_rw_{a16}_{a20}"',
    ),
    "netlify-token": (
        'key = "<<nfp_{a36}>>"',
        'key = "nfp_{a24}"',
    ),
    "netlify-auth-token": (
        "NETLIFY_AUTH_TOKEN=<<{u42}>>",
        "NETLIFY_AUTH_TOKEN={u28}",
    ),
    "cloudflare-token": (
        "CLOUDFLARE_API_TOKEN=<<{u40}>>",
        "CLOUDFLARE_API_TOKEN={u26}",
    ),
    "cloudflare-key": (
        "CLOUDFLARE_API_KEY=<<{h37}>>",
        "CLOUDFLARE_ZONE_ID={h32}",
    ),
    "cloudflare-origin-key": (
        'key = "<<v1.0-{h24}-{h146}>>"',
        'key = "v1.0-{h24}-{h97}"',
    ),
    "fastly-token": (
        "FASTLY_TOKEN=<<{u32}>>",
        "FASTLY_TOKEN={u21}",
    ),
    "ibm-cloud-key": (
        "IBMCLOUD_API_KEY=<<{u44}>>",
        "IBMCLOUD_API_KEY={u29}",
    ),
    "yandex-iam-token": (
        'key = "<<t1.{u22}.{u86}>>"',
        'key = "t1.{u22}.{u57}"',
    ),
    "yandex-api-key": (
        'key = "<<AQVN{u37}>>"',
        'key = "AQVN{u24}"',
    ),
    "yandex-oauth-token": (
        'key = "<<y0_{u57}>>"',
        "y0_position = x1_{a12}",
    ),
    "yandex-access-key": (
        'key = "<<YCAJE{u20}>>"',
        'key = "YCAJE{u13}"',
    ),
    "doppler-token": (
        'key = "<<dp.pt.{a42}>>"',
        'key = "dp.pt.{a28}"',
    ),
    "infisical-token": (
        'key = "<<st.{h24}.{h32}.{h32}>>"',
        'key = "st.{h24}.{h21}.{h32}"',
    ),
    "onepassword-service-token": (
        'key = "<<ops_eyJ{b202}>>"',
        'key = "ops_eyJ{b134}"',
    ),
    "onepassword-secret-key": (
        'key = "<<A3-{U6}-{U6}-{U5}-{U5}-{U5}-{U5}>>"',
        'key = "A3-{U5}-{U6}-{U5}-{U5}-{U5}-{U5}"',
    ),
    "vault-old-token": (
        "VAULT_TOKEN=<<s.{a24}>>",
        "VAULT_TOKEN=s.{a16}",
    ),
    "consul-token": (
        "CONSUL_HTTP_TOKEN=<<{uuid}>>",
        "CONSUL_HTTP_TOKEN={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "kubernetes-bootstrap-token": (
        "kubeadm join --token <<{l6}.{l16}>> host",
        "kubeadm join --token abcdef.0123456789abcdef host",
    ),
    "tailscale-key": (
        'key = "<<tskey-auth-{a10}-{a22}>>"',
        'key = "tskey-auth-{a10}-{a14}"',
    ),
    "ngrok-authtoken": (
        "NGROK_AUTH_TOKEN=<<{d1}{a26}_{a21}>>",
        "NGROK_AUTH_TOKEN={d1}{a17}_{a21}",
    ),
    "defined-networking-key": (
        'key = "<<dnkey-{U26}-{U52}>>"',
        'key = "dnkey-{U26}-{U34}"',
    ),
    "zerotier-token": (
        "ZEROTIER_TOKEN=<<{a32}>>",
        "ZEROTIER_TOKEN={a21}",
    ),
    "gitlab-runner-registration": (
        'key = "<<GR1348941{u20}>>"',
        'key = "GR1348941{u13}"',
    ),
    "atlassian-token": (
        'key = "<<ATATT3{u152}>>"',
        'key = "ATATT3{u101}"',
    ),
    "bitbucket-access-token": (
        'key = "<<ATCTT3{u152}>>"',
        'key = "ATCTT3{u101}"',
    ),
    "bitbucket-app-password": (
        'key = "<<ATBB{a24}{H8}>>"',
        'key = "ATBB{a16}{H8}"',
    ),
    "trello-token": (
        'key = "<<ATTA{h64}{H8}>>"',
        'key = "ATTA{h42}{H8}"',
    ),
    "sourcegraph-token": (
        'key = "<<sgp_{h40}>>"',
        'key = "sgp_{h26}"',
    ),
    "gitea-token": (
        "GITEA_TOKEN=<<{h40}>>",
        "GITEA_TOKEN={h26}",
    ),
    "npm-registry-token": (
        "//registry.npmjs.org/:_authToken=<<{u40}>>",
        "//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
    ),
    "npm-registry-pair": (
        "_auth=<<{pair}>>",
        "_auth = {a8}",
    ),
    "docker-registry-pair": (
        '{"auths": {"h": {"auth": "<<{pair}>>"}}}',
        '{"auth": "{a12}"}',
    ),
    "crates-token": (
        'key = "<<cio{a32}>>"',
        'key = "cio{a21}"',
    ),
    "nuget-key": (
        'key = "<<oy2{l43}>>"',
        'key = "oy2{l28}"',
    ),
    "clojars-token": (
        'key = "<<CLOJARS_{h60}>>"',
        'key = "CLOJARS_{h40}"',
    ),
    "packagist-token": (
        'key = "<<packagist_{z3}_{h68}>>"',
        'key = "packagist_{z3}_{h45}"',
    ),
    "hex-key": (
        "HEX_API_KEY=<<{h32}>>",
        "HEX_API_KEY={h21}",
    ),
    "cocoapods-token": (
        "COCOAPODS_TRUNK_TOKEN=<<{h32}>>",
        "COCOAPODS_TRUNK_TOKEN={h21}",
    ),
    "jfrog-key": (
        'key = "<<AKCp{a69}>>"',
        'key = "AKCp{a46}"',
    ),
    "jfrog-reference-token": (
        'key = "<<cmVmdGtu{a56}>>"',
        'key = "cmVmdGtu{a37}"',
    ),
    "cloudsmith-key": (
        "CLOUDSMITH_API_KEY=<<{h40}>>",
        "CLOUDSMITH_API_KEY={h26}",
    ),
    "buildkite-token": (
        'key = "<<bkua_{h40}>>"',
        'key = "bkua_{h26}"',
    ),
    "circleci-token": (
        'key = "<<CCIPAT_{a22}_{h40}>>"',
        'key = "CCIPAT_{a22}_{h26}"',
    ),
    "circleci-old-token": (
        "CIRCLE_TOKEN=<<{h40}>>",
        "CIRCLE_TOKEN={h26}",
    ),
    "travis-token": (
        "TRAVIS_TOKEN=<<{u22}>>",
        "TRAVIS_TOKEN={u14}",
    ),
    "drone-token": (
        "DRONE_TOKEN=<<{a32}>>",
        "DRONE_TOKEN={a21}",
    ),
    "codecov-token": (
        "CODECOV_TOKEN=<<{uuid}>>",
        "CODECOV_TOKEN={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "coveralls-token": (
        "COVERALLS_REPO_TOKEN=<<{a34}>>",
        "COVERALLS_REPO_TOKEN={a22}",
    ),
    "codeclimate-id": (
        "CC_TEST_REPORTER_ID=<<{h64}>>",
        "CC_TEST_REPORTER_ID={h42}",
    ),
    "codacy-token": (
        "CODACY_PROJECT_TOKEN=<<{a22}>>",
        "CODACY_PROJECT_TOKEN={a14}",
    ),
    "sonar-token": (
        'key = "<<sqa_{h40}>>"',
        'key = "sqa_{h26}"',
    ),
    "sonar-old-token": (
        "SONAR_TOKEN=<<{h40}>>",
        "SONAR_TOKEN={h26}",
    ),
    "snyk-token": (
        "SNYK_TOKEN=<<{uuid}>>",
        "SNYK_TOKEN={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "semgrep-token": (
        "SEMGREP_APP_TOKEN=<<{h64}>>",
        "SEMGREP_APP_TOKEN={h42}",
    ),
    "fossa-key": (
        "FOSSA_API_KEY=<<{h32}>>",
        "FOSSA_API_KEY={h21}",
    ),
    "jenkins-token": (
        "JENKINS_TOKEN=<<11{h32}>>",
        "JENKINS_TOKEN=11{h21}",
    ),
    "jetbrains-token": (
        'key = "<<perm:{a6}.{a6}.{a30}>>"',
        "perm:read.perm:write.all",
    ),
    "teamcity-token": (
        'key = "<<eyJ0eXAiOiAiVENWMiJ9.{u36}.{u48}>>"',
        'key = "eyJ0eXAiOiAiVENWMiJ9.{u36}.{u32}"',
    ),
    "octopus-key": (
        'key = "<<API-{U27}>>"',
        'key = "API-KEYSHOULDGOHEREPLEASEEE"',
    ),
    "harness-token": (
        'key = "<<pat.{u22}.{h24}.{a20}>>"',
        'key = "pat.{u22}.{h16}.{a20}"',
    ),
    "prefect-key": (
        'key = "<<pnb_{a36}>>"',
        'key = "pnb_{a24}"',
    ),
    "postman-collection-token": (
        'key = "<<PMAT-{U26}>>"',
        'key = "PMAT-{U17}"',
    ),
    "browserstack-key": (
        "BROWSERSTACK_KEY=<<{a20}>>",
        "BROWSERSTACK_KEY={a13}",
    ),
    "saucelabs-key": (
        "SAUCE_ACCESS_KEY=<<{uuid}>>",
        "SAUCE_ACCESS_KEY={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "lambdatest-key": (
        "LT_ACCESS_KEY=<<{a50}>>",
        "LT_ACCESS_KEY={a33}",
    ),
    "cypress-record-key": (
        "CYPRESS_RECORD_KEY=<<{uuid}>>",
        "CYPRESS_RECORD_KEY={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "percy-token": (
        'key = "<<web_{h64}>>"',
        'key = "web_{h42}"',
    ),
    "applitools-key": (
        "APPLITOOLS_API_KEY=<<{a42}>>",
        "APPLITOOLS_API_KEY={a28}",
    ),
    "expo-token": (
        "EXPO_TOKEN=<<{u40}>>",
        "EXPO_TOKEN={u26}",
    ),
    "wakatime-key": (
        'key = "<<waka_{uuid}>>"',
        'key = "waka_{h8}-{h4}-{h4}-{h4}-{h8}"',
    ),
    "weblate-token": (
        'key = "<<wlp_{a38}>>"',
        'key = "wlp_{a25}"',
    ),
    "lokalise-token": (
        "LOKALISE_TOKEN=<<{h40}>>",
        "LOKALISE_TOKEN={h26}",
    ),
    "crowdin-token": (
        "CROWDIN_TOKEN=<<{h64}>>",
        "CROWDIN_TOKEN={h42}",
    ),
    "transifex-token": (
        'key = "<<1/{h40}>>"',
        'key = "1/{h39}"',
    ),
    "contribsys-credentials": (
        "BUNDLE_GEMS__CONTRIBSYS__COM=<<{h8}:{h8}>>",
        "gems.contribsys.com: {h8}",
    ),
    "nx-cloud-token": (
        "NX_CLOUD_ACCESS_TOKEN=<<{b42}>>",
        "NX_CLOUD_ACCESS_TOKEN={b28}",
    ),
    "launchable-token": (
        "LAUNCHABLE_TOKEN=<<v1:org/work:{h40}>>",
        "LAUNCHABLE_TOKEN=v1:org/work:{h26}",
    ),
    "huggingface-organisation-token": (
        'key = "<<api_org_{L34}>>"',
        'key = "api_org_{L22}"',
    ),
    "perplexity-key": (
        'key = "<<pplx-{a48}>>"',
        'key = "pplx-{a32}"',
    ),
    "xai-key": (
        'key = "<<xai-{a80}>>"',
        'key = "xai-{a53}"',
    ),
    "nvidia-key": (
        'key = "<<nvapi-{u62}>>"',
        'key = "nvapi-{u41}"',
    ),
    "cerebras-key": (
        'key = "<<csk-{l48}>>"',
        'key = "csk-{l32}"',
    ),
    "fireworks-key": (
        'key = "<<fw_{a24}>>"',
        'key = "fw_{a16}"',
    ),
    "together-key": (
        'key = "<<tgp_v1_{u43}>>"',
        'key = "tgp_v1_{u28}"',
    ),
    "together-old-key": (
        "TOGETHER_API_KEY=<<{h64}>>",
        "TOGETHER_API_KEY={h42}",
    ),
    "cohere-key": (
        "COHERE_API_KEY=<<{a40}>>",
        "COHERE_API_KEY={a26}",
    ),
    "mistral-key": (
        "MISTRAL_API_KEY=<<{a32}>>",
        "MISTRAL_API_KEY={a21}",
    ),
    "deepgram-key": (
        "DEEPGRAM_API_KEY=<<{h40}>>",
        "DEEPGRAM_API_KEY={h26}",
    ),
    "assemblyai-key": (
        "ASSEMBLYAI_API_KEY=<<{h32}>>",
        "ASSEMBLYAI_API_KEY={h21}",
    ),
    "elevenlabs-key": (
        'key = "<<sk_{h48}>>"',
        'key = "sk_{h32}"',
    ),
    "elevenlabs-old-key": (
        "ELEVENLABS_API_KEY=<<{h32}>>",
        "ELEVENLABS_API_KEY={h21}",
    ),
    "langsmith-key": (
        'key = "<<lsv2_pt_{h32}_{h10}>>"',
        'key = "lsv2_pt_{h21}_{h10}"',
    ),
    "langfuse-key": (
        'key = "<<sk-lf-{uuid}>>"',
        'key = "sk-lf-{h8}-{h4}-{h4}-{h4}-{h8}"',
    ),
    "pinecone-key": (
        'key = "<<pcsk_{a6}_{a62}>>"',
        'key = "pcsk_{a6}_{a41}"',
    ),
    "wandb-key": (
        "WANDB_KEY=<<{h40}>>",
        "WANDB_KEY={h26}",
    ),
    "comet-key": (
        "COMET_API_KEY=<<{a25}>>",
        "COMET_API_KEY={a16}",
    ),
    "voyage-key": (
        'key = "<<pa-{u43}>>"',
        'key = "pa-{u28}"',
    ),
    "jina-key": (
        'key = "<<jina_{h32}{u28}>>"',
        'key = "jina_{h21}{u28}"',
    ),
    "tavily-key": (
        'key = "<<tvly-{a32}>>"',
        'key = "tvly-{a21}"',
    ),
    "firecrawl-key": (
        'key = "<<fc-{h32}>>"',
        'key = "fc-{h21}"',
    ),
    "apify-token": (
        'key = "<<apify_api_{a36}>>"',
        'key = "apify_api_{a24}"',
    ),
    "serpapi-key": (
        "SERP_API_KEY=<<{h64}>>",
        "SERP_API_KEY={h42}",
    ),
    "e2b-key": (
        'key = "<<e2b_{h40}>>"',
        'key = "e2b_{h26}"',
    ),
    "llamacloud-key": (
        'key = "<<llx-{a48}>>"',
        'key = "llx-{a32}"',
    ),
    "runpod-key": (
        'key = "<<rpa_{U40}{l6}>>"',
        'key = "rpa_{U26}{l6}"',
    ),
    "modal-token": (
        'key = "<<as-{a22}>>"',
        'key = "as-{a14}"',
    ),
    "kaggle-key": (
        "KAGGLE_KEY=<<{h32}>>",
        "KAGGLE_KEY={h21}",
    ),
    "kaggle-token": (
        'key = "<<KGAT_{h32}>>"',
        'key = "KGAT_{h21}"',
    ),
    "roboflow-key": (
        "ROBOFLOW_API_KEY=<<{a20}>>",
        "ROBOFLOW_API_KEY={a13}",
    ),
    "gemini-key": (
        "GEMINI_API_KEY=<<{u41}>>",
        "GEMINI_API_KEY={u27}",
    ),
    "stability-key": (
        "STABILITY_KEY=<<sk-{a48}>>",
        "STABILITY_KEY=sk-{a32}",
    ),
    "dify-key": (
        'key = "<<app-{a24}>>"',
        'key = "app-{a16}"',
    ),
    "brave-search-key": (
        "BRAVE_API_KEY=<<BSA{u28}>>",
        "BRAVE_API_KEY=BSA{u18}",
    ),
    "slack-rotated-token": (
        'key = "<<xoxe.xoxb-1-{a146}>>"',
        'key = "xoxe.xoxb-1-{a28}"',
    ),
    "slack-signing-secret": (
        "SLACK_SIGNING_SECRET=<<{h32}>>",
        "SLACK_SIGNING_SECRET={h21}",
    ),
    "discord-client-secret": (
        "DISCORD_SECRET=<<{u32}>>",
        "DISCORD_SECRET={u21}",
    ),
    "teams-webhook": (
        "https://a.webhook.office.com/webhookb2/<<{uuid}@{uuid}/IncomingWebhook/{h32}/{uuid}>>",
        "https://a.webhook.office.com/webhookb2/{uuid}@{uuid}/IncomingWebhook/",
    ),
    "google-chat-webhook": (
        "https://chat.googleapis.com/v1/spaces/AAAAbcdef/messages?token=<<{u43}>>",
        "https://chat.googleapis.com/v1/spaces/AAAAbcdef/messages?token=mine",
    ),
    "lark-webhook": (
        "open.feishu.cn/open-apis/bot/v2/hook/<<{uuid}>>",
        "open.feishu.cn/open-apis/bot/v2/hook/{h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "dingtalk-webhook": (
        "oapi.dingtalk.com/robot/send?access_token=<<{h64}>>",
        "oapi.dingtalk.com/robot/send?access_token={h42}",
    ),
    "dingtalk-secret": (
        'key = "<<SEC{h64}>>"',
        'key = "SEC{h42}"',
    ),
    "wecom-webhook": (
        "qyapi.weixin.qq.com/cgi-bin/webhook/send?key=<<{uuid}>>",
        "qyapi.weixin.qq.com/cgi-bin/webhook/send?key={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "wechat-secret": (
        "WECHAT_SECRET=<<{h32}>>",
        "WECHAT_SECRET={h21}",
    ),
    "line-channel-token": (
        "LINE_TOKEN=<<{b152}>>",
        "LINE_TOKEN={b101}",
    ),
    "line-channel-secret": (
        "LINE_SECRET=<<{h32}>>",
        "LINE_SECRET={h21}",
    ),
    "mattermost-token": (
        "MATTERMOST_TOKEN=<<{l26}>>",
        "MATTERMOST_TOKEN={l17}",
    ),
    "zapier-webhook": (
        "https://hooks.zapier.com/hooks/catch/<<{d6}/{a7}>>/",
        "https://hooks.zapier.com/hooks/catch/12345/abc/",
    ),
    "ifttt-key": (
        "https://maker.ifttt.com/trigger/door/with/key/<<{u22}>>",
        "https://maker.ifttt.com/trigger/door/with/key/{key}",
    ),
    "twilio-auth-token": (
        "TWILIO_TOKEN=<<{h32}>>",
        "TWILIO_TOKEN={h21}",
    ),
    "vonage-secret": (
        "VONAGE_SECRET=<<{a16}>>",
        "VONAGE_SECRET={a10}",
    ),
    "plivo-token": (
        "PLIVO_AUTH_TOKEN=<<{a40}>>",
        "PLIVO_AUTH_TOKEN={a26}",
    ),
    "messagebird-key": (
        "MESSAGEBIRD_KEY=<<{a25}>>",
        "MESSAGEBIRD_KEY={a16}",
    ),
    "telnyx-key": (
        'key = "<<KEY{H32}_{a22}>>"',
        'key = "KEY{H21}_{a22}"',
    ),
    "mailgun-private-key": (
        "MAILGUN_KEY=<<{h32}-{h8}-{h8}>>",
        "MAILGUN_KEY={h21}-{h8}-{h8}",
    ),
    "mandrill-key": (
        'key = "<<md-{u22}>>"',
        'key = "md-{u14}"',
    ),
    "brevo-key": (
        'key = "<<xkeysib-{h64}-{a16}>>"',
        'key = "xkeysib-{h42}-{a16}"',
    ),
    "postmark-token": (
        "POSTMARK_TOKEN=<<{uuid}>>",
        "POSTMARK_TOKEN={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "sparkpost-key": (
        "SPARKPOST_API_KEY=<<{h40}>>",
        "SPARKPOST_API_KEY={h26}",
    ),
    "resend-key": (
        'key = "<<re_{a8}_{a24}>>"',
        'key = "re_compiled_regularexpressionslong"',
    ),
    "mailjet-key": (
        "MJ_APIKEY_PRIVATE=<<{h32}>>",
        "MJ_APIKEY_PRIVATE={h21}",
    ),
    "mailersend-token": (
        'key = "<<mlsn.{h64}>>"',
        'key = "mlsn.{h42}"',
    ),
    "onesignal-key": (
        'key = "<<os_v2_app_{q103}>>"',
        'key = "os_v2_app_{q68}"',
    ),
    "onesignal-old-key": (
        "ONE_SIGNAL_API_KEY=<<{a48}>>",
        "ONE_SIGNAL_API_KEY={a32}",
    ),
    "pusher-secret": (
        "PUSHER_SECRET=<<{h20}>>",
        "PUSHER_SECRET={h13}",
    ),
    "ably-key": (
        'key = "<<{a6}.{a6}:{u43}>>"',
        "object.method:getTheVeryLongNameOfTheClassThatNobodyHasEver",
    ),
    "pubnub-secret-key": (
        'key = "<<sec-c-{a48}>>"',
        'key = "sec-c-{a32}"',
    ),
    "pubnub-key": (
        'key = "<<pub-c-{uuid}>>"',
        'key = "pub-c-{h8}-{h4}-{h4}-{h4}-{h8}"',
    ),
    "agora-certificate": (
        "AGORA_CERTIFICATE=<<{h32}>>",
        "AGORA_CERTIFICATE={h21}",
    ),
    "zoom-secret": (
        "ZOOM_SECRET=<<{a34}>>",
        "ZOOM_SECRET={a22}",
    ),
    "pushover-token": (
        "PUSHOVER_TOKEN=<<a{l29}>>",
        "PUSHOVER_TOKEN=a{l19}",
    ),
    "pushbullet-token": (
        'key = "<<o.{a32}>>"',
        'key = "o.{a21}"',
    ),
    "stripe-organisation-key": (
        'key = "<<sk_org_{a22}>>"',
        'key = "sk_org_{a14}"',
    ),
    "braintree-token": (
        'key = "<<access_token$sandbox${l16}${h32}>>"',
        'key = "access_token$sandbox$x$y"',
    ),
    "braintree-private-key": (
        "BRAINTREE_PRIVATE_KEY=<<{h32}>>",
        "BRAINTREE_PRIVATE_KEY={h21}",
    ),
    "paypal-secret": (
        "PAYPAL_SECRET=<<E{u79}>>",
        "PAYPAL_SECRET=E{u52}",
    ),
    "adyen-key": (
        "ADYEN_KEY=<<AQ{b62}>>",
        "ADYEN_KEY=AQ{b41}",
    ),
    "razorpay-key-id": (
        'key = "<<rzp_live_{a14}>>"',
        'key = "rzp_live_{a9}"',
    ),
    "razorpay-secret": (
        "RAZORPAY_SECRET=<<{a24}>>",
        "RAZORPAY_SECRET={a16}",
    ),
    "flutterwave-secret": (
        'key = "<<FLWSECK-{a34}-X>>"',
        'key = "FLWSECK-{a22}-X"',
    ),
    "mollie-key": (
        'key = "<<live_{a30}>>"',
        'key = "test_thatsomethinghappensintheenddd"',
    ),
    "gocardless-token": (
        'key = "<<sandbox_{u40}>>"',
        'key = "sandbox_{u26}"',
    ),
    "plaid-token": (
        'key = "<<access-sandbox-{uuid}>>"',
        'key = "access-sandbox-{h8}-{h4}-{h4}-{h4}-{h8}"',
    ),
    "plaid-secret": (
        "PLAID_SECRET=<<{h30}>>",
        "PLAID_SECRET={h20}",
    ),
    "lob-key": (
        'key = "<<live_{h35}>>"',
        'key = "live_{h23}"',
    ),
    "easypost-key": (
        'key = "<<EZAK{a54}>>"',
        'key = "EZAK{a36}"',
    ),
    "shippo-token": (
        'key = "<<shippo_live_{h40}>>"',
        'key = "shippo_live_{h26}"',
    ),
    "duffel-token": (
        'key = "<<duffel_live_{u43}>>"',
        'key = "duffel_live_{u28}"',
    ),
    "woocommerce-key": (
        'key = "<<ck_{h40}>>"',
        'key = "ck_{h26}"',
    ),
    "binance-secret": (
        "BINANCE_SECRET=<<{a64}>>",
        "BINANCE_SECRET={a42}",
    ),
    "kraken-secret": (
        "KRAKEN_SECRET=<<{b86}==>>",
        "KRAKEN_SECRET={b57}==",
    ),
    "etherscan-key": (
        "ETHERSCAN_KEY=<<{U34}>>",
        "ETHERSCAN_KEY={U22}",
    ),
    "infura-key": (
        "https://mainnet.infura.io/v3/<<{h32}>>",
        "https://mainnet.infura.io/v3/YOUR-PROJECT-ID",
    ),
    "alchemy-key": (
        "https://eth-mainnet.g.alchemy.com/v2/<<{u32}>>",
        "https://eth-mainnet.g.alchemy.com/v2/your-api-key",
    ),
    "alchemy-named-key": (
        "ALCHEMY_KEY=<<{u32}>>",
        "ALCHEMY_KEY={u21}",
    ),
    "quicknode-token": (
        "https://a-b.quiknode.pro/<<{h40}>>/",
        "https://a-b.quiknode.pro/{h12}/",
    ),
    "ethereum-private-key": (
        "PRIVATE_KEY=<<0x{h64}>>",
        "PRIVATE_KEY=0x{h42}",
    ),
    "bitcoin-private-key": (
        'key = "<<{wif}>>"',
        'key = "5{B50}" and "K{B51}"',
    ),
    "bitcoin-extended-key": (
        'key = "<<{xprv}>>"',
        'key = "xprv{B107}"',
    ),
    "tezos-secret-key": (
        'key = "<<{edsk}>>"',
        'key = "edsk{B50}"',
    ),
    "stellar-seed": (
        'key = "<<{seed}>>"',
        'key = "S{Q55}"',
    ),
    "nostr-secret-key": (
        'key = "<<nsec1{n58}>>"',
        'key = "nsec1{n38}"',
    ),
    "datadog-key": (
        "DD_API_KEY=<<{h32}>>",
        "DD_API_KEY={h21}",
    ),
    "datadog-application-key": (
        "DD_APP_KEY=<<{h40}>>",
        "DD_APP_KEY={h26}",
    ),
    "newrelic-licence-key": (
        'key = "<<{h36}NRAL>>"',
        'key = "{h24}NRAL"',
    ),
    "newrelic-insert-key": (
        'key = "<<NRII-{u32}>>"',
        'key = "NRII-{u21}"',
    ),
    "newrelic-query-key": (
        'key = "<<NRIQ-{u32}>>"',
        'key = "NRIQ-{u21}"',
    ),
    "newrelic-browser-key": (
        'key = "<<NRJS-{h19}>>"',
        'key = "NRJS-{h12}"',
    ),
    "grafana-cloud-token": (
        'key = "<<glc_eyJ{b34}>>"',
        'key = "glc_eyJ{b22}"',
    ),
    "grafana-old-key": (
        'key = "<<eyJrIjoi{b72}>>"',
        'key = "eyJrIjoi{b48}"',
    ),
    "sentry-organisation-token": (
        'key = "<<sntrys_eyJ{u82}>>"',
        'key = "sntrys_eyJ{u54}"',
    ),
    "sentry-user-token": (
        'key = "<<sntryu_{h64}>>"',
        'key = "sntryu_{h42}"',
    ),
    "sentry-old-token": (
        "SENTRY_AUTH_TOKEN=<<{h64}>>",
        "SENTRY_AUTH_TOKEN={h42}",
    ),
    "rollbar-token": (
        "ROLLBAR_TOKEN=<<{h32}>>",
        "ROLLBAR_TOKEN={h21}",
    ),
    "bugsnag-key": (
        "BUGSNAG_KEY=<<{h32}>>",
        "BUGSNAG_KEY={h21}",
    ),
    "honeybadger-key": (
        'key = "<<hbp_{a36}>>"',
        'key = "hbp_{a24}"',
    ),
    "honeybadger-project-key": (
        "HONEYBADGER_API_KEY=<<hbp_{a36}>>",
        "HONEYBADGER_API_KEY=hbp_{a12}",
    ),
    "honeycomb-key": (
        'key = "<<hcaik_{l58}>>"',
        'key = "hcaik_{l38}"',
    ),
    "honeycomb-old-key": (
        "HONEYCOMB_KEY=<<{a22}>>",
        "HONEYCOMB_KEY={a14}",
    ),
    "dynatrace-token": (
        'key = "<<dt0c01.{U24}.{U64}>>"',
        'key = "dt0c01.{U24}.{U42}"',
    ),
    "pagerduty-key": (
        "PAGERDUTY_KEY=<<{u20}>>",
        "PAGERDUTY_KEY={u13}",
    ),
    "pagerduty-routing-key": (
        "PAGERDUTY_ROUTING_KEY=<<{h32}>>",
        'routing_key = "events.created.v1"',
    ),
    "opsgenie-key": (
        "OPSGENIE_KEY=<<{uuid}>>",
        "OPSGENIE_KEY={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "uptimerobot-key": (
        'key = "<<m{d7}-{h24}>>"',
        'key = "m{d7}-{h16}"',
    ),
    "splunk-token": (
        '"Authorization: Splunk <<{uuid}>>"',
        '"Authorization: Splunk token"',
    ),
    "sumologic-key": (
        "SUMO_ACCESS_KEY=<<{a64}>>",
        "SUMO_ACCESS_KEY={a42}",
    ),
    "loggly-token": (
        "LOGGLY_TOKEN=<<{uuid}>>",
        "LOGGLY_TOKEN={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "logdna-key": (
        "LOGDNA_KEY=<<{h32}>>",
        "LOGDNA_KEY={h21}",
    ),
    "axiom-token": (
        'key = "<<xaat-{uuid}>>"',
        'key = "xaat-{h8}-{h4}-{h4}-{h4}-{h8}"',
    ),
    "checkly-key": (
        'key = "<<cu_{h32}>>"',
        'key = "cu_{h21}"',
    ),
    "appsignal-key": (
        "APPSIGNAL_KEY=<<{uuid}>>",
        "APPSIGNAL_KEY={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "raygun-key": (
        "RAYGUN_KEY=<<{a24}>>",
        "RAYGUN_KEY={a16}",
    ),
    "elastic-apm-token": (
        "ELASTIC_APM_SECRET_TOKEN=<<{a20}>>",
        "ELASTIC_APM_SECRET_TOKEN={a13}",
    ),
    "launchdarkly-key": (
        'key = "<<sdk-{uuid}>>"',
        'key = "sdk-{h8}-{h4}-{h4}-{h4}-{h8}"',
    ),
    "configcat-key": (
        'key = "<<configcat-sdk-1/{u22}/{u22}>>"',
        'key = "configcat-sdk-1/{u14}/{u22}"',
    ),
    "flagsmith-key": (
        'key = "<<ser.{a22}>>"',
        'key = "ser.{a14}"',
    ),
    "unleash-token": (
        '"*:development.<<{h56}>>"',
        '"default:development.{h37}"',
    ),
    "posthog-key": (
        'key = "<<phc_{a42}>>"',
        'key = "phc_{a28}"',
    ),
    "segment-write-key": (
        "SEGMENT_KEY=<<{a32}>>",
        "SEGMENT_KEY={a21}",
    ),
    "segment-public-api-token": (
        'key = "<<sgp_{a62}>>"',
        'key = "sgp_{a41}"',
    ),
    "amplitude-key": (
        "AMPLITUDE_KEY=<<{h32}>>",
        "AMPLITUDE_KEY={h21}",
    ),
    "mixpanel-secret": (
        "MIXPANEL_SECRET=<<{h32}>>",
        "MIXPANEL_SECRET={h21}",
    ),
    "statsig-key": (
        'key = "<<secret-{a43}>>"',
        'key = "secret-managerwithaverylongnamethatgoesonandon"',
    ),
    "logzio-token": (
        "LOGZ_IO_TOKEN=<<{L32}>>",
        "LOGZ_IO_TOKEN={L21}",
    ),
    "planetscale-token": (
        'key = "<<pscale_tkn_{u34}>>"',
        'key = "pscale_tkn_{u22}"',
    ),
    "neon-key": (
        'key = "<<napi_{l64}>>"',
        'key = "napi_{l42}"',
    ),
    "aiven-password": (
        'key = "<<AVNS_{u19}>>"',
        'key = "AVNS_{u12}"',
    ),
    "supabase-token": (
        'key = "<<sbp_{h40}>>"',
        'key = "sbp_{h26}"',
    ),
    "supabase-secret-key": (
        'key = "<<sb_secret_{u22}_{u8}>>"',
        'key = "sb_secret_{u14}_{u8}"',
    ),
    "mongodb-atlas-key": (
        "ATLAS_PRIVATE_KEY=<<{uuid}>>",
        "ATLAS_PRIVATE_KEY={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "confluent-secret": (
        "CONFLUENT_SECRET=<<{b64}>>",
        "CONFLUENT_SECRET={b42}",
    ),
    "elastic-cloud-key": (
        'key = "<<essu_{b42}>>"',
        'key = "essu_{b28}"',
    ),
    "elastic-key": (
        "ELASTIC_API_KEY=<<{u52}>>",
        "ELASTIC_API_KEY={u34}",
    ),
    "algolia-key": (
        "ALGOLIA_KEY=<<{h32}>>",
        "ALGOLIA_KEY={h21}",
    ),
    "meilisearch-key": (
        "MEILI_KEY=<<{u18}>>",
        "MEILI_KEY={u12}",
    ),
    "typesense-key": (
        "TYPESENSE_KEY=<<{a34}>>",
        "TYPESENSE_KEY={a22}",
    ),
    "contentful-token": (
        'key = "<<CFPAT-{u43}>>"',
        'key = "CFPAT-{u28}"',
    ),
    "contentful-delivery-token": (
        "CONTENTFUL_TOKEN=<<{u43}>>",
        "CONTENTFUL_TOKEN={u28}",
    ),
    "sanity-token": (
        "SANITY_TOKEN=<<sk{a80}>>",
        "SANITY_TOKEN=sk{a53}",
    ),
    "fauna-key": (
        "FAUNA_KEY=<<fn{u40}>>",
        "FAUNA_KEY=fn{u26}",
    ),
    "upstash-token": (
        "UPSTASH_REDIS_REST_TOKEN=<<{u52}>>",
        "UPSTASH_REDIS_REST_TOKEN={u34}",
    ),
    "tinybird-token": (
        'key = "<<p.eyJ{u22}.{u43}>>"',
        'key = "p.eyJ{u22}.{u28}"',
    ),
    "airtable-old-key": (
        "AIRTABLE_KEY=<<key{a14}>>",
        "AIRTABLE_KEY=key{a9}",
    ),
    "influxdb-token": (
        "INFLUX_TOKEN=<<{u86}==>>",
        "INFLUX_TOKEN={u57}==",
    ),
    "cloudinary-secret": (
        "cloudinary://{d15}:<<{u27}>>@demo",
        "cloudinary://{d15}:<your_api_secret>@demo",
    ),
    "cloudinary-named-secret": (
        "CLOUDINARY_SECRET=<<{u27}>>",
        "CLOUDINARY_SECRET={u18}",
    ),
    "imagekit-private-key": (
        'key = "<<private_{b28}=>>"',
        'key = "private_{b18}="',
    ),
    "mux-secret": (
        "MUX_SECRET=<<{b75}>>",
        "MUX_SECRET={b50}",
    ),
    "uploadcare-secret": (
        "UPLOADCARE_KEY=<<{h20}>>",
        "UPLOADCARE_KEY={h13}",
    ),
    "backblaze-key": (
        "B2_KEY=<<K{d3}{b27}>>",
        "B2_KEY=K{d3}{b18}",
    ),
    "cassandra-astra-token": (
        "ASTRA_TOKEN=<<AstraCS:{L24}:{h64}>>",
        "ASTRA_TOKEN=AstraCS:{L24}:{h42}",
    ),
    "snowflake-token": (
        "SNOWFLAKE_PAT=<<eyJ{u62}>>",
        "SNOWFLAKE_PAT=eyJ{u41}",
    ),
    "mapbox-secret-token": (
        'key = "<<sk.eyJ{u42}.{u22}>>"',
        'key = "sk.eyJ{u28}.{u22}"',
    ),
    "here-key": (
        "HERE_KEY=<<{u43}>>",
        "HERE_KEY={u28}",
    ),
    "tomtom-key": (
        "TOMTOM_KEY=<<{a32}>>",
        "TOMTOM_KEY={a21}",
    ),
    "openweather-key": (
        "OPENWEATHER_KEY=<<{h32}>>",
        "OPENWEATHER_KEY={h21}",
    ),
    "giphy-key": (
        "GIPHY_KEY=<<{a32}>>",
        "GIPHY_KEY={a21}",
    ),
    "tmdb-key": (
        "TMDB_KEY=<<{h32}>>",
        "TMDB_KEY={h21}",
    ),
    "news-api-key": (
        "NEWS_API_KEY=<<{h32}>>",
        "NEWS_API_KEY={h21}",
    ),
    "yelp-key": (
        "YELP_KEY=<<{u128}>>",
        "YELP_KEY={u85}",
    ),
    "shodan-key": (
        "SHODAN_KEY=<<{a32}>>",
        "SHODAN_KEY={a21}",
    ),
    "virustotal-key": (
        "VIRUSTOTAL_KEY=<<{h64}>>",
        "VIRUSTOTAL_KEY={h42}",
    ),
    "abuseipdb-key": (
        "ABUSEIPDB_KEY=<<{h80}>>",
        "ABUSEIPDB_KEY={h53}",
    ),
    "securitytrails-key": (
        "SECURITYTRAILS_KEY=<<{a32}>>",
        "SECURITYTRAILS_KEY={a21}",
    ),
    "hibp-key": (
        "HIBP_KEY=<<{h32}>>",
        "HIBP_KEY={h21}",
    ),
    "recaptcha-secret": (
        "RECAPTCHA_SECRET=<<6L{u38}>>",
        "RECAPTCHA_SITE_KEY=6L{u38}",
    ),
    "hcaptcha-secret": (
        "HCAPTCHA_SECRET=<<ES_{h32}>>",
        "HCAPTCHA_SECRET=ES_{h21}",
    ),
    "turnstile-secret": (
        "TURNSTILE_SECRET=<<0x4{u32}>>",
        "TURNSTILE_SECRET=0x4{u21}",
    ),
    "typeform-token": (
        'key = "<<tfp_{u42}>>"',
        'key = "tfp_{u28}"',
    ),
    "rapidapi-key": (
        'key = "<<{l10}msh{l15}p1{l5}jsn{l12}>>"',
        'key = "{l10}msh{l15}p2{l5}jsn{l12}"',
    ),
    "maxmind-licence-key": (
        'key = "<<{a6}_{a29}_mmk>>"',
        'key = "{a6}_{a19}_mmk"',
    ),
    "deepl-key": (
        'key = "<<{uuid}:fx>>"',
        'key = "{uuid}:en"',
    ),
    "deepl-named-key": (
        "DEEPL_KEY=<<{uuid}>>",
        "DEEPL_KEY={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "adafruit-io-key": (
        'key = "<<aio_{a28}>>"',
        'key = "aio_{a18}"',
    ),
    "alphavantage-key": (
        "ALPHA_VANTAGE_KEY=<<{U16}>>",
        "ALPHA_VANTAGE_KEY={U10}",
    ),
    "polygon-key": (
        "POLYGON_API_KEY=<<{a32}>>",
        "POLYGON_API_KEY={a21}",
    ),
    "zenodo-token": (
        "ZENODO_TOKEN=<<{a60}>>",
        "ZENODO_TOKEN={a40}",
    ),
    "nasa-key": (
        "NASA_API_KEY=<<{a40}>>",
        "NASA_API_KEY={a26}",
    ),
    "scraperapi-key": (
        "SCRAPER_API_KEY=<<{h32}>>",
        "SCRAPER_API_KEY={h21}",
    ),
    "django-secret-key": (
        "SECRET_KEY = '<<django-insecure-{u50}>>'",
        "SECRET_KEY = 'django-insecure-only-for-tests'",
    ),
    "laravel-key": (
        "APP_KEY=<<base64:{b43}=>>",
        "APP_KEY=base64:{b28}=",
    ),
    "rails-master-key": (
        "RAILS_MASTER_KEY=<<{h32}>>",
        "RAILS_MASTER_KEY={h21}",
    ),
    "rails-secret-key-base": (
        "SECRET_KEY_BASE=<<{h66}>>",
        "SECRET_KEY_BASE={h44}",
    ),
    "symfony-secret": (
        "APP_SECRET=<<{h32}>>",
        "APP_SECRET=ThisTokenIsNotSoSecretChangeIt",
    ),
    "wordpress-salt": (
        "define('AUTH_KEY',         '<<{u64}>>');",
        "define('AUTH_KEY',         'put your unique phrase here');",
    ),
    "nextauth-secret": (
        "AUTH_SECRET=<<{b43}=>>",
        "AUTH_SECRET={b28}=",
    ),
    "strapi-secret": (
        "API_TOKEN_SALT=<<{b22}==>>",
        "API_TOKEN_SALT={b14}==",
    ),
    "facebook-token": (
        'key = "<<EAA{a92}>>"',
        'key = "EAA{a61}"',
    ),
    "facebook-app-token": (
        'key = "<<{d15}|{u27}>>"',
        'key = "{d15}|{u18}"',
    ),
    "facebook-secret": (
        "FACEBOOK_SECRET=<<{h32}>>",
        "FACEBOOK_SECRET={h21}",
    ),
    "instagram-token": (
        'key = "<<IGQV{u92}>>"',
        'key = "IGQV{u61}"',
    ),
    "x-bearer-token": (
        'key = "<<AAAAAAAAAAAAAAAAAAAAA{a62}>>"',
        'key = "{A90}"',
    ),
    "x-secret": (
        "TWITTER_SECRET=<<{a50}>>",
        "TWITTER_SECRET={a33}",
    ),
    "x-access-token": (
        "TWITTER_TOKEN=<<{d9}-{a32}>>",
        "TWITTER_TOKEN={d9}-{a21}",
    ),
    "x-access-token-secret": (
        "TWITTER_TOKEN_SECRET=<<{a45}>>",
        "TWITTER_TOKEN_SECRET={a30}",
    ),
    "linkedin-secret": (
        "LINKEDIN_SECRET=<<{a16}>>",
        "LINKEDIN_SECRET={a10}",
    ),
    "twitch-secret": (
        "TWITCH_SECRET=<<{l30}>>",
        "TWITCH_SECRET={l20}",
    ),
    "twitch-chat-token": (
        '"oauth:<<{l30}>>"',
        '"oauth:{l20}"',
    ),
    "spotify-secret": (
        "SPOTIFY_SECRET=<<{h32}>>",
        "SPOTIFY_SECRET={h21}",
    ),
    "reddit-secret": (
        "REDDIT_SECRET=<<{u29}>>",
        "REDDIT_SECRET={u19}",
    ),
    "patreon-token": (
        "PATREON_TOKEN=<<{u45}>>",
        "PATREON_TOKEN={u30}",
    ),
    "dropbox-token": (
        'key = "<<sl.{u132}>>"',
        'key = "sl.{u88}"',
    ),
    "dropbox-secret": (
        "DROPBOX_SECRET=<<{l15}>>",
        "DROPBOX_SECRET={l10}",
    ),
    "box-secret": (
        "BOX_SECRET=<<{a32}>>",
        "BOX_SECRET={a21}",
    ),
    "notion-token": (
        'key = "<<ntn_{d11}{a35}>>"',
        'key = "ntn_{d11}{a23}"',
    ),
    "asana-token": (
        'key = "<<0/{d15}:{h32}>>"',
        'key = "0/{d15}:{h21}"',
    ),
    "clickup-token": (
        'key = "<<pk_{d7}_{U32}>>"',
        'key = "pk_{d7}_{U21}"',
    ),
    "frameio-token": (
        'key = "<<fio-u-{u64}>>"',
        'key = "fio-u-{u42}"',
    ),
    "zendesk-token": (
        "ZENDESK_TOKEN=<<{a40}>>",
        "ZENDESK_TOKEN={a26}",
    ),
    "intercom-token": (
        'key = "<<dG9rO{b52}>>"',
        'key = "dG9rO{b34}"',
    ),
    "hubspot-token": (
        'key = "<<pat-na1-{uuid}>>"',
        'key = "pat-na1-{h8}"',
    ),
    "hubspot-key": (
        "HUBSPOT_API_KEY=<<{uuid}>>",
        "HUBSPOT_API_KEY={h8}-{h4}-{h4}-{h4}-{h8}",
    ),
    "salesforce-session": (
        'key = "<<00D{a14}!{a62}>>"',
        'key = "00D{a14}!{a41}"',
    ),
    "pipedrive-token": (
        "PIPEDRIVE_TOKEN=<<{h40}>>",
        "PIPEDRIVE_TOKEN={h26}",
    ),
    "klaviyo-key": (
        'key = "<<pk_{h34}>>"',
        'key = "pk_{h22}"',
    ),
    "okta-token": (
        "OKTA_TOKEN=<<00{u40}>>",
        "OKTA_TOKEN=00{u26}",
    ),
    "okta-header": (
        "Authorization: SSWS <<00{u40}>>",
        "Authorization: SSWS ${API_TOKEN}",
    ),
    "auth0-secret": (
        "AUTH0_SECRET=<<{u64}>>",
        "AUTH0_SECRET={u42}",
    ),
    "stytch-secret": (
        'key = "<<secret-live-{u36}=>>"',
        'key = "secret-live-{u24}="',
    ),
    "duo-key": (
        "DUO_SECRET_KEY=<<{a40}>>",
        "DUO_SECRET_KEY={a26}",
    ),
    "eventbrite-token": (
        "EVENTBRITE_TOKEN=<<{U20}>>",
        "EVENTBRITE_TOKEN={U13}",
    ),
    "adobe-client-secret": (
        'key = "<<p8e-{u32}>>"',
        'key = "p8e-{u21}"',
    ),
    "strava-secret": (
        "STRAVA_SECRET=<<{h40}>>",
        "STRAVA_SECRET={h26}",
    ),
    "fitbit-secret": (
        "FITBIT_SECRET=<<{h32}>>",
        "FITBIT_SECRET={h21}",
    ),
    "flickr-secret": (
        "FLICKR_KEY=<<{h32}>>",
        "FLICKR_KEY={h21}",
    ),
    "unsplash-key": (
        "UNSPLASH_KEY=<<{u43}>>",
        "UNSPLASH_KEY={u28}",
    ),
    "lastfm-key": (
        "LAST_FM_KEY=<<{h32}>>",
        "LAST_FM_KEY={h21}",
    ),
    "youtube-client-secret": (
        "GOOGLE_CLIENT_SECRET=<<{u24}>>",
        "GOOGLE_CLIENT_SECRET={u16}",
    ),
    "openvpn-static-key": (
        "<<{openvpn}>>\n",
        "{dash}BEGIN OpenVPN Static key V1{dash}\n...\n",
    ),
    "putty-private-key": (
        "<<{putty}>>\n",
        "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\n",
    ),
    "wireguard-key": (
        "PrivateKey = <<{wire}>>",
        "PublicKey = {wire}",
    ),
    "jwk-private-part": (
        '{"kty":"EC","crv":"P-256","d":"<<{u43}>>"}',
        '{"d": "{u43}", "m": 1}',
    ),
    "dotnet-private-part": (
        "<RSAKeyValue><D><<{b172}>></D></RSAKeyValue>",
        "<D>{a20}</D>",
    ),
}
