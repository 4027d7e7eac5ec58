//! How models share and take over requests, as far as it makes sense together.

use super::use_case;

#[test]
fn spreading() {
    let over = "over = [{ model = \"slow/echo\", weight = 3 }, { model = \"mistral/m\" }]";
    insta::assert_snapshot!(use_case(&format!("[model.spread]\n{over}\nby = \"latency\"")), @"nothing wrong");
    insta::assert_snapshot!(use_case(&format!("[model]\nuse = \"slow/cite\"\n[model.spread]\n{over}")), @r#"
    F:5:7: `use` and `spread` both say who answers first
     5 | use = "slow/cite"
       |       ^^^^^^^^^^^
       help: leave `use` out, or name its model in `spread.over`
    "#);
    insta::assert_snapshot!(use_case(&format!("[model]\nuse = \"slow/echo\"\n[model.spread]\n{over}")), @"nothing wrong");
    insta::assert_snapshot!(use_case("[model.spread]\nover = [{ model = \"slow/echo\" }, { model = \"slow/echo\" }]"), @r#"
    F:5:44: `slow/echo` is named twice
     5 | over = [{ model = "slow/echo" }, { model = "slow/echo" }]
       |                                            ^^^^^^^^^^^
       help: name each model once, with a larger `weight`
    "#);
    let unknown = use_case("[model.spread]\nover = [{ model = \"fast/echo\" }]");
    assert!(unknown.starts_with("F:5:19: there is no provider `fast`"), "{unknown}");
}

#[test]
fn taking_over() {
    let taking_over = "hedge = \"800ms\"\ncontinue_stream = true";
    insta::assert_snapshot!(use_case(&format!("[model]\nuse = \"slow/echo\"\n{taking_over}")), @r#"
    F:6:1: there is no second model that could take over
     6 | hedge = "800ms"
       | ^^^^^
       help: name one in `fallback` or `spread`

    F:7:1: there is no second model that could take over
     7 | continue_stream = true
       | ^^^^^^^^^^^^^^^
       help: name one in `fallback` or `spread`
    "#);
    let second = "use = \"slow/echo\"\nfallback = [\"mistral/m\"]\ndeadline = \"20s\"\nattempts = 4";
    insta::assert_snapshot!(use_case(&format!("[model]\n{second}\n{taking_over}")), @"nothing wrong");
    insta::assert_snapshot!(use_case("[model]\ndeadline = \"0s\""), @r#"
    F:5:12: with no time at all nobody can answer
     5 | deadline = "0s"
       |            ^^^^
       expected: a time like "800ms" or "30s"
    "#);
}
