pub fn background_sentences() -> &'static [&'static str] { &[] }
