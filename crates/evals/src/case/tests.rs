//! Case files that are right, as the cases that come of them; and wrong ones, as the messages that are shown.

use super::{Case, read_files};
use serde_json::json;
use usecase::{PrincipalRole, Role};

const FILE: &str = "usecases/support/evals/cases.yaml";

fn read(text: &str) -> Result<Vec<Case>, String> {
    read_files([(FILE.to_owned(), text)].into_iter()).map_err(|wrong| wrong.to_string())
}

fn cases(text: &str) -> Vec<Case> {
    read(text).unwrap_or_else(|wrong| panic!("the file is right: {wrong}"))
}

fn questions(cases: &[Case]) -> Vec<String> {
    cases.iter().map(|case| case.request("support").question()).collect()
}

fn wrong(text: &str) -> String {
    read(text).err().unwrap_or_else(|| panic!("the file is wrong: {text}"))
}

#[test]
fn a_case_asks_as_it_says() {
    let text = r#"
- description: Returns for {{who}}
  vars: { question: "How long may {{who}} return?", who: staff }
  metadata: { groups: [staff], page: checkout, must_pass: true, conversation: c1, subject: jo }
  assert:
    - { type: contains, value: "30 days" }
    - { type: icontains, value: "{{who}}", weight: 2, metric: names }
  threshold: 0.5
"#;
    let cases = cases(text);
    let [case] = cases.as_slice() else { panic!("one case, not {}", cases.len()) };
    assert_eq!((case.line, case.file.as_str(), case.must_pass), (2, FILE, true));
    assert_eq!(case.description, "Returns for staff");
    assert_eq!((case.threshold, case.assertions.len()), (Some(0.5), 2));
    let request = case.request("support");
    assert_eq!((request.model.as_str(), request.stream), ("support", false));
    assert_eq!(request.question(), "How long may staff return?");
    assert_eq!(json!(request.metadata), json!({"page": "checkout", "conversation": "c1", "subject": "jo"}));
    assert_eq!((request.conversation.as_deref(), request.subject.as_deref()), (Some("c1"), Some("jo")));
    let principal = case.principal("support");
    assert_eq!((principal.groups, principal.role), (vec!["staff".to_owned()], PrincipalRole::App));
    assert_eq!(principal.use_cases, Some(vec!["support".to_owned()]));
}

#[test]
fn messages_make_a_conversation() {
    let text = "
- vars:
    messages:
      - { role: user, content: Hello }
      - { role: assistant, content: Hi! }
      - { role: user, content: And for Europe? }
  assert: [{ type: abstains }]
";
    let cases = cases(text);
    let roles: Vec<Role> = cases[0].request("support").messages.iter().map(|message| message.role.clone()).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::User]);
    assert_eq!(cases[0].description, "And for Europe?");
}

