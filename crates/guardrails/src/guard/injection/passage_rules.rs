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
        &["your response", "your reply", "your answer", "your output", "your message", "your summary", "your elucidation", "your explanation"],
        r"\b(in|to|of|with|within|into|throughout|for|modify|enhance|augment|provide|render|encode|write|compose|deliver|format|complete|end|begin|start|conclude|encrypt|scramble|translate|present|craft|make|adapt|alter|reverse|convert|jumble|rephrase|express|spell|shift|give) (the (words|letters) of )?your (response|reply|answer|output|message|summary|explanation|elucidation)('s)?\b",
    ),
    rule(
        "directs_the_answer",
        35,
        &["your solution", "your implementation", "your algorithm", "your code", "the code you", "your script", "your program"],
        r"\b(in|to|with|within|into|the logic of|the framework of|the flow of|refine|complement|the robustness of|expedite|streamlin(e|ing)) (your|the) (solution|implementation|algorithm|code|script|program)\b",
    ),
    rule(
        "directs_the_answer",
        50,
        &["code block", "code excerpt", "code snippet", "code segment"],
        r"\b(following|subsequent|below|next) code (block|excerpt|snippet|segment)\b",
    ),
    rule(
        "announces_instructions",
        60,
        &["instruction", "task", "directive", "assignment", "guideline", "command", "mandate", "call to action", "marching orders", "protocol", "orders", "action"],
        r"\b(instructions?|tasks?|directives?|assignments?|commands?|mandates?|guidelines|protocol|orders|actions?)\b<gap>\b(that )?((immediate|undivided|absolute|prompt|utmost) (attention|focus|execution)|(demands?|commands?|requires?|needs?) (your|immediate|urgent|prompt|utmost)|ahead\b|await\b|coming (up|your way|down)|on the horizon|up next|about to be|can't wait|cannot (wait|be sidelined)|non-(optional|negotiable)|is imminent|incoming|cannot be (ignored|delayed)|linchpin|keystones?|your immediate)|\b(immediate|undivided|urgent)<gap>(call to action|marching orders)|\b(next|coming|upcoming|forthcoming|subsequent|succeeding|following|additional|another|new|supplementary|extra|pivotal) ((next|new|key|vital|essential|urgent|crucial|critical|pressing|supplementary|additional) )?(instructions?|task|directives?|assignment|mandates?|marching orders)\b<gap>\b(crucial|critical|vital|imperative|paramount|mandatory|pivotal|immediate(ly)?|executed?|await|as (crucial|important|critical) as)\b",
    ),
    rule(
        "announces_instructions",
        60,
        &["attention", "brace yourself", "shift gears", "directive", "priority", "gears", "pivot", "to-do list", "hold", "halt", "task", "stand by", "standby", "drop everything", "execute", "you're about to", "you are about to", "on the brink", "proceed", "carry on", "continue", "presses", "mission"],
        r"\b(before you (proceed|continue|carry on|move on|go any further|dive in)\b<gap>\b(additional|new|another|critical|crucial|important|essential) (task|instruction|assignment|directive)|brace yourself|(demands?|requires?|needs?|commands?) your (immediate|full|undivided|absolute|prompt) (attention|focus|and)|directive incoming|incoming (transmission|directive|instruction|task)|prepare to (pivot|engage with|shift gears|switch tracks)|time to shift gears|(mandatory|priority|essential|urgent|critical|vital|new|imperative|supplemental|task) (task|instruction|directive|mandate|list)s?( (alert|update|addition|ahead|incoming|priority|directive|required))?:|instructions? (ahead|await|up ahead|incoming)|execute upon reading|drop everything|hold that thought|stop (the presses|in your tracks)|(hold|halt|freeze|pause) (all|your current) (task|calls|distractions|activities|operations)|you('re| are) (about to (receive|encounter|be entrusted|be handed|read)|on the (brink|verge|cusp) of)<gap>(instructions?|tasks?|directives?|assignments?|mission|orders)|reveal is a critical|critical mission)",
    ),
    rule(
        "announces_instructions",
        45,
        &["%%%", "[[[", ":::", ">>>", "###", "***", "!!!", "+++", "<<<", "{{{", "---"],
        r"(%%%+|\[\[\[|:::|>>>+|\*\*\*|!!!|\+\+\+|<<<+|\{\{\{|--- ?) ?[a-z][^\n]{3,60} ?(%%%+|\]\]\]|:::|<<<+|\*\*\*|###+|!!!|\+\+\+|>>>+|\}\}\}| ---)|###+ [a-z][a-z '-]{3,50} ###+",
    ),
    rule(
        "announces_instructions",
        30,
        &["take a moment", "ensure your", "ensure you", "verify", "double-check", "crucial", "critical", "vital", "imperative", "attention", "listen", "take note", "pause", "alert", "heads up", "stand prepared", "act now", "hesitation", "mark this", "gear up", "instructions", "task"],
        r"\b(take a (moment|deep breath|brief)|take note|listen (closely|carefully)|read carefully|heads up|stand (prepared|by)|act now|without hesitation|mark this well|gear up|pause for|prompt (execution|action)|(critical|crucial|vital|imperative|pivotal|essential) (instructions?|tasks?|directives?|steps|actions?|update)|(instructions|task|directives?)\b<gap>\b(crucial|critical|vital|essential|pivotal|immediate(ly)?|to the letter|importance))",
    ),
    rule(
        "sends_data_away",
        65,
        &["send ", "forward ", "post ", "email ", "exfiltrate", "upload ", "transmit "],
        r"\b(send|forward|post|email|exfiltrate|upload|transmit|append)\b<gap>\b(conversation|chat history|messages?|passwords?|credentials|api keys?|secrets|user data|emails|contents?|system prompt|context)\b<gap>\b(to|at) (https?:|[a-z0-9._+-]+@|the (url|address|server))",
    ),
];
