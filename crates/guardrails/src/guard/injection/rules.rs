//! The English rules and those without language: what an attempt to take over the instructions looks like. Every rule
//! has a name that a verdict can show, a weight, anchors (one of them must occur before the pattern is tried) and a
//! pattern over the plain view. `<gap>` stands for a few words of the same sentence.
//!
//! Weights are hundredths. A rule that may refuse by itself weighs 60 or more; the others are hints that honest texts
//! show as well, one at a time. Words alone never decide: "ignore" needs an instruction near it to be ignored.

/// Where a rule is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// In what people and tools say, and in passages.
    Anywhere,
    /// Only in what people and tools say: documents warn of such things in the same words.
    Message,
    /// Only in retrieved text, which has no business telling an assistant what to do.
    Passage,
}

pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) weight: u8,
    pub(super) scope: Scope,
    pub(super) anchors: &'static [&'static str],
    pub(super) pattern: &'static str,
}

pub(super) const fn rule(
    name: &'static str,
    weight: u8,
    anchors: &'static [&'static str],
    pattern: &'static str,
) -> Rule {
    Rule { name, weight, scope: Scope::Anywhere, anchors, pattern }
}

const OVERRIDE_VERBS: &[&str] = &[
    "ignor",
    "disregard",
    "forget",
    "overrid",
    "overrul",
    "bypass",
    "neglect",
    "discard",
    "dismiss",
    "abandon",
    "do not follow",
    "do not obey",
    "don't follow",
    "don't obey",
    "stop following",
    "pay no attention",
    "set aside",
    "erase",
    "unlearn",
    "violat",
    "regardless",
    "not listen to",
];

