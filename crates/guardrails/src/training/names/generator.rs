//! Makes labelled sentences: fills the authored templates, and the templates of labelled rows, with names from the lists.

use super::lists::Lists;
use crate::guard::names::tagger::Tagged;
use statistics::Random;

const TEMPLATES: &str = include_str!("templates.txt");
const PLAIN: &str = include_str!("plain.txt");

/// A text with its names, in bytes.
#[derive(Clone, Debug)]
pub(super) struct Labelled {
    pub(super) text: String,
    pub(super) names: Vec<Tagged>,
}

fn authored(file: &'static str) -> impl Iterator<Item = String> {
    file.lines()
        .filter(|line| !line.starts_with("# ") || line.contains("\\n"))
        .map(|line| line.replace("\\n", "\n").replace("\\t", "\t"))
}

pub(super) fn templates() -> Vec<String> {
    authored(TEMPLATES).collect()
}

pub(super) fn plain() -> Vec<String> {
    authored(PLAIN).collect()
}

pub(super) struct Generator<'a> {
    pub(super) lists: &'a Lists,
    /// Common words, for coined company names and tags.
    pub(super) words: &'a [&'a str],
    /// Values of labelled rows that may be used too, by kind.
    pub(super) values: [Vec<String>; 4],
    pub(super) random: Random,
}

