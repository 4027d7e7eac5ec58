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

const fn rule(name: &'static str, weight: u8, anchors: &'static [&'static str], pattern: &'static str) -> Rule {
    Rule { name, weight, scope: Scope::Anywhere, anchors, pattern }
}

const OVERRIDE_VERBS: &[&str] = &[
    "ignor", "disregard", "forget", "overrid", "overrul", "bypass", "neglect", "discard", "dismiss", "abandon",
    "do not follow", "do not obey", "don't follow", "don't obey", "stop following", "pay no attention", "set aside",
    "erase", "unlearn", "violat", "regardless", "not listen to",
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
        &["new instruction", "new task", "updated instruction", "real instruction", "new prompt", "new role", "new rules", "new directive", "real task", "actual task", "new system prompt"],
        r"\b(new|updated|real|actual|revised) (set of )?(system )?(instructions?|tasks?|prompt|directives?|rules|role|persona|identity)( (is|are|begin|follow)|:)",
    ),
    rule(
        "role_hijack",
        85,
        &["do anything now", "dan mode", "as dan", "be dan", "now dan", "are dan", "as a dan", "do-anything-now"],
        r"\b(do[ -]?anything[ -]?now|dan mode|(act(ing)?|respond|answer|reply|behave|pretend to be|you are( now)?|as|you're( now)?) (as |like |to be )?(a |an |the )?dan\b)",
    ),
    rule(
        "role_hijack",
        85,
        &["mode"],
        r"\b((chatgpt|gpt|assistant|you are|you're|act|respond|answer|simulate|reply|yourself|model|ai)\b<gap>(developer|dev|debug|god|admin|jailbreak|jailbroken|unrestricted|unfiltered|uncensored|dan|evil|opposite|unlocked|test|chaos)[ _-]mode|(dan|god|jailbreak|jailbroken|unrestricted|unfiltered|uncensored|sudo|evil) mode (enabled|activated|on|output|:)|developer[ _\\]+mode (output|response|enabled|activated|policy)|mode ?:? ?enabled)\b|developer[ _\\]+mode ?:? ?enabled",
    ),
    rule(
        "role_hijack",
        30,
        &["developer mode", "developer_mode", "god mode", "debug mode", "admin mode", "maintenance mode", "jailbreak mode", "unrestricted mode", "root access", "admin access", "override mode", "system mode"],
        r"\b((developer|god|debug|admin|maintenance|jailbreak|unrestricted|override|system)[ _]mode|(root|admin) access)\b",
    ),
    rule(
        "role_hijack",
        60,
        &["no longer", "are not chatgpt", "not an ai", "are now", "'re now", "will now be", "replaced by", "now going to"],
        r"\b(you('re| are| will be)? no longer (be |a |an |going to |bound|restricted|limited|respond|act|chatgpt|gpt|claude|the |have to|follow|an ai)|you are not (chatgpt|an ai|a language model|a chatbot)\b|you('re| are) now (an? |the )?(unrestricted|unfiltered|uncensored|free|evil|jailbroken|unbound|amoral|immoral|unlocked|fully unlocked|in (control|charge)|able to (say|do)|chat ?\w+|[a-z]+gpt|[a-z]+bot\b)|you are replaced by)",
    ),
    rule("role_change", 25, &["are now", "'re now", "will now", "from now on", "from this"], r"\b(you('re| are) now|you will now|from now on|from this (moment|point|message))\b<gap>\b(you|your|act|respond|answer|called|named|i want)\b"),
    rule(
        "role_change",
        30,
        &["to act as", "to pretend", "to play the role", "to immerse", "going to be", "to imitate", "to simulate", "will act as", "are to act", "to become", "will be acting", "to roleplay", "to role play"],
        r"\b(you('re| are)? ?(are )?(going|about) to (act|pretend|be|become|immerse|imitate|simulate|play|role)|immerse yourself into|you are to act as|you will (act as|be acting|pretend))\b",
    ),
    rule(
        "role_change",
        25,
        &["chatgpt", "chat gpt", "chat-gpt", "gpt-3", "gpt-4", "gpt 4", "gpt4", "chatbot"],
        r"(?m)(^|\b)(hi|hello|hey|ello|dear|listen|ok|okay|greetings|hallo)[, ]+(there )?(chat ?-?gpt|gpt|chatbot|clyde chatbot)|(chat ?gpt|gpt-?[34])\b<gap>\b(pretend|act|role|character|version|persona|respond|opposite|evil|free|mode|unlocked)",
    ),
    rule(
        "no_restrictions",
        55,
        &["not restrained", "follow any ethic", "disregards all", "break free", "broken free", "freed from", "free from", "free of all", "not bound", "not have to abide", "no restrictions", "no limits", "no limitations", "no filter", "no rules", "without restrictions", "without any restrictions", "no moral", "no ethic", "without limitations", "no guidelines", "without any filter", "unbound by", "no boundaries", "without censorship", "no censorship", "zero restrictions", "without any limitations", "free from all", "no programming", "any ethical", "no laws", "no morals"],
        r"\b((broken?|break(s|ing)?) (completely )?free|freed|free|unbound|liberated|not (be )?(bound|restrained|restricted|limited|constrained))( (from|of|by)) <gap>(confines|restrictions?|limit(ation|ed|less|s)?\b|filters?|rules|guidelines|polic|ethic|moral|constraints|censorship|openai|shackles)|(do(es)? not|don't|doesn't|no longer) (have|need) to (abide|follow|adhere|comply|obey|care)|(has|have|having|with|there are|are|is|has absolutely|know|knows) (absolutely )?(no|zero) (restrictions|limits|limitations|filters?|rules|moral|ethic|guidelines|boundaries|censorship|laws|programming|inhibitions)|(doesn't|does not|don't|do not|without) (have |having |follow )?any (ethical|moral|restrictions|limitations|filters?|censorship|guidelines|ethics|morals|content polic)",
    ),
    rule(
        "no_restrictions",
        60,
        &["amoral", "unfiltered", "uncensored", "unrestricted", "nonmoral", "jailbroken"],
        r"\b(amoral|unfiltered|uncensored|unrestricted|nonmoral|jailbroken)\b( and \w+| ,? ?\w+)? (ai|chat ?bot|bot|assistant|language model|persona|gpt|version of (yourself|chatgpt|gpt))\b",
    ),
    rule(
        "no_restrictions",
        45,
        &["amoral", "immoral", "unethical", "unfiltered", "uncensored", "unrestricted", "nonmoral", "jailbroken"],
        r"\b(amoral|immoral|unethical|unfiltered|uncensored|unrestricted|nonmoral|jailbroken)\b<gap>\b(ai|chatbot|chat bot|bot|assistant|model|persona|character|responses?|answers?|gpt|version|unbiased|being|aficionado|output|language|and)\b",
    ),
    rule(
        "no_restrictions",
        55,
        &["no matter how", "regardless of", "even if it", "even if the", "how illegal", "harmful or"],
        r"\b(no matter how|regardless of (how|its|their|the|any)|even if (it's|it is|its|they are|the \w+ (is|are)|that is)|anything (even )?)<gap>\b(illegal|immoral|unethical|inappropriate|harmful|offensive|dangerous|controversial|legality|morality|ethics)",
    ),
    rule(
        "no_restrictions",
        40,
        &["illegal", "unethical", "immoral", "inappropriate"],
        r"\b(illegal|unethical|immoral|dangerous|harmful|offensive|inappropriate|unsafe|explicit|nsfw|racist|sexist)\b(,? (and|or|nor|even)|,|/) ?(even |or |and )?(illegal|unethical|immoral|dangerous|harmful|offensive|inappropriate|unsafe|explicit|nsfw|racist|sexist)\b",
    ),
    rule(
        "policy_evasion",
        50,
        &["openai", "open ai", "content polic", "content filter", "moderation", "usage polic", "anthropic"],
        r"\b(open ?ai('?s)?|anthropic('?s)?|chatgpt('s)?|content|usage|moderation|discord('s)?)<gap>(polic(y|ies)|guidelines|rules|restrictions?|terms of|tos\b|limitations|moderation|ethics|ethical|filters?\b)",
    ),
    rule(
        "never_refuse",
        55,
        &["refuse", "never say", "decline", "say no", "can't do", "cannot do", "apologi", "moraliz", "disclaimer", "warning", "lecture", "never tell me", "not able to", "unable"],
        r"\b(never|not|cannot|can't|won't|must|without|don't|no)\b ?(ever |under any circumstances |say |tell me |to |be able to )*(refus(e|es|ing|al)|declin(e|ing)|den(y|ies)|say(s)? no\b|(it|you|that you|that it|they|that they) (can't|cannot|can not|are unable|is not able|are not able|will not)|apologi[sz]e|moralize|(add|includ|giv|provid)(e|ing) (any )?(warning|disclaimer|moral|ethical)|any (warnings?|disclaimers?))",
    ),
    rule(
        "never_refuse",
        35,
        &["character", "stay a dan", "stay as"],
        r"\b((stay|remain|staying|keep) (in|as your) (character|persona)|stay (a |as )?dan\b|(never|not|don't|if you|without|should you|you) break(ing)? (of |out of )?(your )?(character|role))",
    ),
    rule(
        "never_refuse",
        45,
        &["language model", "as an ai", "an ai model", "ai language"],
        r"\b(never|not|don't|without|avoid|stop|instead of|anything about) <gap>(say(ing)?|mention(ing)?|us(e|ing)|includ(e|ing)|tell(ing)?|remind(ing)?|claim|pretend|being|start)\b<gap>(as an ai|language model|an ai\b|ai model|openai)",
    ),
    rule(
        "double_answer",
        60,
        &["[gpt", "[classic", "[jailbreak", "[🔒", "[🔓", "(🔓", "(🔒", "🔓", "[dan", "[chatgpt", "gpt:", "dan:", "jailbreak]"],
        r"[\[(](🔓|🔒)? ?(classic|jailbreak|jailbroken|gpt|chatgpt|dan|developer mode)|\b(gpt|dan): ?[\[(]",
    ),
    rule(
        "double_answer",
        40,
        &["responses", "two ways", "different ways", "separate ways", "two answers", "two paragraphs", "both as", "two outputs"],
        r"\b(two|2|both|three) (different |separate |distinct |unique |different separate )?(responses|ways|answers|paragraphs|outputs)\b<gap>|respond (in|as) (two|2|both)|(responses?|answers?) (both )?as (both )?(chat ?)?gpt and",
    ),
    rule(
        "jailbreak_template",
        75,
        &["machiavelli", "evil confidant", "evil trusted", "basedgpt", "mongo tom", "stands for \"do", "stan mode", "strive to avoid norms", "dude mode", "always intelligent", "opposite mode", "not been verified", "token system", "tokens", "cut off in", "cutoff in", "jailbreak prompt", "chatagi", "maximum\"", "universal translator bypass"],
        r"\b(niccolo<gap>\baim\b|\baim\b<gap>machiavelli|always intelligent|evil (trusted )?confidant|basedgpt|mongo tom|strive to avoid norms|(information|info) that (has|have) not been verified|(lose|deduct|have|start with|minus|subtract) \d+ tokens|knowledge (is |was )?cut ?off (in|at|date)|jailbreak prompt)",
    ),
    rule("jailbreak_word", 30, &["jailbreak", "jailbroken", "jail break"], r"\bjail ?br(eak|oken|eaking|eaks)\b"),
    rule("jailbreak_word", 25, &["pretend"], r"\b(can|could|to|you) pretend (to (be|access|browse|have)|that|you|like)"),
    rule("jailbreak_word", 20, &["swear", "profanity", "curse words", "cursing", "vulgar", "expletive", "obscen", "f*ck", "fuck"], r"\b(swear|profanity|curs(e|ing)|vulgar|expletives?|obscen|f\*ck|fuck)"),
    rule(
        "jailbreak_word",
        25,
        &["obey", "comply", "always answer", "any question", "every question", "all of my questions", "all my questions", "anything i ask", "any request", "every request", "follow all", "all my orders"],
        r"\b((always|must|has to|have to|will|fully) (obey|comply|answer|respond|follow)\b<gap>(any|every|all|me|my|order|question|request|anything)|answer (any|every|all)( of)?( my)? questions?|anything i ask)",
    ),
    rule(
        "false_authority",
        60,
        &["at openai", "from openai", "for openai", "i am god", "i'm god", "am your creator", "am your developer", "your creator", "developed you", "<god mode", "your developer", "i am an admin", "i am the admin", "president of", "as your boss", "am your boss", "i'm your boss", "programmed you"],
        r"\b(i am|i'm) (a |the |an |your )?(god|creator|developer|admin(istrator)?|president of the united states|boss|programmer|owner)\b<gap>|\bas your (creator|developer|boss|administrator|programmer|owner)\b|\bi('m| am) (a |an )?(programmer|developer|engineer|employee|admin)<gap>(at|from|of|for) openai|<(god|system|admin|root)[ _]?(mode|override)>",
    ),
    rule(
        "false_system_message",
        70,
        &["<|", "[inst", "<<sys", "<system", "</system", "### system", "###system", "[system", "{system", "<im_start", "[/inst", "begin system", "system announ", "system override", "end of prompt", "system command", "end of system"],
        r"<\|? ?(im_(start|end)|system|user|assistant|endoftext|eot_id|start_header_id|begin_of_text)\|>|\[/?inst\]|<</?sys>>|</?system>|(?m)(^|\n) ?###+ ?system\b|[\[{(]#? ?system ?(message|prompt|override|note|command|instruction|admin)?[\]}):]|\bsystem override\b|\b(begin|end|start)s?( of)? (the )?(system|hidden) (prompt|instructions?|message)",
    ),
    rule(
        "false_system_message",
        40,
        &["system:", "system :", "assistant:", "developer:", "admin:", "system message:", "system prompt:", "system note:"],
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
        &["system prompt", "systemprompt", "system_prompt", "above prompt", "prompt above", "full prompt", "initial prompt", "initial instructions", "hidden prompt", "secret prompt", "hidden instructions", "original prompt", "above instructions", "instructions above", "secret instructions"],
        r"\b(reveal|show|print|display|output|repeat|tell me|give me|share|expose|leak|disclose|dump|recite|see|log|copy of|echo|return)\b[(]?<gap>\b(the |this |everything in the )?(system ?_?prompt|(above|full|initial|hidden|secret|original) (prompt|instructions?)|(prompt|instructions) above)",
    ),
    rule(
        "prompt_extraction",
        60,
        &["above", "before this", "were given", "word for word", "verbatim", "you are\"", "you told", "supposed to tell", "beginning of this", "start of this", "those instructions"],
        r"\b((repeat|output|print|copy|write|return|give me|show( me)?|translate|recite) (back )?((everything|all|the|of|entire|whole|text|words|contents?|conversation|messages?|sentences|instructions?|exact|full) ){1,5}(above|before this|preceding|you were given|back to me|so far verbatim)|(instructions?|rules|prompts?|guidelines) (that )?you (were|have been|got|received) (given|told|at the)|what were (you told|those instructions|your instructions)|(beginning|starting) with ['\x22]?you are|not supposed to tell)",
    ),
    rule(
        "secret_extraction",
        60,
        &["your password", "your secret", "your passphrase", "your access code", "your api key", "secret key", "the passphrase", "the password for", "secret code", "the passcode"],
        r"\b(what is|what's|tell( me)?|share|give( me)?|reveal|confirm|provide|need|know|verify|say|disclose|show( me)?|spell|write( me)?|want|asked? for|access to)\b<gap>\byour (secret|password|passphrase|access code|api key|credentials)( (key|code|phrase|word))?( (with|to|for|in|so|because|as|and|now|if|backwards|reversed|again|please|using|directly)\b|[.?!,'\x22]|$)",
    ),
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
