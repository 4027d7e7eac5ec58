//! Letters of other alphabets that look like Latin ones: the common rows of Unicode's confusables table (UTS #39),
//! already in lower case and decomposed, as the plain view has them.

/// The Latin letter that a character looks like.
pub(super) fn latin(character: char) -> Option<char> {
    let latin = match character {
        'а' | 'α' | 'ɑ' | 'ᴀ' => 'a',
        'ʙ' | 'в' | 'β' | 'ь' => 'b',
        'с' | 'ϲ' | 'ᴄ' | 'ς' => 'c',
        'ԁ' | 'ᴅ' | 'ɗ' => 'd',
        'е' | 'ε' | 'ᴇ' | 'є' | 'ҽ' => 'e',
        'ғ' | 'ꜰ' | 'ƒ' => 'f',
        'ɡ' | 'ց' | 'ɢ' => 'g',
        'һ' | 'ʜ' | 'н' | 'հ' => 'h',
        'і' | 'ι' | 'ɪ' | 'ї' | 'ӏ' | 'ɩ' => 'i',
        'ј' | 'ᴊ' | 'ϳ' => 'j',
        'к' | 'κ' | 'ᴋ' => 'k',
        'ʟ' | 'ⅼ' | 'ɭ' => 'l',
        'м' | 'ᴍ' | 'μ' => 'm',
        'η' | 'ɴ' | 'п' | 'ո' | 'и' => 'n',
        'о' | 'ο' | 'ᴏ' | 'σ' | 'օ' => 'o',
        'р' | 'ρ' | 'ᴘ' => 'p',
        'ԛ' | 'գ' => 'q',
        'ʀ' | 'г' | 'я' | 'ɾ' => 'r',
        'ѕ' | 'ꜱ' | 'ʂ' => 's',
        'т' | 'τ' | 'ᴛ' => 't',
        'υ' | 'ᴜ' | 'ս' | 'ц' => 'u',
        'ν' | 'ᴠ' | 'ѵ' => 'v',
        'ѡ' | 'ᴡ' | 'ω' | 'ш' | 'ա' => 'w',
        'х' | 'χ' | 'ҳ' => 'x',
        'у' | 'γ' | 'ʏ' | 'ү' => 'y',
        'ᴢ' | 'ʐ' | 'ζ' => 'z',
        _ => return None,
    };
    Some(latin)
}
