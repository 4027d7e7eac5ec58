//! Courtesies and follow-ups, which are about nothing by themselves and belong to whatever was said before.

/// Whole texts, without marks and in lower case.
const COURTESIES: &[&str] = &[
    "hi", "hello", "hey", "hi there", "hello there", "hey there", "good morning", "good afternoon", "good evening", "good day",
    "thanks", "thank you", "thank you very much", "thank you so much", "thanks a lot", "many thanks", "thx", "ty", "cheers",
    "ok", "okay", "ok thanks", "okay thanks", "great", "great thanks", "perfect", "perfect thanks", "cool", "nice", "good",
    "got it", "i see", "understood", "all right", "alright", "fine", "yes", "yes please", "yeah", "yep", "no", "no thanks",
    "no thank you", "nope", "sure", "correct", "right", "exactly", "please", "go on", "continue", "more", "tell me more",
    "why", "why not", "how", "how so", "when", "where", "who", "what", "which one", "really", "are you sure", "can you help me",
    "can you help", "help", "i need help", "i have a question", "bye", "goodbye", "see you", "have a nice day", "sorry",
    "never mind", "what do you mean", "can you explain", "explain", "please explain", "again", "example", "for example",
    "how are you", "who are you", "what can you do", "that helps", "it works", "it worked", "that works",
    "hallo", "guten tag", "guten morgen", "danke", "vielen dank", "ja", "nein", "bitte", "tschuss", "warum", "weiter",
    "bonjour", "merci", "merci beaucoup", "oui", "non", "au revoir", "salut", "pourquoi", "hola", "gracias", "muchas gracias",
    "si", "sí", "adios", "buenos dias", "ciao", "grazie", "grazie mille", "obrigado", "obrigada", "dank je", "bedankt",
];

/// Beginnings of texts that go on from what was said before.
const CONTINUATIONS: &[&str] = &[
    "and ", "and for ", "and in ", "and if ", "and what about", "what about", "how about", "but ", "also ", "what if", "so ",
    "or ", "then ", "und ", "et ", "y ", "is that ", "does that ", "is it ", "does it ", "can it ", "can that ", "would that ",
    "the first", "the second", "the last", "that one", "this one",
];

/// The longest continuation that is no question of its own, in words.
const LONGEST_CONTINUATION: usize = 6;

/// Whether a text is a greeting, thanks, an assent, or a short follow-up such as "and for Europe?". The caller knows
/// whether there is anything to follow up; a first message that looks like one is a courtesy at worst.
pub fn looks_like_small_talk(text: &str) -> bool {
    let lower = text.to_lowercase();
    let cleaned: String =
        lower.chars().map(|c| if c.is_alphanumeric() || c == '\'' { c } else { ' ' }).collect();
    let words: Vec<&str> = cleaned.split_whitespace().collect();
    let joined = words.join(" ");
    if words.is_empty() || COURTESIES.contains(&joined.as_str()) {
        return true;
    }
    let names_nobody = words.len() <= 4
        && ["hi", "hello", "hey", "thanks", "thank", "hallo", "bonjour", "hola", "danke", "merci"].contains(&words[0])
        && words[1..].iter().all(|word| ["you", "there", "all", "team", "everyone", "again", "so", "much", "very", "a", "lot", "and", "good", "morning"].contains(word));
    let continues = words.len() <= LONGEST_CONTINUATION && CONTINUATIONS.iter().any(|start| joined.starts_with(start));
    names_nobody || continues
}
