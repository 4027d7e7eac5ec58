//! Postcodes: directly after their name, after a state in an address, or in a form of their own.

use super::Sink;
use super::context::{Context, POSTCODE};
use super::rules::{Need, Rule, Run};
use super::surroundings::ends_token;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "postcode",
        forms: &[
            "99999",
            "99999-9999",
            "9999",
            "999 99",
            "9999 AA",
            "9999AA",
            "99-999",
            "999999",
            "999",
            "9999999",
            "999 999",
            "A9A 9A9",
            "A9A9A9",
            "A9 9AA",
            "A99 9AA",
            "AA9 9AA",
            "AA99 9AA",
            "A9A 9AA",
            "AA9A 9AA",
            "AA99AA",
            "AA999AA",
            "9999-999",
            "99999-999",
            "999-9999",
            "A-9999",
            "AA-9999",
            "AA-99999",
            "A99 A999",
        ],
        check: |_| true,
        topics: POSTCODE,
        need: Need::Label,
        rank: 1,
    },
    Rule {
        name: "uk_postcode",
        forms: &["A9 9AA", "A99 9AA", "AA9 9AA", "AA99 9AA", "A9A 9AA", "AA9A 9AA"],
        check: is_british,
        topics: POSTCODE,
        need: Need::Nothing,
        rank: 1,
    },
    Rule {
        name: "ca_postcode",
        forms: &["A9A 9A9"],
        check: is_canadian,
        topics: POSTCODE,
        need: Need::Nothing,
        rank: 1,
    },
];

/// Areas of Royal Mail.
const AREAS: &str = " AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK \
    FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA \
    PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE ";

fn is_british(code: &[u8]) -> bool {
    let letters = code.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let area = String::from_utf8_lossy(&code[..letters]);
    // The last two letters avoid what is easily misread (BS 7666).
    let inward = code[code.len() - 2..].iter().all(|byte| !b"CIKMOV".contains(byte));
    inward && AREAS.contains(&format!(" {area} "))
}

/// No D, F, I, O, Q, U; W and Z not at the beginning (Canada Post).
fn is_canadian(code: &[u8]) -> bool {
    !b"WZ".contains(&code[0]) && code.iter().all(|byte| !b"DFIOQU".contains(byte))
}

const STATES: &str = " AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR \
    PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR ";

/// ZIP codes: five digits, or nine, after a comma and the two letters of a state (`Austin, TX 78701`).
pub(super) fn find_after_state(text: &str, context: &Context<'_>, runs: &[Run], sink: &mut Sink<'_>) {
    let bytes = text.as_bytes();
    for run in runs.iter().filter(|run| run.digits && run.end - run.start == 5) {
        let Some(before) = run.start.checked_sub(5).and_then(|from| text.get(from..run.start)) else { continue };
        let Some(state) = before.strip_prefix(", ").and_then(|rest| rest.strip_suffix(' ')) else { continue };
        let state = STATES.contains(&format!(" {state} "));
        let more = bytes[run.end..].strip_prefix(b"-").map_or(0, |rest| {
            let digits = rest.iter().take(5).take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 4 { 5 } else { 0 }
        });
        let end = run.end + more;
        if state && ends_token(text, end) && context.label(run.start) == 0 {
            sink.push("us_zip", run.start, end, 1);
        }
    }
}