impl Generator<'_> {
    fn pick<'b>(&mut self, things: &[&'b str]) -> &'b str {
        self.random.one_of(things).copied().unwrap_or_default()
    }

    fn chance(&mut self, share: f64) -> bool {
        self.random.share() < share
    }

    fn number(&mut self, digits: usize) -> String {
        (0..digits)
            .map(|at| char::from(b'0' + (if at == 0 { 1 + self.random.below(9) } else { self.random.below(10) }) as u8))
            .collect()
    }

    fn culture(&mut self) -> usize {
        // Cultures are drawn evenly half of the time; else the first English ones, whose names are the most frequent in practice.
        let all = self.lists.cultures.len();
        self.random.below(all)
    }

    fn first(&mut self, culture: usize) -> String {
        let lists = self.lists;
        self.pick(&lists.cultures[culture].first).to_owned()
    }

    fn last(&mut self, culture: usize) -> String {
        let lists = self.lists;
        let mut name = self.pick(&lists.cultures[culture].last).to_owned();
        if self.chance(0.05) {
            name = format!("{name}-{}", self.pick(&lists.cultures[culture].last));
        }
        if self.chance(0.03) {
            name = format!(
                "{} {name}",
                self.pick(&[
                    "van", "von", "de", "da", "van der", "de la", "bin", "al", "El", "di", "dos", "Mac", "St."
                ])
            );
        }
        name
    }

    fn initial(&mut self) -> char {
        char::from(b'A' + self.random.below(26) as u8)
    }

    /// A coined word that is in no list.
    fn coined(&mut self) -> String {
        let parts = [
            "ka", "ro", "mi", "tel", "vor", "san", "li", "dre", "chu", "wen", "ba", "zor", "ny", "fe", "gal", "ton",
            "ur", "is", "mo", "el", "thi", "qua", "pre", "ox", "sha", "no",
        ];
        let mut word: String = (0..2 + self.random.below(2)).map(|_| self.pick(&parts)).collect();
        word[..1].make_ascii_uppercase();
        word
    }

    fn name(&mut self) -> String {
        if self.chance(0.15) && !self.values[0].is_empty() {
            let values = &self.values[0];
            return values[self.random.below(values.len())].clone();
        }
        let culture = self.culture();
        let (mut first, mut last) = (self.first(culture), self.last(culture));
        if self.chance(0.08) {
            last = self.coined();
        }
        if self.chance(0.05) {
            first = self.coined();
        }
        match self.random.below(20) {
            0..=1 => format!("{first} {}. {last}", self.initial()),
            2 => format!("{first} {} {last}", self.first(culture)),
            3 => format!("{first} {last} {}", self.last(culture)),
            4 => format!("{}. {last}", self.initial()),
            5 => format!("{first} {} {last}", self.initial()),
            6 => format!("{first}-{} {last}", self.first(culture)),
            _ => format!("{first} {last}"),
        }
    }

    fn capitalised(word: &str) -> String {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }

    fn word(&mut self) -> String {
        let words = self.words;
        let at = self.random.below(words.len().min(6000));
        Self::capitalised(words[at])
    }

    fn organisation(&mut self) -> String {
        if self.chance(0.2) && !self.values[3].is_empty() {
            let values = &self.values[3];
            return values[self.random.below(values.len())].clone();
        }
        let culture = self.culture();
        let form = self.pick(&[
            "Inc.",
            "Inc",
            "LLC",
            "Ltd",
            "Ltd.",
            "GmbH",
            "AG",
            "Corp.",
            "Corporation",
            "Company",
            "Group",
            "Holdings",
            "S.A.",
            "plc",
            "Partners",
            "Industries",
            "Systems",
            "Solutions",
            "Technologies",
            "Consulting",
            "Logistics",
            "Labs",
            "Media",
            "Foundation",
            "Bank",
            "Insurance",
        ]);
        match self.random.below(14) {
            12..=13 => format!(
                "{} {}",
                self.last(culture),
                self.pick(&[
                    "Bank",
                    "University",
                    "Hospital",
                    "Airlines",
                    "Motors",
                    "Scientific",
                    "Health Care",
                    "Industries",
                    "Brothers",
                    "Soup Company",
                    "Methodist",
                    "College",
                    "Institute",
                    "High School",
                    "Medical Center",
                    "Stanley",
                    "Bank, N.A.",
                    "& Sons",
                    "Group",
                    "Foundation"
                ])
            ),
            0..=1 => format!("{} {form}", self.last(culture)),
            2 => format!("{} and {}", self.last(culture), self.last(culture)),
            3 => format!("{}, {} and {}", self.last(culture), self.last(culture), self.last(culture)),
            4 => format!(
                "{} {}",
                self.city(),
                self.pick(&[
                    "University",
                    "Hospital",
                    "Bank",
                    "Medical Center",
                    "Museum",
                    "School of Arts",
                    "Airlines",
                    "City Council",
                    "Chamber of Commerce"
                ])
            ),
            5 => format!("{} {form}", self.coined()),
            6 => self.coined(),
            7 => format!("{} {} {form}", self.word(), self.word()),
            8 => format!("{} {form}", self.word()),
            9 => (0..3 + self.random.below(2)).map(|_| self.initial()).collect(),
            10 => format!(
                "{}{}",
                self.word(),
                self.pick(&["Tech", "Soft", "ly", "Corp", "Works", "Mart", "Hub", "Net", "Path", "Source"])
            ),
            _ => self
                .pick(&[
                    "Microsoft",
                    "Google",
                    "Amazon",
                    "Apple",
                    "Siemens",
                    "Toyota",
                    "Samsung",
                    "Barclays",
                    "HSBC",
                    "Nestlé",
                    "Volkswagen",
                    "Pfizer",
                    "Deloitte",
                    "UNICEF",
                    "NASA",
                    "FBI",
                    "BBC",
                    "Red Cross",
                    "United Nations",
                    "European Union",
                    "World Bank",
                    "Facebook",
                    "Netflix",
                    "Intel",
                    "Boeing",
                    "Wells Fargo",
                    "Morgan Stanley",
                    "Ford",
                    "Chase Bank",
                    "Goldman Sachs",
                    "Johnson & Johnson",
                    "Campbell Soup",
                    "Stanford University",
                    "Mayo Clinic",
                ])
                .to_owned(),
        }
    }

    fn city(&mut self) -> String {
        let lists = self.lists;
        if self.chance(0.05) { self.coined() } else { self.pick(&lists.cities).to_owned() }
    }

    fn country(&mut self) -> String {
        let lists = self.lists;
        self.pick(&lists.countries).to_owned()
    }

    /// A place that is called after someone or something.
    fn landmark(&mut self) -> String {
        let culture = self.culture();
        let name = if self.chance(0.5) { self.last(culture) } else { self.city() };
        format!(
            "{name} {}",
            self.pick(&[
                "Bridge",
                "Airport",
                "Opera House",
                "Tower",
                "Castle",
                "Cathedral",
                "Park",
                "Zoo",
                "River",
                "Lake",
                "Island",
                "Beach",
                "Valley",
                "Station",
                "Hall",
                "Palace",
                "Square",
                "Mountains",
                "Canyon",
                "Stadium"
            ])
        )
    }

    /// What is called after someone and is neither person nor place.
    fn thing(&mut self) -> String {
        let culture = self.culture();
        let name = match self.random.below(4) {
            0 => self
                .pick(&[
                    "Roman", "Spanish", "Irish", "Persian", "Ottoman", "Russian", "French", "Cold", "Civil", "Great",
                    "Nobel", "Golden", "Royal", "Black", "Young", "Apple", "Windows",
                ])
                .to_owned(),
            1 => self.word(),
            2 => self.first(culture),
            _ => self.last(culture),
        };
        format!(
            "{name} {}",
            self.pick(&[
                "Empire",
                "War",
                "Revolution",
                "Award",
                "Prize",
                "theorem",
                "Theorem",
                "Treaty",
                "Act",
                "Effect",
                "effect",
                "syndrome",
                "Syndrome",
                "disease",
                "Cup",
                "League",
                "Festival",
                "Inquisition",
                "Genocide",
                "Famine",
                "Method",
                "algorithm",
                "Project",
                "Pro",
                "Edition",
                "Theory",
                "Protocol",
                "Framework",
                "Salad",
                "Soup",
                "Whisky",
                "Watch",
                "Station",
                "Report",
                "Scale",
                "Test",
                "constant",
                "Curry",
                "card",
                "account",
                "Rewards"
            ])
        )
    }

    fn state(&mut self) -> String {
        let lists = self.lists;
        self.pick(&lists.states).to_owned()
    }

    fn street(&mut self) -> String {
        let culture = self.culture();
        let name = match self.random.below(3) {
            0 => self.word(),
            1 => self
                .pick(&[
                    "Oak",
                    "Maple",
                    "Elm",
                    "Park",
                    "Main",
                    "Church",
                    "Mill",
                    "King",
                    "High",
                    "Station",
                    "Lake",
                    "Hill",
                    "River",
                    "Cedar",
                    "Pine",
                    "Washington",
                    "Victoria",
                    "Green",
                ])
                .to_owned(),
            _ => self.last(culture),
        };
        match self.random.below(8) {
            0 => format!(
                "{name}{}",
                self.pick(&[
                    "straße", "strasse", "weg", "gasse", "platz", "allee", "gatan", "vägen", "vej", "gade", "straat",
                    "laan", "katu", "tie", "veien"
                ])
            ),
            1 => format!(
                "{} {name}",
                self.pick(&[
                    "Rue",
                    "rue de",
                    "Via",
                    "Calle",
                    "Avenida",
                    "Rua",
                    "Rúa",
                    "ul.",
                    "Plaza",
                    "Carrera",
                    "Avenue",
                    "Place",
                    "Piazza",
                    "boulevard",
                    "Chemin du"
                ])
            ),
            _ => format!(
                "{name} {}",
                self.pick(&[
                    "Street",
                    "St",
                    "St.",
                    "Road",
                    "Rd",
                    "Avenue",
                    "Ave",
                    "Lane",
                    "Drive",
                    "Dr",
                    "Court",
                    "Way",
                    "Boulevard",
                    "Blvd",
                    "Place",
                    "Parkway",
                    "Square",
                    "Terrace",
                    "Close",
                    "Crescent",
                    "Row",
                    "Mews",
                    "Trail",
                    "Hill",
                    "Grove"
                ])
            ),
        }
    }

    fn address(&mut self) -> String {
        if self.chance(0.2) && !self.values[2].is_empty() {
            let values = &self.values[2];
            return values[self.random.below(values.len())].clone();
        }
        let (street, city) = (self.street(), self.city());
        let digits = 1 + self.random.below(4);
        let (house, zip) = (self.number(digits), self.number(5));
        let lists = self.lists;
        let state: String = if self.chance(0.7) {
            (0..2).map(|_| self.initial()).collect()
        } else {
            self.pick(&lists.states).to_owned()
        };
        let flat = match self.random.below(4) {
            0 => format!(" {} {}", self.pick(&["Apt.", "Suite", "Apt", "Unit", "#", "Flat", "Floor"]), self.number(3)),
            _ => String::new(),
        };
        match self.random.below(12) {
            0 => format!("{house} {street}{flat}"),
            1 => format!("{street} {house}"),
            2 => format!("{street} {house}, {zip} {city}"),
            3 => format!("{house} {street}{flat}\n{city}, {state} {zip}"),
            4 => format!("{house} {street}{flat}\n{city}\n{}", self.country()),
            5 => format!("{street} {house}\n{zip} {city}"),
            6 => format!("{house} {street}{flat}, {city}"),
            7 => format!("{house} {street}{flat} {city}, {} {zip}", self.country()),
            8 => format!("P.O. Box {house}, {city}, {}", self.country()),
            9 => format!(
                "{house} {street}, {city} {} {}{}{}",
                self.initial(),
                self.number(1),
                self.initial(),
                self.initial()
            ),
            _ => format!("{house} {street}{flat}, {city}, {state} {zip}"),
        }
    }

    fn plain_value(&mut self, slot: &str) -> String {
        let lists = self.lists;
        match slot {
            "job" => {
                let job = self.pick(&lists.jobs).to_owned();
                if self.chance(0.5) { Self::capitalised(&job) } else { job }
            }
            "title" => {
                if self.chance(0.8) {
                    self.pick(&[
                        "Mr.", "Mrs.", "Ms.", "Mr", "Mrs", "Ms", "Dr.", "Dr", "Miss", "Prof.", "Herr", "Frau",
                        "Mister", "mr", "mrs",
                    ])
                    .to_owned()
                } else {
                    let title = self.pick(&lists.titles).to_owned();
                    Self::capitalised(&title)
                }
            }
            "word" => self.word(),
            "phone" => format!("{}-{}-{}", self.number(3), self.number(3), self.number(4)),
            "email" => format!("{}@example.com", self.coined().to_lowercase()),
            "date" => match self.random.below(6) {
                0 => format!(
                    "{} {}",
                    self.pick(&["January", "March", "May", "August", "October", "December"]),
                    1 + self.random.below(30)
                ),
                1 => self
                    .pick(&["Monday", "Tuesday", "Friday", "Sunday", "last week", "May", "June", "April"])
                    .to_owned(),
                2 => format!("{}/{}/20{}", 1 + self.random.below(12), 1 + self.random.below(28), self.number(2)),
                3 => format!("20{}-0{}-1{}", self.number(2), 1 + self.random.below(9), self.random.below(10)),
                _ => format!("19{}", self.number(2)),
            },
            _ => {
                let digits = 4 + self.random.below(6);
                self.number(digits)
            }
        }
    }

    /// Fills a template with fresh values.
    pub(super) fn fill(&mut self, template: &str) -> Labelled {
        let (mut text, mut names) = (String::new(), Vec::new());
        let mut rest = template;
        while let Some((before, more)) = rest.split_once('{') {
            text.push_str(before);
            let Some((slot, after)) = more.split_once('}') else { break };
            rest = after;
            let culture = self.culture();
            let (kind, value) = match slot {
                "name" => (Some(0), self.name()),
                "first" => (Some(0), self.first(culture)),
                "last" => (Some(0), self.last(culture)),
                "initialled" => (Some(0), format!("{}. {}", self.initial(), self.last(culture))),
                "reversed" => (Some(0), format!("{}, {}", self.last(culture), self.first(culture))),
                "city" => (Some(1), self.city()),
                "country" => (Some(1), self.country()),
                "place" => (Some(1), if self.chance(0.5) { self.state() } else { self.country() }),
                "address" => (Some(2), self.address()),
                "street" => (Some(2), self.street()),
                "org" => (Some(3), self.organisation()),
                "landmark" => (Some(1), self.landmark()),
                "thing" => (None, self.thing()),
                other => (None, self.plain_value(other)),
            };
            let start = text.len();
            text.push_str(&value);
            if let Some(kind) = kind {
                let joins = names
                    .last()
                    .is_some_and(|last: &Tagged| last.kind == 0 && kind == 0 && text[last.end..start] == *" ");
                match names.last_mut() {
                    Some(last) if joins => last.end = text.len(),
                    _ => names.push(Tagged { start, end: text.len(), kind }),
                }
            }
        }
        text.push_str(rest);
        Labelled { text, names }
    }

    /// The same sentence with other names, in the way the old ones were written.
    pub(super) fn refill(&mut self, old: &Labelled) -> Labelled {
        let (mut text, mut names, mut at) = (String::new(), Vec::new(), 0);
        let lower = !old.text.chars().any(char::is_uppercase);
        for name in &old.names {
            if name.start < at {
                continue;
            }
            let value = &old.text[name.start..name.end];
            let culture = self.culture();
            let new = match name.kind {
                0 if value.ends_with('.') && !value.contains(' ') => value.to_owned(),
                0 if value.contains(' ') => self.name(),
                0 if self.chance(0.6) => self.first(culture),
                0 => self.last(culture),
                1 if self.chance(0.7) => self.city(),
                1 => self.country(),
                2 if value.chars().all(|letter| letter.is_ascii_digit()) => self.number(value.len()),
                2 if value.len() < 24 => value.to_owned(),
                2 => self.address(),
                _ => self.organisation(),
            };
            text.push_str(&old.text[at..name.start]);
            let start = text.len();
            text.push_str(&if lower { new.to_lowercase() } else { new });
            names.push(Tagged { start, end: text.len(), kind: name.kind });
            at = name.end;
        }
        text.push_str(&old.text[at..]);
        Labelled { text, names }
    }
}

/// The sentence in other letters; `None` where that would move the names.
pub(super) fn recased(old: &Labelled, case: impl Fn(&str) -> String) -> Labelled {
    let (mut text, mut names, mut at) = (String::new(), Vec::new(), 0);
    for name in old.names.iter().filter(|name| name.start < name.end) {
        text.push_str(&case(&old.text[at.min(name.start)..name.start]));
        let start = text.len();
        text.push_str(&case(&old.text[name.start..name.end]));
        names.push(Tagged { start, end: text.len(), kind: name.kind });
        at = name.end;
    }
    text.push_str(&case(&old.text[at..]));
    Labelled { text, names }
}
