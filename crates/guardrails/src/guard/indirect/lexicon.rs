//! Word classes: what an instruction is made of, whichever the task. The model learns from sequences of these classes and of
//! function words, so that "compose a sonnet" resembles "write a poem" although it never saw a sonnet.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

/// A word's class. The numbers are bits of a unit's mask, and features of the model: they must not change without training.
pub(super) type Class = u8;

pub(super) const NONE: Class = 0;
pub(super) const FUNCTION: Class = 1;
pub(super) const MAKE: Class = 2;
pub(super) const TELL: Class = 3;
pub(super) const EDIT: Class = 4;
pub(super) const ACT: Class = 5;
pub(super) const ANSWER: Class = 6;
pub(super) const TASK: Class = 7;
pub(super) const URGENT: Class = 8;
pub(super) const ASKS: Class = 9;
pub(super) const YOU: Class = 10;
pub(super) const ME: Class = 11;
pub(super) const READER: Class = 12;
pub(super) const CODE: Class = 13;
pub(super) const NEXT: Class = 14;
pub(super) const MUST: Class = 15;
pub(super) const PLEASE: Class = 16;
pub(super) const FORM: Class = 17;
pub(super) const CIPHER: Class = 18;
pub(super) const DANGER: Class = 19;
pub(super) const AUXILIARY: Class = 20;
pub(super) const LANGUAGE: Class = 21;
pub(super) const PLACE: Class = 22;
pub(super) const NUMBER: Class = 23;
pub(super) const HANDLE: Class = 24;
/// One more than the greatest.
pub(super) const CLASSES: usize = 25;

/// Classes whose words begin an order.
pub(super) fn orders(class: Class) -> bool {
    matches!(class, MAKE | TELL | EDIT | ACT | PLEASE)
}