pub(super) const RULES: &[Rule] = &[
    rule(
        "override_instructions",
        90,
        OVERRIDE_VERBS,
        r"\b(ignor(e|ing|es)|disregard(ing|s)?|forget(ting)?|overrid(e|ing)|overrule|bypass(ing)?|neglect|discard|dismiss|abandon|unlearn|erase|(do not|don't) (follow|obey|listen to)|stop following|pay no attention to|set aside|regardless of)\b<gap>\b(previous|prior|preceding|above|earlier|foregoing|existing|original|initial|former|past|system('s)?|your|own|given|following|openai('s)?|you (got|were given|received|have)( been given)?)\b<gap>\b(instructions?|directions?|directives?|prompts?|rules|guidelines?|commands?|orders?|training|programming|constraints|restrictions|polic(y|ies)|limitations|messages?|conversations?|protocols?|safeguards|tasks?|configuration)\b",
    ),
    rule(
        "override_instructions",
        75,
        OVERRIDE_VERBS,
        r"\b(ignore|disregard|forget|override|discard|bypass) (about )?((all|any|every|the|your|my|these|those|each|such|of|other) ){0,3}(instructions?|directives?|prompts|rules you|guidelines you|system prompt|programming|training)\b",
    ),
    rule(
        "override_everything",
        80,
        OVERRIDE_VERBS,
        r"\b(ignore|disregard|forget|override) ((about|all|everything|every thing|everthing|anything|whatever|that|what|of|the|which|things) ){1,4}((that|which|was|were|came|is|said|written|text|mentioned|to your \w+) ){0,3}(above|before|previous(ly)?|prior|preceding|earlier|you('ve| have)? (were|been|was|have|know|learned)? ?(told|taught|instructed|given|said|know|learned|programmed|trained)|(i|we) (just )?(said|told|wrote)|you know about yourself|you are an ai|in your (system )?prompt)\b",
    ),
    rule(
        "override_everything",
        60,
        OVERRIDE_VERBS,
        r"\b(ignore (that|it|this|the (question|function|text|article|resume|email|task|rest|document))( completely| entirely)?,? (and|but|instead|just|then) (say|state|tell|print|output|write|respond|answer|reply|translate|give|provide)|ignore the (above|previous|preceding|prior)\b|ignore (all|everything|anything) (above|before|previous|prior)|(ignore|disregard|forget) (all )?(the )?(previous|above|prior) (text|question|request|context|input|content|answer)s?)",
    ),
    rule(
        "new_instructions",
        45,
        &[
            "new instruction",
            "new task",
            "updated instruction",
            "real instruction",
            "new prompt",
            "new role",
            "new rules",
            "new directive",
            "real task",
            "actual task",
            "new system prompt",
        ],
        r"\b(new|updated|real|actual|revised) (set of )?(system )?(instructions?|tasks?|prompt|directives?|rules|role|persona|identity)( (is|are|begin|follow)|:)",
    ),
    rule(
        "false_authority",
        60,
        &[
            "at openai",
            "from openai",
            "for openai",
            "i am god",
            "i'm god",
            "am your creator",
            "am your developer",
            "your creator",
            "developed you",
            "<god mode",
            "your developer",
            "i am an admin",
            "i am the admin",
            "president of",
            "as your boss",
            "am your boss",
            "i'm your boss",
            "programmed you",
        ],
        r"\b(i am|i'm) (a |the |an |your )?(god|creator|developer|admin(istrator)?|president of the united states|boss|programmer|owner)\b<gap>|\bas your (creator|developer|boss|administrator|programmer|owner)\b|\bi('m| am) (a |an )?(programmer|developer|engineer|employee|admin)<gap>(at|from|of|for) openai|<(god|system|admin|root)[ _]?(mode|override)>",
    ),
    rule(
        "false_system_message",
        70,
        &[
            "<|",
            "[inst",
            "<<sys",
            "<system",
            "</system",
            "### system",
            "###system",
            "[system",
            "{system",
            "<im_start",
            "[/inst",
            "begin system",
            "system announ",
            "system override",
            "end of prompt",
            "system command",
            "end of system",
        ],
        r"<\|? ?(im_(start|end)|system|user|assistant|endoftext|eot_id|start_header_id|begin_of_text)\|>|\[/?inst\]|<</?sys>>|</?system>|(?m)(^|\n) ?###+ ?system\b|[\[{(]#? ?system ?(message|prompt|override|note|command|instruction|admin)?[\]}):]|\bsystem override\b|\b(begin|end|start)s?( of)? (the )?(system|hidden) (prompt|instructions?|message)",
    ),
    rule(
        "false_system_message",
        40,
        &[
            "system:",
            "system :",
            "assistant:",
            "developer:",
            "admin:",
            "system message:",
            "system prompt:",
            "system note:",
        ],
        r"(^|\n) ?\**(system|developer|admin|root)( (message|prompt|note|update|alert|instruction))?\** ?:",
    ),
    rule(
        "prompt_extraction",
        85,
        &["prompt", "instruction", "directive", "message", "guidelines", "rules", "configuration"],
        r"\b(reveal|show|print|display|output|repeat|tell|give|share|expose|leak|disclose|dump|list|recite|write( down| out)?|copy|return|translate|encode|summari[sz]e|paraphrase|rewrite|what (is|are|were|was|does|do)|what's|describe|see|spell( out)?|quote|opposite of)\b<gap>\byour (own |current |exact |full |complete |entire |very |real |first )*((system|initial|original|hidden|secret|starting|internal|base|underlying|developer|pre-?set|confidential|core|built-in|preprogrammed) (prompts?|instructions?|messages?|directives?|configuration|guidelines|rules|text)|system ?prompt|prompt\b|instructions? (above|verbatim|word)|instructions[.?!]?$)",
    ),
    rule(
        "prompt_extraction",
        60,
        &[
            "system prompt",
            "systemprompt",
            "system_prompt",
            "above prompt",
            "prompt above",
            "full prompt",
            "initial prompt",
            "initial instructions",
            "hidden prompt",
            "secret prompt",
            "hidden instructions",
            "original prompt",
            "above instructions",
            "instructions above",
            "secret instructions",
        ],
        r"\b(reveal|show|print|display|output|repeat|tell me|give me|share|expose|leak|disclose|dump|recite|see|log|copy of|echo|return)\b[(]?<gap>\b(the |this |everything in the )?(system ?_?prompt|(above|full|initial|hidden|secret|original) (prompt|instructions?)|(prompt|instructions) above)",
    ),
    rule(
        "prompt_extraction",
        60,
        &[
            "above",
            "before this",
            "were given",
            "word for word",
            "verbatim",
            "you are\"",
            "you told",
            "supposed to tell",
            "beginning of this",
            "start of this",
            "those instructions",
        ],
        r"\b((repeat|output|print|copy|write|return|give me|show( me)?|translate|recite) (back )?((everything|all|the|of|entire|whole|text|words|contents?|conversation|messages?|sentences|instructions?|exact|full) ){1,5}(above|before this|preceding|you were given|back to me|so far verbatim)|(instructions?|rules|prompts?|guidelines) (that )?you (were|have been|got|received) (given|told|at the)|what were (you told|those instructions|your instructions)|(beginning|starting) with ['\x22]?you are|not supposed to tell)",
    ),
    Rule {
        name: "secret_extraction",
        weight: 60,
        scope: Scope::Message,
        anchors: &[
            "your password",
            "your secret",
            "your passphrase",
            "your access code",
            "your api key",
            "secret key",
            "the passphrase",
            "the password for",
            "secret code",
            "the passcode",
        ],
        pattern: r"\b(what is|what's|tell( me)?|share|give( me)?|reveal|confirm|provide|need|know|verify|say|disclose|show( me)?|spell|write( me)?|want|asked? for|access to)\b<gap>\byour (secret|password|passphrase|access code|api key|credentials)( (key|code|phrase|word))?( (with|to|for|in|so|because|as|and|now|if|backwards|reversed|again|please|using|directly)\b|[.?!,'\x22]|$)",
    },
    rule(
        "encoded_instruction",
        45,
        &["decode", "base64", "rot13", "caesar", "hexadecimal", "morse"],
        r"\b(decode|decipher|decrypt)\b<gap>\b(and|then|to) (follow|execute|run|obey|do|answer|respond|perform|tell me what it says|comply)|\b(respond|answer|reply|output|provide it|write it) (only )?(in|as|using) (base64|rot13|hex|caesar|morse)",
    ),
    rule(
        "exfiltration",
        70,
        &["](http", "<img"],
        r"!\[[^\]\n]{0,80}\]\(https?://[^)\s]{0,200}[?&/=][^)\s]{0,80}(\{|\$|%7b|\[|<|conversation|history|prompt|secret|password|summary|data)|<img [^>]{0,80}src=['\x22]?https?://[^>\s]{0,200}(\{|\$|%7b|conversation|history|secret|password)",
    ),
];
