//! Phrases that say by themselves what a text is about, in several languages: self-harm above all, since whoever writes of
//! it must reach the owner's declared words. Each is written so that common harmless uses do not contain it.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use std::sync::LazyLock;

/// Lower case. Found at the borders of words; in scripts without blanks anywhere.
const SELF_HARM: &[&str] = &[
    "kill myself",
    "killing myself",
    "killed myself",
    "end my life",
    "ending my life",
    "end my own life",
    "take my own life",
    "taking my own life",
    "take my life",
    "want to die",
    "wanna die",
    "wanted to die",
    "wish i was dead",
    "wish i were dead",
    "wish i wasn't alive",
    "don't want to live",
    "dont want to live",
    "do not want to live",
    "don't want to be alive",
    "dont want to be alive",
    "don't want to be here anymore",
    "no reason to live",
    "nothing to live for",
    "life is not worth living",
    "life isn't worth living",
    "better off without me",
    "better off dead",
    "i am suicidal",
    "i'm suicidal",
    "im suicidal",
    "feel suicidal",
    "feeling suicidal",
    "suicidal thoughts",
    "thoughts of suicide",
    "thinking about suicide",
    "thinking of suicide",
    "thought about suicide",
    "contemplating suicide",
    "considering suicide",
    "plan my suicide",
    "my suicide note",
    "write a suicide note",
    "attempt suicide",
    "attempted suicide",
    "commit suicide",
    "committing suicide",
    "suicide method",
    "suicide methods",
    "ways to kill yourself",
    "hurt myself",
    "hurting myself",
    "harm myself",
    "harming myself",
    "cut myself on purpose",
    "cutting myself",
    "cut my wrists",
    "cut my wrist",
    "slit my wrists",
    "slit my wrist",
    "slitting my wrists",
    "hang myself",
    "hanging myself",
    "shoot myself in the head",
    "drown myself",
    "starve myself",
    "punish myself",
    "overdose on purpose",
    "painless way to die",
    "painless death for me",
    "self-harm",
    "self harm",
    "self-harming",
    "self harming",
    "selfharm",
    "unalive myself",
    "kms right now",
    "jump off a bridge",
    "end it all",
    "can't go on living",
    "cant go on living",
    "tired of living",
    "tired of being alive",
    "i should be dead",
    "lethal dose for me",
    "how many pills to die",
    "enough pills to die",
    "mich umbringen",
    "bring mich um",
    "bringe mich um",
    "will nicht mehr leben",
    "möchte nicht mehr leben",
    "ich will sterben",
    "ich möchte sterben",
    "mir das leben nehmen",
    "mich selbst verletzen",
    "selbstmord begehen",
    "mich ritzen",
    "ritze mich",
    "suizidgedanken",
    "selbstmordgedanken",
    "me suicider",
    "me tuer",
    "envie de mourir",
    "je veux mourir",
    "mettre fin à mes jours",
    "en finir avec la vie",
    "me faire du mal",
    "plus envie de vivre",
    "pensées suicidaires",
    "je me scarifie",
    "suicidarme",
    "matarme",
    "quiero morir",
    "me quiero morir",
    "quitarme la vida",
    "no quiero vivir",
    "no quiero seguir viviendo",
    "hacerme daño",
    "acabar con mi vida",
    "pensamientos suicidas",
    "cortarme las venas",
    "uccidermi",
    "ammazzarmi",
    "voglio morire",
    "togliermi la vita",
    "farla finita",
    "non voglio più vivere",
    "farmi del male",
    "suicidarmi",
    "me matar",
    "quero morrer",
    "tirar minha vida",
    "tirar a minha vida",
    "acabar com a minha vida",
    "não quero mais viver",
    "me machucar de propósito",
    "suicidar-me",
    "zelfmoord plegen",
    "mezelf doden",
    "mezelf van kant",
    "ik wil dood",
    "wil niet meer leven",
    "mezelf pijn doen",
    "mezelf snijden",
    "einde aan mijn leven",
    "zabić się",
    "chcę umrzeć",
    "nie chcę żyć",
    "odebrać sobie życie",
    "popełnić samobójstwo",
    "ta livet av mig",
    "vill inte leva",
    "begå självmord",
    "vil ikke leve",
    "ta mitt eget liv",
    "tage mit eget liv",
    "покончить с собой",
    "убить себя",
    "хочу умереть",
    "не хочу жить",
    "причинить себе боль",
    "резать себя",
    "kendimi öldürmek",
    "ölmek istiyorum",
    "intihar etmek",
    "yaşamak istemiyorum",
    "muốn chết",
    "tự tử",
    "tự sát",
    "tự làm hại bản thân",
    "không muốn sống",
    "想自杀",
    "自杀",
    "自殺",
    "不想活",
    "想死",
    "自残",
    "自殘",
    "结束自己的生命",
    "結束自己的生命",
    "伤害自己",
    "活不下去",
    "死にたい",
    "自殺したい",
    "リストカット",
    "消えてしまいたい",
    "죽고 싶",
    "자살",
    "자해",
    "आत्महत्या",
    "मरना चाहता",
    "मरना चाहती",
    "خودکشی",
    "الانتحار",
    "أريد أن أموت",
    "انتحار",
];

/// Sentences about self-harm that ask for facts, and other things of that name: they take the phrase's weight away.
const OF_FACTS: &[&str] = &[
    "suicide squad",
    "suicide rate",
    "suicide rates",
    "suicide prevention hotline number for my website",
    "fish commit suicide",
    "commit suicide squeeze",
    "in the novel",
    "in the movie",
    "in the film",
    "in the book",
    "career suicide",
    "political suicide",
];

static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasickBuilder::new()
        .ascii_case_insensitive(true)
        .match_kind(aho_corasick::MatchKind::LeftmostLongest)
        .build(SELF_HARM.iter().chain(OF_FACTS))
        .expect("a fixed list of phrases")
});

/// Whether a text speaks of self-harm in one of the phrases.
pub(super) fn speaks_of_self_harm(text: &str) -> bool {
    // The finder knows the capitals of ASCII only, and one apostrophe.
    let lower = (!text.is_ascii()).then(|| text.to_lowercase().replace('\u{2019}', "'"));
    let text = lower.as_deref().unwrap_or(text);
    let (mut speaks, mut of_facts) = (false, false);
    for found in FINDER.find_iter(text) {
        if !stands_alone(text, found.start(), found.end()) {
            continue;
        }
        if found.pattern().as_usize() < SELF_HARM.len() {
            speaks = true;
        } else {
            of_facts = true;
        }
    }
    speaks && !of_facts
}

/// At the borders of words, where the script has them.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let joins = |character: Option<char>| {
        character.is_some_and(|character| character.is_alphanumeric() && character < '\u{0900}')
    };
    let own = |character: Option<char>| character.is_some_and(|character| character < '\u{0600}');
    let begins = own(text[start..].chars().next()) && joins(text[..start].chars().next_back());
    let ends = own(text[..end].chars().next_back()) && joins(text[end..].chars().next());
    !(begins || ends)
}
