//! A line that is shown beside other text: a title, a heading, an id. Characters that are not seen, or that turn the
//! order of what is seen (UAX #9), would let it pass for another one.

/// Control and format characters (Unicode categories Cc, Cf) and the separators of lines and paragraphs, without those that
/// people write with: the joiners (U+200C, U+200D) and the marks that span numbers, which are seen.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200E}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0001}'..='\u{E007F}')
}

/// The line without hidden characters; line breaks and tabs become spaces. A joiner stays within a word only.
pub(crate) fn plain(line: &str) -> String {
    let seen = |character: char| match character {
        broken if is_hidden(broken) && broken.is_whitespace() => Some(' '),
        hidden if is_hidden(hidden) => None,
        seen => Some(seen),
    };
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars().filter_map(seen).peekable();
    while let Some(character) = characters.next() {
        let within = |beside: Option<char>| beside.is_some_and(|beside| !beside.is_whitespace() && !is_joiner(beside));
        if !is_joiner(character) || (within(plain.chars().next_back()) && within(characters.peek().copied())) {
            plain.push(character);
        }
    }
    plain.trim().to_owned()
}

fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}')
}

#[cfg(test)]
mod tests;
