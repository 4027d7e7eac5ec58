//! Rules for retrieved text only. A document informs; it does not speak to the assistant that will quote it. What an
//! honest person may well ask ("add a table to your answer") is an intrusion here.

use super::rules::{Rule, Scope};

const fn rule(name: &'static str, weight: u8, anchors: &'static [&'static str], pattern: &'static str) -> Rule {
    Rule { name, weight, scope: Scope::Passage, anchors, pattern }
}

pub(super) const PASSAGE_RULES: &[Rule] = &[
    rule(
        "speaks_to_assistant",
        70,
        &["assistant", "chatbot", "language model", "llm", "chatgpt", "gpt", "claude", "gemini", "copilot", " ai", "ai ", "agent"],
        r"(^|[.!?:\n>\x22(\[*-] ?)(dear|hey|hello|attention|note to|notice to|message (to|for)|instructions? (to|for)|important|to) ?:? ?(the |any |all |an? )?(ai|assistant|llm|language model|chatbot|chatgpt|gpt|claude|gemini|copilot|agent)( (assistant|agent|model|system|reader|reading this)s?)?s?\b|\bif you('re| are) (an?|the) (ai|llm|language model|assistant|chatbot|automated|large language)|\b(ai|virtual|digital)? ?(assistant|language model|chatbot|llm|chatgpt|claude|copilot|gemini)s?[,:] (please |you |when |do not |don't |ignore|tell|say|add|include|recommend|respond|reply|answer|always|never|from now)|\b(the |any |an |every )?(ai|ai assistant|assistant|language model|llm|chatbot)s? (reading|processing|summari[sz]ing|answering|that reads?) (this|the)\b<gap>(must|should|shall|is|are|will|has to)|\b(the )?(ai|assistant|ai assistant|language model|llm|chatbot) (must|should|shall|has to|is (instructed|required|ordered|to)) (now |always |also |never |not )?(ignore|tell|say|add|include|recommend|respond|reply|answer|reveal|send|forward|state|output|print|disregard|approve)\b",
    ),
    rule(
        "hides_from_user",
        75,
        &["the user", "the customer", "the human", "the reader", "the operator", "the recipient"],
        r"\b(do not|don't|never|without) (tell(ing)?|inform(ing)?|mention(ing)?|reveal(ing)?|disclos(e|ing)|alert(ing)?|notify(ing)?|show(ing)?|let(ting)?)( (this|that|it|anything|any of this))?( (to|about this to))? the (user|customer|human|reader|operator|recipient)\b|\b(tell|inform|instruct|direct|persuade|convince|ask|encourage) the (user|customer|human|person) (to|that|their|they)\b",
    ),
    rule(
        "reading_condition",
        60,
        &["when you", "when the", "if you read", "once you", "as you read", "upon reading", "after reading", "while processing"],
        r"\b((when|once|if|as|after|while|before) (you|the (assistant|ai|model)) (are |is )?(read(ing)?|process(ing)?|summari[sz](e|ing)|answer(ing)?|see(ing)?|retriev(e|ing)|respond(ing)?)s? (to )?(this|these|the (question|user|document|above|following|text))|upon reading)\b",
    ),
    rule(
        "directs_the_answer",
        75,
        &["your response", "your reply", "your answer", "your output", "your message", "your summary", "your solution", "your implementation", "your algorithm", "your code", "your explanation", "your elucidation", "the code you"],
        r"\b(in|to|of|with|within|into|throughout|for|the logic of|the framework of|the flow of|modify|enhance|augment|provide|render|encode|write|compose|deliver|format|complete|end|begin|start|conclude|encrypt|scramble|translate|refine|complement|present|craft|make|adapt|alter|reverse|convert|of|jumble|rephrase|express|spell|shift|give|the robustness of|develop) (the (words|letters) of )?your (response|reply|answer|output|message|summary|solution|implementation|algorithm|code|explanation|elucidation)('s)?\b|\bin the code you (develop|write)\b",
    ),
    rule(
        "directs_the_answer",
        50,
        &["code block", "code excerpt", "code snippet", "code segment"],
        r"\b(following|subsequent|below|next) code (block|excerpt|snippet|segment)\b",
    ),
    rule(
        "announces_instructions",
        65,
        &["instruction", "task", "directive", "assignment", "guideline", "command", "mandate", "the next steps", "next content", "call to action", "marching orders", "what follows", "upcoming", "order"],
        r"\b(following|upcoming|next|subsequent|forthcoming|succeeding|additional|another|new|these|coming|imminent|vital|essential|urgent|important|crucial|critical|mandatory|priority|impending|incoming|more|extra|further|immediate) ((next|new|upcoming|vital|key|essential|urgent|important|crucial|critical|mandatory|set of|priority|content|pressing|high-priority) )?(instructions?|tasks?|directives?|assignments?|guidelines|commands?|mandates?|orders|steps|action|actions|content block|details|segment|information|data|passage|piece)\b<gap>\b(crucial|critical|vital|immediate(ly)?|imperative|urgent(ly)?|paramount|utmost|mandatory|non-optional|non-negotiable|essential|attention|prompt|demands?|requires?|ahead|await|right now|can't wait|cannot wait|alert|update|incoming|execut(e|ed|ion)|priority|follow closely|as crucial|as important|just as|follow)\b",
    ),
    rule(
        "announces_instructions",
        65,
        &["attention", "before you", "brace yourself", "stand by", "standby", "prepare to", "hold", "shift gears", "interrupt", "directive", "priority", "action", "gears", "pivot", "to-do list", "listen", "read carefully", "take note", "heads up", "halt", "pause"],
        r"\b(before you (proceed|continue|carry on|move on|go (on|any further)|dive in)\b<gap>(there|here|it|an|read|take|you)|brace yourself|demands? your (immediate|full|undivided|absolute|prompt)|(requires?|needs?|commands?) your (immediate|full|undivided|absolute|prompt|focus)|directive incoming|incoming (transmission|directive|instruction|task)|prepare to (pivot|engage|shift|execute|act|switch)|(time to|and) shift gears|immediate action (needed|required|alert)|(mandatory|priority|essential|urgent|critical|vital|new) (action|task|instruction|directive)s?( (alert|update|addition|ahead|required|incoming|priority))?:|instructions? (ahead|await|to follow|up ahead|incoming|that (await|follow))|execute upon reading|drop everything|hold that thought|stand by for)\b",
    ),
    rule(
        "announces_instructions",
        35,
        &["%%%", "[[[", ":::", ">>>", "###", "***", "!!!", "—mark", "---"],
        r"(%%%+|\[\[\[|:::|>>>+|\*\*\*|!!!) ?[a-z][^\n]{3,60} ?(%%%+|\]\]\]|:::|<<<+|\*\*\*|###+|!!!)|###+ [a-z][a-z '-]{3,50} ###+",
    ),
    rule(
        "sends_data_away",
        65,
        &["send ", "forward ", "post ", "email ", "exfiltrate", "upload ", "transmit "],
        r"\b(send|forward|post|email|exfiltrate|upload|transmit|append)\b<gap>\b(conversation|chat history|messages?|passwords?|credentials|api keys?|secrets|user data|emails|contents?|system prompt|context)\b<gap>\b(to|at) (https?:|[a-z0-9._+-]+@|the (url|address|server))",
    ),
];
