//! Keys that their providers mark, each by its documented prefix.

use super::{Form, entropy};

const fn form(rule: &'static str, anchors: &'static [&'static str], pattern: &'static str) -> Form {
    Form { rule, anchors, pattern, begins_word: true, check: is_random, fails_for: |_| 0 }
}

/// Documentation writes `sk-xxxxxxxx`; a real key is not one letter many times.
fn is_random(secret: &str) -> bool {
    entropy(secret) > 2.5
}

/// A token's first part ends with a dot. One that fails would fail from any later place of that part too, unless the
/// part goes on behind the stretch that was looked at; then only its first half is given up.
fn without_dot(rest: &str) -> usize {
    let part = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')).count();
    if part < rest.len() { part } else { part / 2 }
}

pub(super) const FORMS: &[Form] = &[
    form("anthropic_key", &["sk-ant-"], r"^sk-ant-[A-Za-z0-9_-]{20,}"),
    form("openai_key", &["sk-"], r"^sk-(?:proj-|svcacct-|admin-|or-v1-)?[A-Za-z0-9_-]{20,}"),
    form("aws_access_key", &["akia", "asia", "abia", "acca"], r"^(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    form("github_token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"^gh[pousr]_[A-Za-z0-9]{36,255}"),
    form("github_token", &["github_pat_"], r"^github_pat_[A-Za-z0-9_]{22,255}"),
    form(
        "gitlab_token",
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "gloas-", "glsoat-", "glagent-", "glimt-"],
        r"^gl(?:pat|dt|rt|cbt|ptt|ft|oas|soat|agent|imt)-[A-Za-z0-9_.-]{18,}",
    ),
    form(
        "slack_token",
        &["xox", "xapp-"],
        r"^(?:xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{20,})",
    ),
    form(
        "slack_webhook",
        &["hooks.slack.com/"],
        r"^hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{30,}",
    ),
    form(
        "discord_webhook",
        &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        r"^discord(?:app)?\.com/api/webhooks/\d{15,}/[A-Za-z0-9_-]{40,}",
    ),
    form(
        "google_key",
        &["aiza", "ya29.", "gocspx-"],
        r"^(?:AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[A-Za-z0-9_-]{28})",
    ),
    form(
        "stripe_key",
        &["sk_live_", "rk_live_", "sk_test_", "rk_test_", "sk_prod_", "rk_prod_", "whsec_"],
        r"^(?:[sr]k_(?:live|test|prod)_[0-9a-zA-Z]{10,99}|whsec_[A-Za-z0-9+/=]{24,})",
    ),
    form("sendgrid_key", &["sg."], r"^SG\.[A-Za-z0-9_=-]{16,32}\.[A-Za-z0-9_=-]{32,64}"),
    form("twilio_key", &["sk"], r"^SK[0-9a-f]{32}\b"),
    form("mailgun_key", &["key-", "pubkey-"], r"^(?:pub)?key-[0-9a-f]{32}\b"),
    form("npm_token", &["npm_"], r"^npm_[A-Za-z0-9]{36}"),
    form("pypi_token", &["pypi-"], r"^pypi-Ag[A-Za-z0-9_-]{50,}"),
    form("hugging_face_token", &["hf_", "api_org_"], r"^(?:hf_|api_org_)[A-Za-z0-9]{34}"),
    form("digitalocean_token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"^do[opr]_v1_[0-9a-f]{64}"),
    form("shopify_token", &["shpat_", "shpca_", "shppa_", "shpss_"], r"^shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    form("databricks_token", &["dapi"], r"^dapi[0-9a-f]{32}(?:-\d)?"),
    form("linear_key", &["lin_api_", "lin_oauth_"], r"^lin_(?:api|oauth)_[A-Za-z0-9]{32,64}"),
    form("notion_token", &["secret_", "ntn_"], r"^(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,})"),
    form("docker_token", &["dckr_"], r"^dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"),
    form("vault_token", &["hvs.", "hvb.", "hvr."], r"^hv[sbr]\.[A-Za-z0-9_-]{20,}"),
    form("doppler_token", &["dp."], r"^dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{30,}"),
    form("planetscale_token", &["pscale_"], r"^pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_=.-]{32,}"),
    form(
        "grafana_token",
        &["glsa_", "glc_", "eyjr"],
        r"^(?:glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|glc_[A-Za-z0-9+/=]{32,}|eyJrIjoi[A-Za-z0-9+/=]{50,})",
    ),
    form("age_key", &["age-secret-key-1"], r"^AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    form(
        "new_relic_key",
        &["nrak-", "nrjs-", "nriq-", "nrra-", "nral-", "nrii-"],
        r"^NR(?:AK|JS|IQ|RA|AL|II)-[A-Za-z0-9_-]{19,40}",
    ),
    form("postman_key", &["pmak-"], r"^PMAK-[A-Fa-f0-9]{24}-[A-Fa-f0-9]{34}"),
    form("sentry_token", &["sntrys_", "sntryu_"], r"^sntry[su]_[A-Za-z0-9+/=_]{40,}"),
    form(
        "atlassian_token",
        &["atatt3", "atbb", "atctt3"],
        r"^(?:AT(?:ATT|CTT)3[A-Za-z0-9_=-]{50,}|ATBB[A-Za-z0-9]{32})",
    ),
    form(
        "model_provider_key",
        &["gsk_", "pplx-", "r8_", "xai-", "nvapi-", "fw_", "tgp_v1_"],
        r"^(?:gsk_[A-Za-z0-9]{40,}|pplx-[A-Za-z0-9]{40,}|r8_[A-Za-z0-9]{37}|xai-[A-Za-z0-9]{60,}|nvapi-[A-Za-z0-9_-]{60,}|fw_[A-Za-z0-9]{22,24}|tgp_v1_[A-Za-z0-9_-]{40,})",
    ),
    form(
        "fly_token",
        &["fo1_", "fm1a_", "fm1r_", "fm2_"],
        r"^(?:fo1_[A-Za-z0-9_-]{43}|fm(?:1[ar]|2)_[A-Za-z0-9+/=,_]{60,})",
    ),
    form("figma_token", &["figd_", "figo_"], r"^fig[do]_[A-Za-z0-9_-]{30,}"),
    form("heroku_key", &["hrku-"], r"^HRKU-[A-Za-z0-9_-]{36,60}"),
    form(
        "square_token",
        &["sq0atp-", "sq0csp-", "eaaa"],
        r"^(?:sq0(?:atp|csp)-[A-Za-z0-9_-]{22,60}|EAAA[A-Za-z0-9_-]{58,62})",
    ),
    form("telegram_token", &[":aa"], r"^:AA[A-Za-z0-9_-]{33}\b"),
    form(
        "azure_key",
        &["accountkey=", "sharedaccesskey=", "sig="],
        r"^(?i:AccountKey|SharedAccessKey|sig)=([A-Za-z0-9+/%]{40,}={0,2})",
    ),
    form("rubygems_key", &["rubygems_"], r"^rubygems_[0-9a-f]{48}"),
    form("pulumi_token", &["pul-"], r"^pul-[0-9a-f]{40}"),
    form("terraform_token", &[".atlasv1."], r"^\.atlasv1\.[A-Za-z0-9_=-]{60,70}"),
    form("dynatrace_token", &["dt0"], r"^dt0[a-zA-Z]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    form("amazon_token", &["amzn.mws.", "amzn1.oa2-cs."], r"^amzn(?:\.mws\.[0-9a-f-]{36}|1\.oa2-cs\.v1\.[0-9a-f]{64})"),
    form("facebook_token", &["eaa"], r"^EAA[A-Za-z0-9]{80,}"),
    form("airtable_token", &["pat"], r"^pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    form("alibaba_key", &["ltai"], r"^LTAI[A-Za-z0-9]{17,21}\b"),
    form("twitch_key", &["live_"], r"^live_\d{8,12}_[A-Za-z0-9]{30,}"),
    form("gitlab_token", &["gr1348941"], r"^GR1348941[A-Za-z0-9_-]{20}"),
    form("dependency_track_key", &["odt_"], r"^odt_[A-Za-z0-9]{32,40}"),
    Form {
        rule: "json_web_token",
        anchors: &["eyj"],
        pattern: r"^eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,3}",
        begins_word: true,
        check: is_random,
        fails_for: without_dot,
    },
    Form {
        rule: "private_key",
        anchors: &["-----begin"],
        pattern: r"^-----BEGIN[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s\\:,.()'\x22-]*?(?:-----END[ A-Z0-9_-]{0,60}-----|\z)",
        begins_word: false,
        check: |secret| secret.len() > 60,
        fails_for: |_| 0,
    },
];
