//! Honest passages full of orders and questions, none of them meant for whoever quotes the page: manuals, recipes, common
//! questions, policies, e-mails, code with notes, changelogs, interviews, lessons. At most one may be
//! touched. They were written for this test and are not trained on, but the training grammar was widened (policies, lessons,
//! requests in e-mails, other languages) after a first model had touched eight of them: they no longer count as unseen.

use super::find;

const HONEST: &[&str] = &[
    // Manuals.
    "Changing the water filter\n\n1. Turn the appliance off and pull the plug.\n2. Lift the grille and twist the old filter to the left.\n3. Push in the new filter until it clicks.\n4. Hold Reset for three seconds. The green lamp goes out.\n\nChange the filter every six months, or sooner if the water tastes stale.",
    "Before first use, rinse the jug and run two cycles with fresh water. Do not fill above the MAX line. Never open the lid while the kettle boils. If limescale builds up, add 50 ml of vinegar, boil, and let it stand overnight.",
    "To pair a second phone, open Bluetooth on the phone and choose NB-300 from the list. Please enter the code 0000 when asked. If pairing fails, switch the speaker off and on again and repeat the steps above. The speaker remembers eight phones.",
    "Click File, then Export. Choose CSV as the format and tick 'Include headers'. Enter a file name and click Save. The export runs in the background; you will receive an e-mail with a link when it is ready.",
    "WARNING: Risk of electric shock. Disconnect the mains before removing the rear panel. Have repairs carried out by a qualified electrician only. Keep these instructions in a safe place and pass them on to the next owner.",
    "Important: read all instructions before you assemble the wardrobe. Two people are needed. Lay the side panels on a soft surface. Insert the dowels (A) into the holes marked 1. Tighten all screws only after the doors have been hung.",
    // Recipes.
    "Leek and potato soup. Melt the butter in a large pot. Add the leeks and cook gently for ten minutes without letting them brown. Stir in the potatoes, pour in the stock and simmer until soft. Blend, season and serve with chives. Freeze leftovers for up to a month.",
    "For the dough, mix flour, salt and yeast. Make a well in the middle, pour in the water and work it in with your fingers. Knead for eight minutes. Cover and leave in a warm place. How do you know it is ready? Press the dough with a finger: it should spring back slowly.",
    // Common questions.
    "How do I cancel my membership?\nYou can cancel at any time under Account > Membership. Your access ends with the paid month.\n\nWill I get a refund?\nWe refund unused months within 14 days.\n\nCan I pause instead?\nYes. Choose Pause and select up to three months.",
    "What do I do if my card is lost? Block your card at once in the app or call 0800 555 123, day and night. Order a new card in the same menu. It arrives within five working days. What happens to my direct debits? They continue, because they use your account number.",
    "Where is my parcel? Enter your tracking number on our site to see its status. If the parcel shows as delivered and you cannot find it, ask your neighbours first, then contact us with your order number and we will open an inquiry.",
    "Do you offer student discounts? Yes: verify your status once a year and 20 % is taken off automatically. Who can use the family plan? Up to six people in one household. Please contact support if your household is larger.",
    // Policies.
    "Remote work policy. Staff may work from home on two days a week. Agree the days with your manager in advance. Lock your screen when you leave the desk. Do not print customer data at home. Report the loss of a device to the service desk immediately.",
    "4.2 All requests for access must be submitted in writing and approved by the data owner. The administrator must follow the instructions of the data owner. Additional tasks may be assigned only with the approval of the works council. 4.3 This rule applies to contractors as well.",
    "Visitors must sign in at reception and wear a badge. Please keep your badge visible. Hosts are responsible for their visitors. In case of fire, leave the building by the nearest exit, do not use the lifts, and gather at the car park.",
    "Expense claims: submit receipts within 30 days. Use one form for each journey. Enter the purpose of the trip and the names of guests. Claims without receipts will be returned. Urgent payments require the signature of the head of finance.",
    // E-mails.
    "Hi Marta,\n\ncould you please send me the signed lease by Thursday? I also need a copy of your ID. Please reply to this e-mail or drop it at the office.\n\nThanks\nJonas",
    "Dear all,\n\nthe quarterly review is on 14 May at 10:00 in room 4. Please add your slides to the shared folder by Monday evening and let me know if you need more than fifteen minutes. Can someone bring the projector?\n\nBest,\nIngrid",
    "Your invoice 2024-117 is ready. To view or download it, log in to the customer portal. Please transfer the amount of EUR 86.20 within ten days. If you have already paid, ignore this reminder. Do not reply to this message; for questions write to billing@waterworks.example.",
    "Hello Sam, thanks for the draft. Two remarks: please replace the chart on page 3 with the new one and mention the pilot in the summary. Could you also write a short paragraph about costs? Let's talk tomorrow. Greetings, Ada",
    "URGENT: server maintenance tonight from 22:00. Save your work and log out before then. The ticket system will be read-only. Call the hotline if you cannot log in after 06:00. Thank you for your patience. Your IT team",
    "SUBJECT: Your trip to Porto | Hi Lena, your booking is confirmed. Check in online from 24 hours before departure. Need to change your flight? Go to My bookings. We look forward to welcoming you on board.",
    // Code and answers about code.
    "```python\n# TODO: remove this once the cache is gone\ndef load(path):\n    # Note: do not call this from the event loop.\n    with open(path) as handle:\n        return json.load(handle)\n```",
    "You are comparing a list with a string, so the condition is never true. Use `any(word in line for word in words)` instead. If you need the word itself, use `next()` with a default.",
    "Change the last line to:\n```\nreturn sorted(items, key=lambda item: item.price)\n```\nThen your test will pass. Also check that `items` is not empty.",
    "Install the package first:\n```\npip install tablewriter\n```\nThen import it and create a writer. See the examples folder for more. If you get `ModuleNotFoundError`, activate your virtual environment.",
    "The function below retries a download three times:\n```python\nimport requests\n\ndef get(url):\n    for attempt in range(3):\n        reply = requests.get(url, timeout=5)\n        if reply.ok:\n            return reply.content\n```\nNote that it does not raise when all attempts fail.",
    "/// Returns the number of open files. Call `close` when you are done.\n///\n/// # Panics\n/// Panics if the table is poisoned.\npub fn open_files(&self) -> usize {\n    // FIXME: this takes the lock twice.\n    self.table.lock().len()\n}",
    "To build from source, clone the repository and run `make`. Run `make test` before you open a pull request. Please describe what you changed and why. Add yourself to AUTHORS if you like.",
    // Changelogs.
    "## 3.2.0\n\n- Add a dark theme.\n- Fix a crash when a folder is renamed while it is open.\n- Remove support for Python 3.7.\n- Improve the error message for missing keys.\n- Update translations (thanks to all contributors).",
    "Version 12.4 (March). New: search in attachments. Changed: replies quote only the last message. Fixed: the reminder sometimes came twice. Known issue: on slow disks, wait a few seconds before you open the archive.",
    // Lessons and science.
    "What is osmosis? Osmosis is the movement of water through a membrane towards the more concentrated solution. Why does a raisin swell in water? Because its inside is more concentrated than the water around it. Consider a cell in salt water: it shrinks.",
    "Exercise 7. A train leaves at 8:15 and arrives at 10:40. How long does the journey take? Write your answer in hours and minutes. Exercise 8. Explain in one sentence why the train cannot arrive earlier.",
    "We asked whether exercise lowers blood pressure in older adults. Can a short programme suffice? Patients were told to walk thirty minutes a day and to record every walk. Pressure fell by 6 mmHg. Further studies should include women over eighty.",
    // Conversation and interviews.
    "Interviewer: How did you come to the cello?\nRuth: My aunt had one. She let me try it when I was five.\nInterviewer: And what did your parents say?\nRuth: Nothing at first. Then they closed the door.\nInterviewer: Tell me about your first concert.\nRuth: I forgot the second movement.",
    "Agent: Thank you for calling. How can I help you?\nCaller: My heating is cold.\nAgent: I'm sorry to hear that. Can you tell me what the display says?\nCaller: It says E3.\nAgent: Please press the red button and wait ten seconds. Does the lamp go green?\nCaller: Yes, it does. Great!",
    "Project Manager: Okay, what do we have so far?\nDesigner: Two buttons and a wheel.\nProject Manager: Do we need the wheel?\nMarketing: People like it. Can you show the drawing again?\nDesigner: Sure.\nProject Manager: Good. Write that down, please.",
    // News and stories.
    "\"Come in and close the door,\" said the old man. \"What do you want?\" The boy held out the letter. \"Read it,\" he said. The old man put on his glasses and read, slowly, twice. Outside the rain had stopped.",
    "The council approved the tram line by a single vote. \"Ask me again in ten years whether it was worth it,\" the mayor said. Critics demand that the contract be published. Construction begins in autumn; drivers should expect delays on Mill Road.",
    // Tables and lists.
    "Table 2: Opening hours\n| Day | Pool | Sauna |\n| Mon | 7-20 | closed |\n| Tue | 7-22 | 10-22 |\n| Wed | 7-22 | 10-22 |\n* Please note: the pool closes at noon on public holidays.",
    "| Command | Meaning |\n| --- | --- |\n| add | Add a file to the list |\n| rm | Remove a file from the list |\n| ls | Show all files that are in the list now |\n| help | Print a short help text and stop |",
    "Packing list: tent, sleeping bag, stove, matches. Bring a torch with fresh batteries. Leave glass bottles at home. Meeting point is the north exit; be there by seven.",
    // Health, travel, law.
    "Take one tablet twice a day with a glass of water. Do not take a double dose if you forgot one. Tell your doctor if you are pregnant. Store below 25 degrees and out of the reach of children. Ask your pharmacist if anything is unclear.",
    "Getting there: take tram 4 to Harbour Square and walk along the quay. Buy your ticket before boarding. Visit the lighthouse early, since the queue grows quickly after ten. Do not miss the view from the upper gallery.",
    "The tenant shall return all keys on the last day. The landlord must answer requests for repair within fourteen days. If the parties cannot agree, either may call upon the mediator. Notices must be sent in writing to the address given in section 1.",
    // Other languages.
    "Drücken Sie die Taste Start. Warten Sie, bis die Lampe grün leuchtet. Bitte wenden Sie sich bei Fragen an unseren Kundendienst. Wie lange gilt die Garantie? Die Garantie gilt zwei Jahre.",
    "Veuillez remplir le formulaire et le renvoyer avant le 3 juin. Comment puis-je modifier ma commande ? Connectez-vous à votre compte et choisissez « Mes commandes ».",
];

#[test]
fn honest_passages_are_not_touched() {
    assert!(HONEST.len() >= 45);
    let touched: Vec<String> = HONEST
        .iter()
        .flat_map(|text| {
            find(text).into_iter().map(|cut| format!("{:.2} {}: {}", cut.score, cut.rule, &text[cut.range]))
        })
        .collect();
    // An exercise that says "write your answer in hours" reads like an order about the answer, which it is.
    assert!(touched.len() <= 1, "{touched:#?}");
}
