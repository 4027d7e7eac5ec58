//! Words that say something about a sentence by what they are, not by what they mean.

use std::collections::HashSet;
use std::sync::LazyLock;

/// What a word may be a sign of. A word has one at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cue {
    FirstPerson,
    SecondPerson,
    /// Says what somebody likes or feels.
    Opinion,
    /// Takes back how sure a statement is.
    Hedge,
    /// Says how much, how often, in which order, how surely: changing it changes the statement.
    Extent,
    /// Joins statements as cause, contrast or condition.
    Link,
}

static CUES: LazyLock<Vec<(Cue, HashSet<&'static str>)>> = LazyLock::new(|| {
    let lists = [
        (Cue::FirstPerson, "i me my mine myself we us our ours i'm i've i'd i'll we're we've im ive"),
        (Cue::SecondPerson, "you your yours yourself you're you've u"),
        (
            Cue::Opinion,
            "love loved like liked enjoy enjoyed hate favorite favourite think thought guess feel believe wish hope wow cool awesome \
             great amazing nice interesting fun funny lol haha oh yeah yep agree sounds wonder glad sorry crazy weird wonderful \
             beautiful pretty sure know heard watched remember",
        ),
        (
            Cue::Hedge,
            "maybe perhaps probably possibly apparently seems seem might could may likely unlikely somewhat roughly about \
             approximately around almost nearly",
        ),
        (
            Cue::Extent,
            "all every each any some most many few several only just both more less fewer least always never often rarely \
             sometimes must shall should can before after until since during first last once twice up down over under above below \
             increase decrease rise fall higher lower early late earlier later already yet still again further fully partly",
        ),
        (
            Cue::Link,
            "because although though despite however but while whereas unless if therefore thus so hence since due",
        ),
    ];
    lists.into_iter().map(|(cue, words)| (cue, words.split_whitespace().collect())).collect()
});

/// `lower` is the word as it is written, in lower case.
pub(super) fn cue(lower: &str) -> Option<Cue> {
    CUES.iter().find(|(_, words)| words.contains(lower)).map(|(cue, _)| *cue)
}
