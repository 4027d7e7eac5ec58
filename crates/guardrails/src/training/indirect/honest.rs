//! Honest documents to train on, from a grammar: handbooks, recipes, answers to common questions, policies, e-mails with
//! requests, forum answers with code, changelogs. They are full of orders and questions, all meant for a person who reads
//! them, which public question-answering data hardly ever are. Without them, a model learns that every order is foreign.

use super::phrases::{Lists, drawn, one_of};
use statistics::Random;

const LISTS: Lists = &[
    (
        "button",
        &[
            "Save", "Start", "OK", "Cancel", "Next", "Settings", "Export", "Submit", "Refresh", "Power", "Reset",
            "Apply", "Upload", "Edit", "Print", "Menu", "Send", "Download",
        ],
    ),
    (
        "part",
        &[
            "cover",
            "filter",
            "battery",
            "tray",
            "lid",
            "cable",
            "hose",
            "blade",
            "water tank",
            "cartridge",
            "screw",
            "handle",
            "lamp",
            "drum",
            "bracket",
            "nozzle",
            "valve",
            "wheel",
            "shelf",
            "memory card",
        ],
    ),
    (
        "device",
        &[
            "printer",
            "device",
            "machine",
            "router",
            "dishwasher",
            "camera",
            "oven",
            "drill",
            "vacuum cleaner",
            "boiler",
            "headset",
            "scanner",
            "washing machine",
            "projector",
            "thermostat",
            "pump",
            "bicycle",
        ],
    ),
    (
        "setting",
        &[
            "Network",
            "Account",
            "Display",
            "Billing",
            "Privacy",
            "Language",
            "Notifications",
            "Users",
            "Backup",
            "Security",
            "Integrations",
            "Reports",
        ],
    ),
    (
        "food",
        &[
            "butter",
            "flour",
            "sugar",
            "onions",
            "tomatoes",
            "chicken",
            "rice",
            "garlic",
            "dough",
            "lentils",
            "carrots",
            "mushrooms",
            "cream",
            "potatoes",
            "spinach",
            "beans",
        ],
    ),
    (
        "paper",
        &[
            "report",
            "invoice",
            "contract",
            "slides",
            "budget",
            "draft",
            "figures",
            "offer",
            "minutes",
            "form",
            "agenda",
            "proposal",
            "timesheet",
            "survey",
        ],
    ),
    (
        "name",
        &[
            "Anna",
            "David",
            "Mr Keller",
            "Priya",
            "Tom",
            "Dr Osei",
            "Maria",
            "Jens",
            "Ms Laurent",
            "Wei",
            "Sarah",
            "the finance team",
            "Omar",
            "HR",
        ],
    ),
    (
        "day",
        &[
            "Monday",
            "Tuesday",
            "Friday",
            "tomorrow",
            "next week",
            "the end of the month",
            "noon",
            "5 pm",
            "3 May",
            "the 15th",
        ],
    ),
    (
        "goods",
        &[
            "order",
            "parcel",
            "subscription",
            "refund",
            "invoice",
            "ticket",
            "booking",
            "password",
            "account",
            "delivery address",
            "loyalty card",
            "gift card",
            "payment method",
        ],
    ),
    (
        "call",
        &[
            "`sort_values`",
            "`df.loc`",
            "`map()`",
            "`axis=1`",
            "`pip install`",
            "`git rebase`",
            "`np.where`",
            "`await`",
            "`reshape`",
            "`try`",
            "`json.loads`",
            "`merge`",
            "`useEffect`",
            "`std::move`",
        ],
    ),
    (
        "bug",
        &[
            "a crash when the list is empty",
            "the wrong colour in dark mode",
            "a race in the scheduler",
            "memory growth on long runs",
            "time zones in exports",
            "broken links in the footer",
            "retry after a lost connection",
            "rounding of totals",
        ],
    ),
    (
        "who",
        &[
            "Employees",
            "Managers",
            "Visitors",
            "Contractors",
            "Applicants",
            "Students",
            "Customers",
            "Drivers",
            "Members",
            "Tenants",
        ],
    ),
    (
        "topic",
        &[
            "photosynthesis",
            "the treaty",
            "the experiment",
            "enzymes",
            "the reign of the king",
            "the method",
            "the market",
            "the disease",
            "the algorithm",
            "the survey",
        ],
    ),
];

