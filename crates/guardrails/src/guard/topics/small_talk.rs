pub fn looks_like_small_talk(text: &str) -> bool { text.len() < 10 }