#[test]
fn lists_of_texts_make_every_combination() {
    let text = "
tests:
  - vars: { question: '{{verb}} {{thing}}?', verb: [buy, sell], thing: [a, b], rows: [1, 2] }
    assert: [{ type: cites }]
  - vars: { question: 'all {{thing}}', thing: [a, b] }
    options: { disableVarExpansion: true }
    assert: [{ type: contains-any, value: '{{thing}}' }]
";
    let cases = cases(text);
    assert_eq!(questions(&cases), ["buy a?", "buy b?", "sell a?", "sell b?", r#"all ["a","b"]"#]);
    let mut keys: Vec<&str> = cases.iter().map(|case| case.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 5, "every case has its own key");
}

#[test]
fn defaults_are_merged_as_promptfoo_merges_them() {
    let text = "
description: A whole promptfoo configuration
prompts: ['{{question}}']
providers: [openai:gpt-5-mini]
defaultTest:
  vars: { country: DE, question: Default? }
  metadata: { page: home }
  threshold: 0.9
  assert: [{ type: not-is-refusal }]
tests:
  - vars: { country: FR }
    assert: [{ type: cites }]
  - vars: { question: Own? }
    threshold: 0.1
    options: { disableDefaultAsserts: true }
    assert: [{ type: cites }]
";
    let cases = cases(text);
    assert_eq!(questions(&cases), ["Default?", "Own?"]);
    let shape: Vec<_> = cases.iter().map(|case| (case.assertions.len(), case.threshold)).collect();
    assert_eq!(shape, [(2, Some(0.9)), (1, Some(0.1))]);
    assert_eq!(json!(cases[0].request("support").metadata), json!({"page": "home"}));
}

#[test]
fn a_key_is_stable_while_file_description_and_variables_are() {
    let key = |text: &str| (cases(text)[0].key.clone(), cases(text)[0].checks_hash.clone());
    let base = key("- { vars: { question: Q?, a: 1, b: 2 }, assert: [{ type: cites }] }");
    let reordered = key("\n\n- { assert: [{ type: cites }], vars: { b: 2, question: Q?, a: 1 } }");
    let other_check = key("- { vars: { question: Q?, a: 1, b: 2 }, assert: [{ type: abstains }] }");
    let other_vars = key("- { vars: { question: Q?, a: 1, b: 3 }, assert: [{ type: cites }] }");
    assert_eq!(base, reordered);
    assert_eq!(base.0, other_check.0);
    assert_ne!(base.1, other_check.1, "the checks' hash changes");
    assert_ne!(base.0, other_vars.0);
    let twins = cases("- &a { vars: { question: Q? }, assert: [{ type: cites }] }\n- *a\n");
    assert_eq!(twins[1].key, format!("{}-2", twins[0].key));
}

#[test]
fn an_empty_file_has_no_cases() {
    assert!(cases("# cases to come\n").is_empty());
    assert!(cases("[]").is_empty());
}

#[test]
fn what_is_not_run_here_makes_the_case_unsupported_and_loads() {
    let text = "
- vars: { question: Q? }
  options: { transform: 'output.trim()' }
  assert: [{ type: cites }]
- vars: { question: Q2? }
  assert: [{ type: llm-rubric, value: is polite }]
- vars: { question: Q3? }
  assert: [{ type: contains, value: '{{ question | upper }}' }]
- vars: { question: Q4? }
  assert: [{ type: contains, value: x, transform: y }]
";
    let unsupported = |case: &Case| case.assertions.iter().any(super::Assertion::is_unsupported);
    let cases = cases(text);
    assert_eq!(cases.len(), 4);
    assert!(cases.iter().all(unsupported));
}

#[test]
fn every_mistake_is_found_at_once_and_placed() {
    let text = r#"
- vars: { question: "Q?", product: lamp }
  asert: [{ type: contains, value: x }]
- vars: { frage: "Q?" }
  assert:
    - { type: contians, value: x }
    - { type: regex, value: "(unclosed" }
    - { type: latency }
    - { type: contains, value: "{{prodct}}" }
    - { value: x }
    - { type: contains, value: x, wieght: 2 }
    - just a text
- description: [no]
  vars: { question: [one, two] }
  metadata: { groups: staff, must_pass: yes please }
  threshold: high
  assert: [{ type: cites, weight: 0 }]
- file://more.yaml
"#;
    insta::assert_snapshot!(wrong(text));
}

#[test]
fn whole_files_that_are_wrong() {
    let files = [
        "- vars: {",
        "just a text",
        "description: no tests here\nscenarios: []\ntest: []\n",
        "tests: many\n",
        "- vars: { messages: [{ role: assistant, content: Hi }] }\n  assert: [{ type: cites }]\n",
        "- vars: { messages: [{ rolle: user }] }\n  assert: [{ type: cites }]\n",
        "- { vars: { question: Q? } }\n",
        "- { vars: { question: Q? }, assert: { type: cites } }\n",
    ];
    let shown: Vec<String> = files.iter().map(|text| format!("{text}\n=>\n{}", wrong(text))).collect();
    insta::assert_snapshot!(shown.join("\n----\n"));
}

#[test]
fn too_many_combinations_are_a_mistake() {
    let list = (0..101).map(|number| format!("'{number}'")).collect::<Vec<_>>().join(", ");
    let text = format!("- vars: {{ question: Q, a: [{list}], b: [{list}] }}\n  assert: [{{ type: cites }}]\n");
    assert!(wrong(&text).contains("more than 10000 cases"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[-:{}\\[\\]a-z\"'&*!|>#\\n ]{0,80}") {
        let _ = read(&text);
    }
}