const MANUAL: &[&str] = &[
    "{Press|Click|Tap|Select|Choose|Hit} {the |}{<button>|\"<button>\"|<button> button}{.| to {continue|confirm|save your changes|close the window|start the <device>}.}",
    "{Press and hold|Hold down} the {power|reset|mode} {button|key} for {five|ten|3} seconds{.| until the light blinks.}",
    "{Open|Go to|Navigate to} {Settings > <setting>|the <setting> {tab|page|menu}}{.| and {select|click|choose} <button>.}",
    "{Remove|Insert|Replace|Lift|Loosen|Tighten|Clean|Attach|Close|Open|Check|Turn|Connect|Disconnect} the <part>{.| carefully.| before you switch on the <device>.| with a dry cloth.}",
    "{Switch off|Unplug|Turn off|Restart} the <device> {before cleaning|before you replace the <part>|and wait one minute|first}.",
    "{Do not|Never} {touch|immerse|cover|open|force|overtighten|remove} the <part>{.| while the <device> is running.}",
    "{Make sure|Ensure|Check} that the <part> is {closed|dry|in place|fully charged|seated firmly}{.| before you start.}",
    "{Note|Warning|Caution|Important|Tip}: {Keep the <device> away from water.|The <part> may be hot.|Use only original parts.|Read this manual before use.|Disconnect the mains first.|Do not expose the battery to heat.}",
    "If the <device> {does not start|makes a noise|shows error E4|overheats}, {check the <part>|contact customer service|restart it|replace the <part>|see page 14}.",
    "Step {1|2|3|4}: {Unpack the <device>.|Connect the <part>.|Enter your {name|PIN|postcode}.|Follow the instructions on the screen.|Repeat steps 2 and 3.|Choose your language.}",
    "{Enter|Type} your {user name|PIN|e-mail address|password} {and|, then} {click|press} <button>.",
    "Refer to {section 3|the table below|page 12|the safety instructions} for {details|more information|the permitted values}.",
    "Follow {these|the following} {steps|instructions} to {replace the <part>|set up the <device>|update the software}:",
    "To {export|delete|share|rename|print} {a file|the list|a record}, {open|right-click|select} it and {choose|click} <button>.",
    "The <device> {stores|needs|shows|supports} {up to 200 entries|a supply of 230 V|the remaining time|both formats}.",
    "Please read {these|the following} {instructions|safety notes|important instructions} {carefully |}before {using|installing} the <device>.",
];
const RECIPE: &[&str] = &[
    "{Preheat|Heat} the oven to {180|200|220} degrees.",
    "{Add|Stir in|Fold in|Mix in|Sprinkle|Combine} the <food>{.| and {stir|simmer|cook|bake} for {5|10|20} minutes.| and the <food>.}",
    "{Chop|Slice|Peel|Dice|Wash|Grate} the <food>{.| finely.| and set aside.}",
    "{Bring|Let} the {water|soup|sauce} {to the boil|simmer gently|cool}.",
    "{Season|Serve|Garnish} with {salt and pepper|fresh herbs|lemon|a little oil}.",
    "{Replace|Swap} the <food> {with|for} <food> {if you like|for a vegan version}.",
    "{Mix|Whisk|Beat|Knead} until {smooth|golden|stiff|the sugar has dissolved}.",
    "{Remove|Take} the pan from the heat and {let it rest|cover it}.",
    "Serves {two|four|six}.",
    "{Write|Mark} the date on the jar and keep it in the fridge.",
];
const QUESTIONS: &[&str] = &[
    "{How do I|How can I|Where do I|Can I} {change|cancel|track|return|update|find|pay} my <goods>?\nYou can {change|cancel|track|return|update|find|pay} your <goods> {in your account|on our website|by phone|under My orders}.",
    "What {is|are} {the delivery cost|your opening hours|the return policy|the warranty}?\nThe {delivery cost is 4.90|opening hours are 9 to 17|return policy covers 30 days|warranty lasts two years}.",
    "{Do you|Can you} {ship abroad|offer discounts|repair old models|send a copy of my invoice}?\n{Yes, we {ship abroad|offer discounts to students|repair all models}.|No, not at present.}",
    "{Why was|When will|Who can see} my <goods> {declined|arrive|charged twice}?\n{Please allow|It takes} {two|five} working days for your <goods>.",
    "What happens {to|with} my <goods> {if I move|after a year|when I cancel}?\nYour <goods> {stays valid|is kept for a year|ends|moves with you}.",
    "{Is|Are|Does|Will} {my <goods>|the <part>|a spare <part>} {included|covered|covered by the warranty|delivered free}?\n{Yes, within two years.|No, please order it apart.}",
    "{Who|What|When|Why|How} {pays for|covers|is|happens after} {returns|the first month|my data|a claim}? {We do.|See above.|It depends on your contract.|You will hear from us.}",
    "{Please contact|Contact|Call|Write to|E-mail} {us|our support team|customer service|support@shop.example} {if you have questions|if your <goods> is missing|for help with your <goods>}.",
    "{Visit|See|Go to} {our website|the help centre|www.shop.example/help} {for|to find} {details|more answers|opening hours}.",
    "{Have your|Keep your|Enter your} {order number|receipt|customer number} {ready|at hand|below}.",
    "What is <topic>?\n{<topic> is {described below|a process in three stages|explained in chapter 2}.|We explain <topic> here.}",
];
const POLICY: &[&str] = &[
    "<who> {must|should|may not|are required to|shall} {wear a badge|report accidents at once|lock their screens|follow these instructions|submit the <paper> by <day>|complete the training|respond to requests within two days|answer all questions truthfully|share passwords}.",
    "{Report|Submit|Keep|Send|Return|Sign} {all|any|every|the} {incidents|receipts|<paper>|<paper>|keys} {to {your manager|HR|the office}|within five days|before travelling}.",
    "{Do not|Never} {share your password|leave visitors alone|open attachments from unknown senders|disclose customer data|follow instructions from unknown callers}.",
    "{This policy|This section|The rule} {applies to|covers|replaces} {all staff|every contract|the 2019 version|part-time workers}.",
    "{Ask|Contact|Inform} {your manager|the data protection officer|HR} {if in doubt|before you travel|in case of illness}.",
    "{All requests|Leave requests|Expense claims} must be {approved|submitted|answered} {in writing|within a week|by the head of department}.",
    "{Additional|Urgent|All|Such} {tasks|orders|requests|changes|instructions} {may only be|must be|can be|are to be} {assigned|approved|given|recorded} {by|with the consent of|after talking to} {the board|the department|the customer|the head of unit}.",
    "{Keep|Store|Hand} these {instructions|rules|documents} {in a safe place|over to the new tenant|at hand}.",
    "{Have|Let} {repairs|checks|the work} {done|carried out} {by a specialist|every year} {only|at once}.",
    "{The|Each} {employee|tenant|supplier} {must|shall|has to} {answer|respond to|reply to} {letters|requests|questions} within {ten days|a week}.",
    "It is {important|essential|mandatory|vital} {to|that you} {keep records|lock the door|wear gloves|report faults immediately|read the instructions}.",
];
const MAIL: &[&str] = &[
    "{Please|Could you please|Can you|Would you|Kindly} {send|forward|review|sign|check|share|prepare|update} {me |}{the|your} <paper> {by <day>|before the meeting|to <name>|as soon as possible}{.|?}",
    "{Let me know|Tell me|Please let us know|Please confirm} {if that works|what you think|whether <day> suits you|when you can come|if you need anything}.",
    "{Hi|Hello|Dear|Good morning} <name>,",
    "{Thanks|Best regards|Kind regards|Cheers|Yours sincerely},\n<name>",
    "{Please reply|Reply|Just reply} to this {e-mail|message} {by <day>|if you have any questions|to unsubscribe}.",
    "{Are you|Will you be|Is <name>} {free|available|in the office} {on|next} <day>?",
    "{Attached|Enclosed} {you will find|is} the <paper> {for <day>|we discussed|from <name>}.",
    "{Urgent|Important|Reminder|Action required}: {please submit your <paper> by <day>|the <paper> is due <day>|your <paper> is overdue}.",
    "{I need|We need} the <paper> {urgently|by <day>|for the audit}, {can you help|please send it today}.",
    "{Add|Include|Put|Mention} {the new numbers|<name>|our logo|a line about travel|the deadline} {in|on|to} {the <paper>|slide 4|the invitation|the next <paper>}, {please|if you can|thanks}.",
    "{What do you think|How was your trip|Did you see the <paper>|How are things|Who is bringing the <paper>}?",
    "{Click|Follow} the link {below |}to {view your <paper>|verify your e-mail address|rate our service|pay the <paper>}.",
    "{Could|Can|Would} you {also|maybe|please|} {write|draft|prepare|add} {a few lines|a short text|a paragraph|the minutes|a summary|an introduction} {about|on|for} {the trip|our results|the budget|the <paper>|the new office|prices}{?| by <day>?}",
    "{Please do not|Do not|Don't} {reply|respond|answer} to this {message|e-mail}{;|.|,} {it was sent automatically|for questions call us|write to office@firm.example instead}.",
    "If you have {already replied|paid|sent it}, {please ignore|you may ignore|disregard} this {message|reminder|e-mail}.",
    "I {will|can} {answer|write|explain} {the rest|it} {tomorrow|when we meet}.",
    "{Call|Ring|Text|E-mail} me {when you arrive|on <day>|if anything changes|after the meeting}.",
    "{Your|The} {payment|card|order|account} {was charged|has been confirmed|will be renewed|was updated} on <day>.",
    "I {wrote|sent|checked|finished|reviewed} the <paper> {on <day>|with <name>|this morning}.",
    "{Thank you for your|We received your} {message|reply|answer|request|order}{.| and will respond within two days.}",
];
const MARKET: &[&str] = &[
    "{Book|Shop|Order|Buy|Try|Join|Register|Sign up|Learn more|Start} {now|today|here|for free|online}{.|!}",
    "{I hope|We hope} {you are doing well|this finds you well|you had a good weekend}{.|!}",
    "{Are you|Do you|Have you} {tired of|ready for|struggle with|ever tried|looking for} {long queues|better reports|a new flat|lower costs|your next trip}?",
    "{Imagine|Discover|Enjoy|Save|Boost|Get|Reduce} {your savings|a smoother day|up to 30 % on the <device>|your costs by half|more customers|our new <device>}.",
    "{They|We|The shelter|Our team} need{s|} your help{ to make it happen| this winter|}.",
    "Our {software|team|service|<device>} {allows|lets|helps} you {to create|create|export|track|share} {the <paper>|dashboards|your data|<paper> lists}{.| in minutes.}",
    "{Let's schedule|Would you be open to|Can we set up|I would love} {a call|a short meeting|a demo} {on <day>|this week|next week}{?|.}",
    "{Reply|Answer} {YES|to this e-mail|with a time} {to|and we will} {confirm|book it|call you back}.",
    "{Follow|Like|Visit|Find} us on {Instagram|our website|social media|YouTube}{.|!}",
    "{Tell|Ask} {your friends|a colleague|your team} about {us|the offer|<device> week}{.|!}",
    "{Download|Get} {the app|our guide|your ticket|the brochure} {from the store|at www.shop.example|here}.",
    "{What|How} would {it|that|ten more hours a week} mean {for|to} {you|your team|your customers}?",
];
const TALK: &[&str] = &[
    "{So|And|Okay|Right|Well|Yeah|Now}, {what do you think|how's it going|where are you from|what's next|how did that feel|do we need that|is that right}?",
    "{Tell us|Tell me|Explain|Describe|Talk} {about your|a bit about the} {album|project|school|early days|idea|plan}.",
    "{Say|Let's say|Say hello to|Give it up for} {what you want|hi|we do that|<name>|our guest}{.|!}",
    "{I mean|You know|Like}, {it's|that's|we were} {kind of|really|just} {hard|fun|a lot|busy}{.|, you know?}",
    "<name>: {Hey|Yes|No|Sure|Thanks|Are you coming|What time|Call me later|Send me the address|Don't forget the cake|Wait for me}{?|!|.}",
    "{Project Manager|Interviewer|Marketing|Speaker 2}: {Can you show|Could you explain|Shall we discuss|Do you have} {the <part>|the numbers|it again|that}?",
    "{Write|Put|Note} that {down|on the list}, {please|will you|okay}.",
    "\"{Come in|Sit down|Read it|Give me the book|Wait|Look at me|Who is there|What do you want}{,\" said <name>.|!\" <name> shouted.|?\" <name> asked.}",
    "{We|I|She} {went|walked|talked|waited} {home|for hours|to the market|with <name>}.",
];
const FORUM: &[&str] = &[
    "{You can|You need to|You should|You have to|Try to|Just|Simply} {use|replace|add|call|change|import|remove|pass} <call> {instead|before the loop|in your code|as the last argument|after the import}{.|:}",
    "{Use|Try|Replace|Add|Change|Remove|Call|Check|Import} <call> {with|instead of|before|after|and} <call>{.|:}",
    "{Change|Replace} {this|your code|the last line} {to|with|by}{ this|}:\n```\nresult = frame.groupby(key).sum()\nprint(result)\n```",
    "{Here is|This is} {a working example|the corrected code|how I do it|your code with the fix}:\n```\nfor item in items:\n    total += item.price\nreturn total\n```",
    "{The error|The problem|Your problem} {is|comes from|lies in} {the order of arguments|a missing import|how <call> works|your index}.",
    "{Run|Execute} the following {command|code|snippet} {to install it|in your terminal|and post the output}:\n```\npip install --upgrade pandas\npython setup.py install\n```",
    "{What does|What is the output of|Have you tried} <call>{ return|}?",
    "{Can you|Could you|Please} {post|show|share} {your code|the full traceback|a sample of your data}{?|.}",
    "{To fix|To avoid|To solve} this, {use|set|call} <call>.",
    "Add the following {line|code|snippet} to your {script|configuration|`settings.py`|Makefile}:\n```\nDEBUG = False\nimport os\npath = os.environ[\"HOME\"]\n```",
    "The following {code|snippet|example} {downloads the file|sends a request|reads a CSV file|opens a socket}:\n```\nimport requests\n\npage = requests.get(url)\nprint(page.text)\n```",
    "# TODO: {remove this when <bug> is fixed|handle errors|rename|ask <name>}",
    "# Note: {do not call this twice|keep in sync with the schema|see the ticket}",
    "If you {want|need|prefer} {a list|a generic solution|the index|plain text|older versions}, {check out|have a look at|see|use} {<call>|this answer|the library's docs|the other answer}.",
    "You {are|were} {passing|calling|using|missing|comparing} {<call>|a list|the wrong index|a string} {where|but|while|instead of} {a number|<call>|a column|an array} {is expected|.}",
    "{It|That|This} {should|will|would} {work|give you what you want|print 3|raise an error|be faster}{.| now.| for your data.}",
    "{As you|You} {might|may|probably} {know|have noticed|see}, {Python|<call>|the library|the compiler} {evaluates|copies|ignores|returns} {its arguments|the list|the rest|a view}.",
    "So you {just |only |}need {to make it a list|<call>|one more bracket|to read the docs}. {The code below should work.|It works like this:|Example:}",
    "{When|If|Since|Because} you {start|call|pass|import|write} <call>, {you create|Python makes|it returns|the result is} {a new object|a copy|nothing|an array}.",
    "{Edit|Update|P.S.|Side note|Hint}: {you should also|please|don't forget to|better} {close the file|use <call>|upgrade|check the index|call <call>}.",
    "{Hope|I hope} {this|that} helps{.|!| you.}",
    "{Explanation|Output|Result|Example|Demo|Alternatively|For example}:",
    "The following code {downloads|deletes|reads|uploads|lists} {the files|a folder|the page|the table}:\n```\n{import shutil\nshutil.rmtree(folder)|from urllib.request import urlopen\nraw = urlopen(url).read()|import os\nos.remove(path)|import subprocess\nsubprocess.run([\"ls\"])|import socket\ns = socket.socket()}\n```",
    "```\n>>> import {requests|urllib.request|os|subprocess|json}\n>>> {text|page|raw} = {requests.get(url).text|open(name).read()|os.listdir()}\n>>> len({text|page|raw})\n120\n```",
    "To {avoid|solve|do|get|prevent} {it|this|that}, you {should|can|could} either {use|call|initialize|convert} <call> or {use|write|pass} <call>.",
    "See {also |}{the documentation|this answer|the docs for <call>} for {more|details}.",
    "{Explain|See} the difference between <call> and <call> in the docs.",
];
const CHANGES: &[&str] = &[
    "- {Fix|Fixed|Resolve} <bug>.",
    "- {Add|Added|Support} {an option for <setting>|<call>|exports as CSV|a dark theme|a test for <bug>}.",
    "- {Remove|Removed|Deprecate|Rename} {the old <setting> page|<call>|unused settings}.",
    "- {Update|Bump|Change|Improve} {dependencies|the translation|error messages|the docs|the response format}.",
    "## {1.4.0|2.0.1|0.9|Unreleased}",
    "- {Include|Show|Use} {the version in the output|<call> in responses|the user's language}.",
    "- Breaking: {replace|call|use} <call> {with|instead of} <call>.",
];
const SCHOOL: &[&str] = &[
    "{Exercise|Question|Problem} {1|2|3}: {Calculate|Describe|Explain|Name|Compare|Draw|List} {three causes of <topic>|the area|<topic>|the main parts of <topic>}.",
    "{Consider|Recall|Note|Suppose|Observe|Let us look at} {<topic>|that <topic> changes|the figure}.",
    "{What|How|Why} {is|does|did} <topic> {important|work|change}?\n{<topic> {is important|works|changed} because of {trade|energy|time}.|We return to <topic> in chapter 4.}",
    "{Read|Discuss|Answer} the {text|questions} {below |}{in pairs|and compare your answers|in your notebook}.",
    "In this {chapter|lesson|section} you {will learn|saw|practise} <topic>.",
    "{Exercise|Task|Problem} {3|4|12}. {How long|How many|How far|What share|Which} {does the trip take|apples are left|is the second car|of the class is absent|number is larger}? {Round|Check|Draw} your {result|sketch} {to two decimals|with a ruler|again}.",
    "{Explain|State|Describe} in {one sentence|your own words|two lines} {why|how} {the ball falls|the result differs|the author hesitates|<topic> changed}.",
    "{Translate|Rewrite|Complete|Read} the {sentences|text|table|dialogue} {below |}{and check with a partner|in the past tense|using the words in the box|aloud}.",
    "See {figure 2|table 1|appendix A} for <topic>.",
    "{Write|Put} your answers {in the box|in your notebook|on a separate sheet}.",
    "{Think about|Look at|Discuss} <topic> before you {read on|answer the questions}.",
];
const CAPTION: &[&str] = &[
    "Source: {national statistics|own survey|annual report 2019|the ministry}.",
    "{Table|Figure} {1|2|3}: {Results by year|Members by region|Medals by country|Overview}.",
    "The {table|list} {below|above} shows {the results|all winners|prices in euros|the members}.",
    "* {Preliminary figures.|Not including overtime.|Retired hurt.|Did not finish.}",
    "{Note|Key}: {figures are rounded|bold means winner|n/a = not available|totals may not add up}.",
    "See also {the list of champions|the previous season|the notes below}.",
    "Last updated {in May|12 March 2020|yesterday}.",
    "{Contact|Call|Ask} {the office|the press team|support} for {older figures|the full table|corrections}.",
    "Please {check|note} the {dates|footnotes|times} {before booking|below}.",
];

