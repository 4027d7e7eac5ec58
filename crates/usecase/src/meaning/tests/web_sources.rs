//! What is said about feeds from the web, from repositories, and about those that are pushed.

use super::use_case;

/// Each is a feed of one source, with what must be said of it; nothing means that it is right.
fn check(kind: &str, cases: &[(&str, &[&str])]) {
    for (body, expected) in cases {
        let said = use_case(&format!("[feeds.a.{kind}]\n{body}\n"));
        match expected {
            [] => assert_eq!(said, "nothing wrong", "{body}"),
            all => all.iter().for_each(|text| assert!(said.contains(text), "{body}\n{said}")),
        }
        assert!(!said.contains("s3cret"), "{said}");
    }
}

#[test]
fn pages() {
    check(
        "http",
        &[
            ("urls = [\"https://docs.example.com/\"]", &[]),
            (
                "sitemaps = [\"https://docs.example.com/sitemap.xml\"]\nwithin = [\"https://docs.example.com/guide\"]",
                &[],
            ),
            ("depth = 2", &["there is no page to begin with", "expected: `urls`, `sitemaps` or both"]),
            ("urls = [\"docs.example.com\"]", &["F:5:9: this is no web address", "expected: an address like"]),
            ("urls = [\"https://me:s3cret@docs.example.com/\"]", &["a secret does not belong into an address"]),
            (
                "urls = [\"https://a.example/?page=1&Access_Token=s3cret\"]",
                &["F:5:9: the parameter `Access_Token` puts a secret into an address", "by reference under `headers`"],
            ),
            ("urls = [\"https://a.example/?keyword=a&author=b#token=c\"]", &[]),
            ("urls = [\"https://a.example/\"]\nallow_private = [\"http://intranet.example\"]", &["this is no host"]),
            ("urls = [\"https://a.example/\"]\nallow_private = [\"intranet.example:80\"]", &["this is no host"]),
            ("urls = [\"https://a.example/\"]\nallow_private = [\"fd00::1\", \"10.0.0.1\", \"intranet\"]", &[]),
            (
                "urls = [\"https://a.example/\"]\nheaders = { Authorization = { secret = \"env:T\", prefix = \"Bearer \" }, X-Team = \"care\" }",
                &[],
            ),
            (
                "urls = [\"https://a.example/\"]\nheaders = { Authorization = \"Bearer s3cret\" }",
                &["the header `Authorization` holds a secret in plain text", "give it by reference"],
            ),
            ("urls = [\"https://a.example/\"]\nheaders = { \"X Team\" = \"care\" }", &["no header can be called so"]),
            ("urls = [\"https://a.example/\"]\nheaders = { X-Team = \"a\\nb\" }", &["a header is one line of text"]),
        ],
    );
}

#[test]
fn apis() {
    let url = "url = \"https://api.example.com/v1/articles\"\n";
    let case = |rest: &str| format!("{url}{rest}");
    let cases: &[(&str, &[&str])] = &[
        ("items = \"/data\"\nsince = \"updated\"\nsince_key = \"updated_at\"\npaging = { link_header = true }", &[]),
        ("text = \"/content/rendered\"\nhtml = true\npaging = { page = { parameter = \"page\", first = 1 } }", &[]),
        ("items = \"data\"", &["this is no JSON pointer", "like \"/data/items\""]),
        ("since = \"updated\"", &["`since` does nothing without `since_key`", "give both"]),
        ("since_key = \"updated\"", &["`since_key` does nothing without `since`"]),
        ("paging = { link_header = false }", &["this says how pages are not found"]),
        ("paging = { next_url = \"next\" }", &["this is no JSON pointer"]),
        ("paging = { cursor = { pointer = \"token\", parameter = \"\" } }", &["no JSON pointer", "names no parameter"]),
        ("paging = { offset = { parameter = \" \" } }", &["this names no parameter"]),
        ("id = \"\"", &["this names nothing"]),
    ];
    for (rest, expected) in cases {
        check("api", &[(&case(rest), expected)]);
    }
    check("api", &[("url = \"ftp://example.com\"", &["this is no web address"])]);
    for name in ["token", "api_key", "secret", "password", "sig", "signature", "X-Amz-Signature"] {
        check("api", &[(&format!("url = \"https://a.example/v1?{name}=s3cret\""), &["puts a secret into an address"])]);
    }
}

#[test]
fn repositories() {
    check(
        "git",
        &[
            ("url = \"https://github.com/o/n\"\nbranch = \"main\"\nfiles = \"docs/**/*.md\"\ntoken = \"env:T\"", &[]),
            ("url = \"git@github.com:o/n.git\"", &[]),
            ("url = \"../docs\"", &[]),
            ("url = \"https://me:s3cret@github.com/o/n\"", &["a secret does not belong into an address", "`token`"]),
            ("url = \"ext::sh -c x\"", &["no repository is fetched from this address", "\"ssh://…\""]),
            ("url = \"http://github.com/o/n\"", &["no repository is fetched from this address"]),
            ("url = \"ssh://git@github.com/o/n\"\ntoken = \"env:T\"", &["only `https` takes a token"]),
            ("url = \"/srv/n\"\nbranch = \"-x\"", &["no branch or tag is called so"]),
            ("url = \"/srv/n\"\nfiles = \"[\"", &["this pattern cannot be read"]),
        ],
    );
}

#[test]
fn pushed() {
    check(
        "webhook",
        &[
            ("secret = \"env:PUSH_SECRET\"", &[]),
            ("secret = \"env:PUSH_SECRET\"\ntolerance = \"0s\"", &["every message would be too old"]),
            ("secret = \"env:PUSH_SECRET\"\ntolerance = \"2d\"", &["sent again for too long", "like \"5m\""]),
        ],
    );
}
