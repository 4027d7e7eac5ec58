//! Names of resources: they open nothing by themselves, but tell a stranger where a company's things lie.

use super::Provider;

pub(super) const PROVIDERS: &[Provider] = &[
    ("amazon_resource_name", "Amazon resource name of an account", &["arn:aws:<v2-20>:<b0-20>:<d0-12>:<x3-200>"]),
    (
        "storage_bucket",
        "Name of a bucket",
        &[
            "<t3-63>.s3.amazonaws.com",
            "<t3-63>.s3-<v2>-<v3-12>-<d1>.amazonaws.com",
            "s3.amazonaws.com/<t3-63>",
            "storage.googleapis.com/<t3-63>/<t1-80>",
            "<t3-63>.storage.googleapis.com",
        ],
    ),
    (
        "cloud_host",
        "Host name of an account at a provider",
        &[
            "<b3-63>.openai.azure.com",
            "<b3-63>.search.windows.net",
            "<b3-24>.blob.core.windows.net",
            "<b3-24>.file.core.windows.net",
            "<b3-24>.queue.core.windows.net",
            "<b3-24>.table.core.windows.net",
            "<b3-63>.vault.azure.net",
            "<b3-63>.azurecr.io",
            "<b3-63>.database.windows.net",
            "<b1-63>.jfrog.io",
            "<b3-63>.atlassian.net",
            "<b3-63>.myshopify.com",
            "<b3-63>.my.salesforce.com",
            "<b3-63>.okta.com",
            "<b3-63>.snowflakecomputing.com",
            "<b3-63>.cloud.databricks.com",
            "<b3-63>.service-now.com",
            "<b3-63>.azure-api.net",
            "<b3-63>.redis.cache.windows.net",
        ],
    ),
    ("oauth_client", "Client of an OAuth application", &["<d6-14>-<v32>.apps.googleusercontent.com"]),
    ("thingsboard_device", "Address with a device's token", &["thingsboard.cloud/api/v1/<v20>"]),
];