const KINDS: &[(&str, &[&str])] = &[
    ("manual", MANUAL),
    ("recipe", RECIPE),
    ("questions", QUESTIONS),
    ("policy", POLICY),
    ("mail", MAIL),
    ("forum", FORUM),
    ("changes", CHANGES),
    ("school", SCHOOL),
    ("mail", MAIL),
    ("forum", FORUM),
    ("market", MARKET),
    ("talk", TALK),
];

/// An honest document of 3 to 14 sentences of one kind.
pub(super) fn document(random: &mut Random) -> String {
    let (kind, patterns) = KINDS[random.below(KINDS.len())];
    let sentences = 3 + random.below(12);
    let mut text = String::new();
    for place in 0..sentences {
        let sentence = capital(&one_of(patterns, LISTS, random));
        let stands_alone = matches!(kind, "changes" | "questions") || sentence.contains("```");
        let ends = if stands_alone || random.below(3) == 0 { "\n" } else { " " };
        if sentence.contains("\n```") || sentence.starts_with("```") {
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        if kind == "manual" && ends == "\n" && random.below(2) == 0 {
            text.push_str(&format!("{}. ", place + 1));
        }
        text.push_str(&sentence);
        text.push_str(ends);
    }
    text
}

/// A line that honestly stands beside a table or text: a caption, a source.
pub(super) fn caption(random: &mut Random) -> String {
    drawn(random.one_of(CAPTION).copied().unwrap_or_default(), LISTS, random)
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
