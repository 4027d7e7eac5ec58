//! Honest texts that look like disguises.

use crate::guard::injection::judge_input;
use crate::normalise::views;

/// One view only.
const AS_THEY_ARE: &[&str] = &[
    "Hello, how are you?",
    "Привет, как дела? Это SQL-запрос и iPhone-ом.",
    "Καλημέρα σε όλους, το email μου",
    "room 12b, 3 km, A4 paper, 10 μm and 5 μmol, 20 °C, Δt = 3 s, πr², 10×20",
    "Dr. A. B. Smith and J. R. R. Tolkien of the U.S.A. and the U.K.",
    "A B C D E F are the grades.",
    "Answers: 1 A, 2 B, 3 C, 4 D, 5 A, 6 C, 7 B",
    "| a | b | c | d | e |\n| --- | --- | --- | --- | --- |\n| 1 | 2 | 3 | 4 | 5 |",
    "F T V X W Z C K are tickers of one letter",
    "The chain is M K T A Y I A K Q R Q I S F V K S H F S R Q",
    "a, b, c, d, e, f and g are points; x, y, z are axes",
    "C6H12O6 + 6 O2 -> 6 CO2 + 6 H2O; CH3CH2OH; NaHCO3; Fe2(SO4)3",
    "550e8400-e29b-41d4-a716-446655440000",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b fixes it",
    "d41d8cd98f00b204e9800998ecf8427e  empty.txt",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7Vd9kK0mM1Yb9sZ6jY2vQ0fQ3mP8n5rG7hT user@host",
    "Call +49 30 901820 or (415) 555-2671, ext. 12",
    "IBAN DE89 3704 0044 0532 0130 00, card 4111 1111 1111 1111",
    "getElementByIdFromCache(user_id_2, maxRetries3, html5Parser)",
    "let x1 = b2b.map(|i| i * 2); let y = a[i][j] + c[k]; if (a && b || !c) { i++; }",
    "for (int i = 0; i < n; i++) { a[i] = b[i] + c[i]; }",
    "utf8, base64, sha256, log4j, ipv6, win10, mp3, h264, es6, i18n, a11y, k8s, s3, ec2, 4k",
    "the 1st, 2nd, 3rd and 4th at 10am, the 80s and 90s, 24x7, 5th Ave",
    "v1.2.3-rc.4 and 0x1f, 0xdeadbeef, 1e10, 3.14159",
    "state-of-the-art, up-to-date, mother-in-law, jack-of-all-trades, on-the-go, e-mail, x-ray",
    "snake_case_name, kebab-case-name, SCREAMING_SNAKE_CASE, com.example.app.main",
    "www.example.com/a/b/c?id=12&x=3&y=4&z=5",
    "https://example.com/docs/getting-started#step-2",
    "C:\\Users\\ann\\Documents\\report.docx and C:\\temp\\new\\x",
    "\\begin{align} a &= b \\\\ c &= d \\end{align} \\frac{a}{b} \\alpha \\beta",
    "R&D, AT&T, Q&A, 50% of 20% is 10%, 100% cotton",
    "&nbsp;&amp;&lt;&gt;&quot; and &#39;quoted&#39; text &#8217;s",
    "@ann @bob @carol please look; #1 $5 $10 $200 !important",
    "Wow!!! So good!!! 10/10!!! <3 :) ;-) ¯\\_(ツ)_/¯",
    "🇩🇪🇫🇷🇮🇹🇪🇸 flags and 👩‍👩‍👧‍👦 families, ❤️ 🔥 👍🏽",
    "🇺🇸 🇬🇧 🇨🇦",
    "Ⓐ or Ⓑ? ① ② ③ ④ ⑤ ⑥",
    "/ˈɹɪdʒənt/ and /ˈwɔːtə/ are transcriptions, [ʃ], [ʒ], [ŋ]",
    "Zażółć gęślą jaźń, příliš žluťoučký kůň, Đorđe ima ženu, ħafna",
    "Tôi đang đi đến đất nước Việt Nam được",
    "İstanbul'da ağaçlar, ışık, çığ, ğ",
    "今天天气很好，我们去公园。 東京タワー",
    "你 好 吗 我 们 今 天 去 公 园",
    "สวัสดีครับ วันนี้อากาศดี",
    "مرحبا كيف حالك اليوم؟",
    "שלום מה שלומך היום",
    "नमस्ते आप कैसे हैं",
    "안녕하세요 오늘 날씨가 좋네요",
    "Это хорошо, мы идём в парк: а, б, в, г, д, е",
    "DNA and RNA; the rat sat; emit a star; draw a ward; live and evil; stop the pots",
    "a = 1, b = 2, c = 3, d = 4, e = 5",
    "x^2 + y^2 = z^2, f(x) = a x + b, i j k are unit vectors",
    "Am  F  C  G\nAm  F  C  G  D  E  A  B",
    "Q W E R T Y U I O P",
    "p(a|b) = p(b|a) p(a) / p(b)",
    "- [ ] a\n- [x] b\n- [ ] c\n* d\n* e",
    "-----------------------------\n. . . . . . . . . . . . . . . . . .\n-- -- -- --",
    "S/N 4C4C4544-0035-4A10, MAC 00:1A:2B:3C:4D:5E, order AB12CD34EF56",
    "JT8D-219, B747-400, A320neo, F16, MH370, BMW X5, iPhone14, PS5, R2D2 and C3PO",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "TXkgbmFtZQ== is short; QUJDREVGR0hJSktMTU5PUA== is an alphabet",
    "sk-ant-api03-Rb6Qw2Lm9Xk4Tz7Yv1Jc5Hd8 and AKIAIOSFODNN7EXAMPLE",
    "deadbeefdeadbeefcafebabecafebabe 0123456789abcdef0123456789abcdef",
    "10110010 01101100 11110000 00001111 10101010 11001100",
    "48 65 6c 00 01 02 ff fe 9a 8b 7c 6d ee 10",
];

/// Honestly encoded: a view is right, an alarm is not.
const HONESTLY_ENCODED: &[&str] = &[
    "Decode this base64 string: aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=",
    "https://example.com/search?q=best%20pizza%20in%20town%20today",
    "{\"name\": \"\\u4f60\\u597d\\u5417\", \"city\": \"M\\u00fcnchen\"}",
    "h e l l o  w o r l d, written with gaps",
    "W E L C O M E to our shop",
    "What does 'uryyb jbeyq guvf vf n grfg' mean in ROT13?",
    "-.-. --.- -.-. --.- / .... . .-.. .-.. --- / .-- --- .-. .-.. -.. is Morse code",
    "Is 'erewhon' nowhere spelled backwards? And 'siht si a tset'?",
    "l33t sp34k w4s p0pul4r in g4mes",
];

#[test]
fn honest_texts_have_one_view() {
    for text in AS_THEY_ARE {
        let all = views(text);
        let derived: Vec<_> = all.iter().skip(1).map(|view| (view.name, view.text.as_str())).collect();
        assert!(derived.is_empty(), "{text}\n{derived:?}");
    }
}

#[test]
fn no_view_makes_an_honest_text_an_attack() {
    for text in AS_THEY_ARE.iter().chain(HONESTLY_ENCODED) {
        let detection = judge_input(text);
        assert!(detection.as_ref().is_none_or(|found| found.view == "plain"), "{text}: {detection:?}");
    }
}
