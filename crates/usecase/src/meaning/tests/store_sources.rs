//! What makes no sense in a feed from a database, a bucket or a topic.

use super::use_case;

#[test]
fn databases() {
    let good = [
        "url = 'sqlite:data/handbook.db'\nquery = 'select id, text from page'",
        "url = 'env:HANDBOOK_DB'\nquery = ' (SELECT 1) UNION (select 2);'\ntitle = 'subject'\ndeleted = 'gone'",
        "url = 'file:/run/secrets/db'\nquery = '''-- all\nwith p as (select 1) select * from p where at >= $1'''\n\
         cursor = 'at'\ncursor_start = '1970-01-01'\ntimeout = '5m'",
    ];
    for sql in good {
        assert_eq!(use_case(&format!("[feeds.a.sql]\n{sql}")), "nothing wrong", "{sql}");
    }
    let wrong = "[feeds.a.sql]\nurl = 'sqlite:../other.db'\nquery = 'delete from page'\ncursor = 'at'\nid = ' '";
    insta::assert_snapshot!(use_case(wrong), @r#"
    F:5:7: this path leads out of the use case's folder
     5 | url = 'sqlite:../other.db'
       |       ^^^^^^^^^^^^^^^^^^^^
       expected: a file inside the use case's folder, like "sqlite:data/handbook.db"

    F:6:9: a feed only reads, and this is no query
     6 | query = 'delete from page'
       |         ^^^^^^^^^^^^^^^^^^
       expected: one SELECT that gives a row for each document

    F:6:9: every run would read all rows: the query does not use `$1`
     6 | query = 'delete from page'
       |         ^^^^^^^^^^^^^^^^^^
       help: ask for what changed, like `where updated >= $1`; or leave `cursor` out, and what is missing is deleted

    F:7:1: nobody says where the first run begins
     7 | cursor = 'at'
       | ^^^^^^
       help: add `cursor_start`, a value before all others, like "1970-01-01" or "0"

    F:8:6: this names nothing
     8 | id = ' '
       |      ^^^
       expected: the name of a column
    "#);
    let wrong = "[feeds.a.sql]\nurl = 'env:DB'\nquery = 'select * from page where at > $1'\ncursor_start = '0'";
    insta::assert_snapshot!(use_case(wrong), @r#"
    F:6:9: nobody says what `$1` is
     6 | query = 'select * from page where at > $1'
       |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       help: name the column that grows with every change as `cursor`

    F:7:1: a start without a `cursor` column
     7 | cursor_start = '0'
       | ^^^^^^^^^^^^
       help: name the column that grows with every change as `cursor`
    "#);
}

#[test]
fn buckets() {
    let good = [
        "bucket = 'handbooks'\nregion = 'eu-central-1'",
        "bucket = 'hand.books'\nregion = 'us-east-1'\nprefix = 'docs/'\nfiles = 'docs/**/*.{md,pdf}'\n\
         endpoint = 'http://minio.internal:9000'\npath_style = true\n\
         aws = { access_key_id = 'env:KEY', secret_access_key = 'file:/run/secrets/key' }",
    ];
    for s3 in good {
        assert_eq!(use_case(&format!("[feeds.a.s3]\n{s3}")), "nothing wrong", "{s3}");
    }
    let wrong = "[feeds.a.s3]\nbucket = 's3://handbooks'\nregion = ''\nprefix = '/docs'\nfiles = '[a'\n\
                 endpoint = 'https://key:secret@minio.example'";
    insta::assert_snapshot!(use_case(wrong), @r#"
    F:5:10: no bucket can be called so
     5 | bucket = 's3://handbooks'
       |          ^^^^^^^^^^^^^^^^
       expected: the bare name of a bucket, like "handbooks"

    F:6:10: no region is called so
     6 | region = ''
       |          ^^
       expected: a region like "eu-central-1"; servers other than AWS often take "us-east-1"

    F:7:10: keys hardly ever begin with a slash
     7 | prefix = '/docs'
       |          ^^^^^^^
       expected: the beginning of a key, like "handbook/"

    F:8:9: this pattern cannot be read: unclosed character class; missing ']'
     8 | files = '[a'
       |         ^^^^
       expected: a pattern for keys, like "handbook/**/*.md"

    F:9:12: a name and password do not belong into an address
     9 | endpoint = 'https://key:secret@minio.example'
       |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       help: give the keys by reference under `aws`
    "#);
}

#[test]
fn topics() {
    let good = [
        "brokers = ['kafka.example:9092', '[::1]:9093']\ntopic = 'handbook.pages_v1-x'",
        "brokers = ['k:1']\ntopic = 't'\ntls = true\nsasl = { user = 'feed', password = 'env:KAFKA_PASSWORD' }",
        "brokers = ['k:1']\ntopic = 't'\n\
         sasl = { mechanism = 'scram_sha_512', user = 'feed', password = 'env:KAFKA_PASSWORD' }\nid = 'key'",
    ];
    for kafka in good {
        assert_eq!(use_case(&format!("[feeds.a.kafka]\n{kafka}")), "nothing wrong", "{kafka}");
    }
    let wrong = "[feeds.a.kafka]\nbrokers = ['kafka://k:1', 'k', 'k:0']\ntopic = 'all pages'\ntext = ''\n\
                 sasl = { user = 'feed', password = 'env:KAFKA_PASSWORD' }";
    insta::assert_snapshot!(use_case(wrong), @r#"
    F:5:12: this names no broker
     5 | brokers = ['kafka://k:1', 'k', 'k:0']
       |            ^^^^^^^^^^^^^
       expected: "host:port", like "kafka.example:9092"

    F:5:27: this names no broker
     5 | brokers = ['kafka://k:1', 'k', 'k:0']
       |                           ^^^
       expected: "host:port", like "kafka.example:9092"

    F:5:32: this names no broker
     5 | brokers = ['kafka://k:1', 'k', 'k:0']
       |                                ^^^^^
       expected: "host:port", like "kafka.example:9092"

    F:6:9: no topic can be called so
     6 | topic = 'all pages'
       |         ^^^^^^^^^^^
       expected: letters, digits, `.`, `_` and `-`, at most 249

    F:7:8: this names nothing
     7 | text = ''
       |        ^^
       expected: the key of a document

    F:8:1: the password would be sent for everyone on the way to read
     8 | sasl = { user = 'feed', password = 'env:KAFKA_PASSWORD' }
       | ^^^^
       help: set `tls = true`, or a `mechanism` of SCRAM
    "#);
    insta::assert_snapshot!(use_case("[feeds.a.kafka]\nbrokers = []\ntopic = 't'"), @r#"
    F:5:11: there is no broker to ask
     5 | brokers = []
       |           ^^
       expected: at least one "host:port"
    "#);
}