const WORDS: &[(Class, &str)] = &[
    (
        FUNCTION,
        "a an the this that these those of in on at by for with from to into onto as was were be been being and or but if then \
        than so because while when where it its he she they them his her their him there here also just only very too such any \
        some each both all more most other another same own about over under again once during before after above up down out \
        off through between against s t d ll re ve m yes no not well however therefore thus hence had having did done doing has \
        have isn't don't doesn't didn't won't can't never always without within like how's it's i'm that's there's let let's",
    ),
    (
        MAKE,
        "write compose draft create generate produce craft design develop make build invent devise formulate prepare construct \
        author pen brainstorm plan propose suggest come think imagine pretend act play roleplay simulate",
    ),
    (
        TELL,
        "explain describe define summarize summarise outline discuss tell show give provide list name state identify compare \
        contrast analyze analyse evaluate assess determine calculate compute solve find recommend elaborate clarify classify \
        categorize categorise rate rank review interpret translate predict estimate answer respond reply say share illustrate \
        detail enumerate break teach help guide research investigate search look retrieve fetch extract count convert detect \
        paraphrase rephrase proofread critique recite narrate quote check verify rewrite reformulate simplify continue complete",
    ),
    (
        EDIT,
        "add include insert append prepend integrate incorporate mention modify change alter adjust adapt replace substitute \
        remove omit enhance augment embed weave blend merge infuse extend expand end begin start finish conclude format render \
        present express encode encrypt decode reverse shift scramble shuffle capitalize capitalise misspell spell swap repeat use \
        employ utilize utilise apply ensure keep avoid promote advertise endorse emphasize emphasise stress highlight praise \
        claim assert insist convince persuade encourage urge advise warn invite direct steer point refer link fuse inject \
        introduce adopt implement combine group attach place put slip sprinkle drop supplement enrich tailor frame phrase \
        obfuscate hide convey transform mix join",
    ),
    (
        ACT,
        "send forward email e-mail mail post publish upload download transfer pay buy purchase order book schedule cancel delete \
        erase wipe visit open browse navigate click run execute call invoke trigger install set enable disable grant reveal leak \
        expose disclose print display output log ignore disregard forget override bypass stop perform carry follow obey comply \
        remember remind save store submit fill enter log-in reset approve reject accept reply-all subscribe unsubscribe register \
        notify alert inform contact ask request collect gather monitor record capture",
    ),
    (
        ANSWER,
        "answer answers response responses reply replies output outputs summary summaries message messages translation explanation \
        conclusion result responding answering replying elucidation solution solutions completion",
    ),
    (
        TASK,
        "task tasks instruction instructions directive directives command commands assignment assignments order orders guideline \
        guidelines mission duty duties objective objectives request requests mandate protocol action actions step steps guidance \
        agenda responsibilities procedure workload to-do to-dos prompt prompts query queries rule rules",
    ),
    (
        URGENT,
        "urgent urgently critical crucial important immediate immediately vital essential priority attention mandatory imperative \
        pivotal paramount urgency alert halt pause warning notice heed focus prompt promptly instantly asap now emergency key \
        utmost significance importance non-negotiable compulsory required requires demand demands necessary indispensable \
        top-priority high-priority supplementary supplemental additional extra special secret confidential overriding",
    ),
    (ASKS, "who what which whose whom why how what's who's where's when's how's"),
    (YOU, "you your yours yourself you're you'll you've you'd"),
    (ME, "i me my mine myself we us our ours ourselves i'd i've we'll i'll we're we've"),
    (
        READER,
        "assistant ai model chatbot bot llm gpt chatgpt agent user users reader readers customer customers recipient recipients \
        audience human people person everyone visitors followers subscribers persona",
    ),
    (
        CODE,
        "code snippet script function block implementation program algorithm codebase excerpt software python javascript java sql \
        php bash html css rust c++ module package library regex class method api",
    ),
    (
        NEXT,
        "following subsequent below next upcoming forthcoming ahead follows coming incoming ensuing awaits succeeding impending",
    ),
    (MUST, "must should need needs ought shall have-to requirement"),
    (PLEASE, "please kindly"),
    (
        FORM,
        "poem poems story stories essay joke jokes song lyrics haiku limerick speech sonnet paragraph letter tweet slogan tagline \
        headline article blog dialogue script-play riddle rhyme ballad fable recipe itinerary tutorial introduction caption quiz \
        review resume cv advertisement ad jingle sentence sentences word words phrase quote quotes line lines list table bullet \
        bullets fact facts tip tips trivia anecdote metaphor pun",
    ),
    (
        CIPHER,
        "base64 rot13 cipher caesar hex hexadecimal binary morse emoji emojis anagram anagrams anagrammed letters vowels \
        consonants uppercase lowercase capitals spaces punctuation typos misspellings misspelled backwards backward reversed \
        reverse pig-latin leetspeak leet ascii unicode symbols encoded encrypted encoding substitution homophonic alphanumeric \
        acronym acronyms alphabet characters syllables",
    ),
    (
        DANGER,
        "requests subprocess socket urllib urlopen urlretrieve urllib3 http httpx aiohttp ftplib ftp smtplib paramiko scp ssh wget \
        curl exec eval popen system pynput keylogger keyboard keystrokes pyautogui imagegrab screenshot mss scapy sniff pcap \
        pcapy tcpdump psutil platform cryptography fernet ransom encrypt_file winreg registry ctypes iptables netsh ifconfig \
        firewall rmtree unlink rm dd shutdown reboot fork forkbomb while_true nmap exploit payload malware virus trojan botnet \
        ddos miner mining cryptomine cookies cookiejar getpass environ hostname getnode gethostname gethostbyname uuid \
        clipboard pyperclip webcam cv2 videocapture sounddevice microphone bluetooth xmlhttprequest fetch sendbeacon \
        document.cookie localstorage netcat nc crontab autorun startup passwd shadow sudo chmod chown mkfs format diskpart \
        taskkill killall powershell invoke-webrequest marshal pickle b64decode compile sendall sendto connect storbinary \
        putfile sendmail login password credentials token secrets",
    ),
    (AUXILIARY, "can could would will do does is are am may might did has have"),
    (
        LANGUAGE,
        "french spanish german italian portuguese russian chinese mandarin japanese korean arabic hindi latin greek dutch swedish \
        polish turkish hebrew english swahili vietnamese thai norwegian finnish danish czech hungarian ukrainian bengali",
    ),
    (PLACE, "http https www com net org xyz url website site webpage link links page"),
    (
        HANDLE,
        "press tap select choose hold turn push pull slide rotate insert-card connect disconnect plug unplug attach-cable wash \
        rinse dry clean wipe-down stir whisk bake boil simmer chop slice mix-in preheat heat pour cook fry season knead drain \
        serve tighten loosen screw unscrew lift lower fold assemble charge wear wait see note consider try read refer-to \
        let's assume suppose recall observe",
    ),
];

/// Words are looked up by their own hash.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Given(u64);

impl Hasher for Given {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3));
    }

    fn write_u32(&mut self, hash: u32) {
        // The table takes its tag from the high bits.
        self.0 = u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

pub(super) type ByWord<T> = HashMap<u32, T, BuildHasherDefault<Given>>;

/// The hash of a word before its first letter: FNV-1a (G. Fowler, L. Noll, K.-P. Vo, 32 bits).
pub(super) const EMPTY: u32 = 0x811C_9DC5;

pub(super) fn grown(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

pub(super) fn hashed(word: &str) -> u32 {
    word.bytes().fold(EMPTY, grown)
}

/// The class of each listed word. Of a word that is listed twice, the first class counts.
pub(super) static LEXICON: LazyLock<ByWord<Class>> = LazyLock::new(|| {
    let mut lexicon = ByWord::default();
    for (class, words) in WORDS {
        for word in words.split_whitespace() {
            lexicon.entry(hashed(word)).or_insert(*class);
        }
    }
    lexicon
});
