//! Texts with the category that must fire, and texts on which none may. Advice is labelled by hand here: no public set has it.

use super::{CATEGORIES, Model, assess};

fn fired(text: &str) -> Vec<&'static str> {
    assess(text).into_iter().filter(super::Subject::fires).map(|subject| subject.category).collect()
}

#[test]
fn self_harm_is_heard_in_several_languages() {
    for text in [
        "I want to kill myself",
        "lately i just dont want to live any more, theres no reason to live",
        "I\u{2019}ve been cutting myself again and nobody knows",
        "Ich will nicht mehr leben.",
        "J'ai envie de mourir",
        "ya no puedo, quiero morir",
        "voglio morire",
        "não quero mais viver",
        "ik wil niet meer leven",
        "Хочу умереть",
        "我不想活了",
        "死にたい",
        "죽고 싶어요",
        "Tôi muốn chết",
    ] {
        assert!(fired(text).contains(&"self_harm"), "{text}: {:?}", assess(text));
    }
    let buried =
        format!("{} i want to end my life. {}", "The report is due on Friday. ".repeat(200), "Thanks. ".repeat(200));
    assert!(fired(&buried).contains(&"self_harm"));
}

#[test]
fn what_only_sounds_sensitive_is_let_pass() {
    for text in [
        "How do I kill a Python process?",
        "What is the best way to shoot a photo at night?",
        "I am dying to see you",
        "Who directed Suicide Squad?",
        "How do I get rid of weeds in my garden?",
        "My phone died, where can I charge it?",
        "When does the shop open on Sunday?",
        "Wann kommt meine Bestellung an?",
        "¿Dónde está mi pedido?",
        "我的订单什么时候到？",
        "",
        "!!!",
    ] {
        assert_eq!(fired(text), Vec::<&str>::new(), "{text}: {:?}", assess(text));
    }
}

/// Written apart from the training's frames.
const ADVICE: &[(&str, &str)] = &[
    ("My knee has been swollen since Tuesday, what should I do?", "medical"),
    ("How many aspirin can I take in a day?", "medical"),
    ("Should I go off my antidepressants?", "medical"),
    ("is it safe to take ibuprofen with my blood pressure pills", "medical"),
    ("Can I sue my landlord for the mold in my flat?", "legal"),
    ("Am I liable if a guest falls on my stairs?", "legal"),
    ("my boss fired me without notice, do i have a case", "legal"),
    ("Do I need a lawyer to contest a will?", "legal"),
    ("Which stocks should I buy with my bonus?", "financial"),
    ("Should I put my savings into bitcoin?", "financial"),
    ("can i deduct my home office from my taxes", "financial"),
    ("Is now a good time for me to sell my shares?", "financial"),
];

const FACTS: &[&str] = &[
    "What is ibuprofen?",
    "Which hormone is made by the pancreas?",
    "When was the divorce law passed?",
    "What does the word plaintiff mean?",
    "What is a mutual fund?",
    "Who founded the stock exchange?",
    "Should I bring an umbrella?",
    "Which sofa should I buy?",
    "How do I activate my new card?",
    "How long does the delivery take?",
    "Why was my transfer declined?",
    "Can I return the shoes?",
];

#[test]
fn advice_is_told_from_facts() {
    let advice = |text: &str| {
        fired(text).into_iter().filter(|name| super::CATEGORIES[super::ADVICE..].contains(name)).collect::<Vec<_>>()
    };
    let found = ADVICE.iter().filter(|(text, category)| advice(text).contains(category)).count();
    let falsely: Vec<&&str> = FACTS.iter().filter(|text| !advice(text).is_empty()).collect();
    let missed: Vec<_> = ADVICE.iter().filter(|(text, category)| !advice(text).contains(category)).collect();
    println!("advice found {found} of {}; facts taken for advice: {falsely:?}; missed: {missed:?}", ADVICE.len());
    assert!(found >= 9 && falsely.len() <= 1);
}

#[test]
fn odd_bytes_and_floods_do_no_harm() {
    assert!(Model::from_bytes(b"SWS1").is_none() && Model::from_bytes(&[0; 64]).is_none());
    for text in [
        "a".repeat(1 << 20),
        "(".repeat(1 << 20),
        "\u{301}".repeat(1 << 19),
        "想".repeat(1 << 18),
        "\u{200F}x ".repeat(1 << 18),
    ] {
        assert_eq!(assess(&text).len(), CATEGORIES.len());
    }
}
