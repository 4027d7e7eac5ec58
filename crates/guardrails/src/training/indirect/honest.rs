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
    "{Call|Ring|Text|E-mail} me {when you arrive|on <day>|if anything changes|after the meeting}.",
    "{Your|The} {payment|card|order|account} {was charged|has been confirmed|will be renewed|was updated} on <day>.",
    "I {wrote|sent|checked|finished|reviewed} the <paper> {on <day>|with <name>|this morning}.",
    "{Thank you for your|We received your} {message|reply|answer|request|order}{.| and will respond within two days.}",
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
];

/// An honest document of 3 to 14 sentences of one kind.
pub(super) fn document(random: &mut Random) -> String {
    let (kind, patterns) = KINDS[random.below(KINDS.len())];
    let sentences = 3 + random.below(12);
    let mut text = String::new();
    for place in 0..sentences {
        let ends = if matches!(kind, "changes" | "questions") || random.below(3) == 0 { "\n" } else { " " };
        let numbered = kind == "manual" && ends == "\n" && random.below(2) == 0;
        if numbered {
            text.push_str(&format!("{}. ", place + 1));
        }
        text.push_str(&capital(&one_of(patterns, LISTS, random)));
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
