//! Every number with a check digit: published examples, and numbers drawn at random.

use super::super::{Scope, find_in, rules};
use crate::guard::resolve_overlaps;
use proptest::prelude::*;
use statistics::Random;

/// Rule, a word that names the number, and an example that its authority or a standard prints, or that was computed by it.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("us_ssn", "SSN", "536-90-4399"),
    ("us_itin", "ITIN", "912-70-1234"),
    ("us_ein", "EIN", "12-3456789"),
    ("us_npi", "NPI", "1234567893"),
    ("us_dea", "DEA", "AB1234563"),
    ("us_routing", "routing number", "021000021"),
    ("uk_nino", "national insurance", "AB123456C"),
    ("uk_nhs", "NHS number", "943 476 5919"),
    ("uk_utr", "UTR", "1123456789"),
    ("uk_sort_code", "sort code", "20-00-00"),
    ("uk_driving_licence", "driving licence", "MORGA657054SM9IJ"),
    ("uk_vat", "VAT", "GB980780684"),
    ("de_tax_id", "Steuer-ID", "86095742719"),
    ("de_id_card", "Personalausweis", "T220001293"),
    ("at_svnr", "SV-Nummer", "1237010180"),
    ("fr_nir", "numéro de sécurité sociale", "2 55 08 14 168 025 38"),
    ("fr_siren", "SIREN", "732829320"),
    ("fr_siren", "SIRET", "73282932000074"),
    ("nl_bsn", "BSN", "111222333"),
    ("be_national_number", "rijksregisternummer", "85.07.30-033.28"),
    ("ie_pps", "PPS number", "1234567FA"),
    ("es_dni", "DNI", "12345678Z"),
    ("es_dni", "NIE", "X1234567L"),
    ("es_cif", "CIF", "A58818501"),
    ("pt_nif", "contribuinte", "123456789"),
    ("it_codice_fiscale", "codice fiscale", "RSSMRA85T10A562S"),
    ("it_partita_iva", "partita IVA", "07643520567"),
    ("gr_afm", "ΑΦΜ", "094259216"),
    ("se_personnummer", "personnummer", "640823-3234"),
    ("fi_hetu", "henkilötunnus", "131052-308T"),
    ("dk_cpr", "CPR", "211062-5629"),
    ("ee_isikukood", "isikukood", "37605030299"),
    ("lv_personas_kods", "personas kods", "161175-19997"),
    ("pl_pesel", "PESEL", "44051401359"),
    ("pl_nip", "NIP", "526-000-12-46"),
    ("pl_regon", "REGON", "123456785"),
    ("cz_rodne_cislo", "rodné číslo", "780123/3539"),
    ("ro_cnp", "CNP", "1800101221144"),
    ("bg_egn", "ЕГН", "7523169263"),
    ("hr_oib", "OIB", "69435151530"),
    ("si_emso", "EMŠO", "0101006500006"),
    ("in_aadhaar", "Aadhaar", "2341 2341 2346"),
    ("in_pan", "PAN", "ABCPE1234F"),
    ("in_gstin", "GSTIN", "27AAPFU0939F1ZV"),
    ("sg_nric", "NRIC", "S1234567D"),
    ("payment_card", "card", "4111 1111 1111 1111"),
    ("iban", "IBAN", "GB82 WEST 1234 5698 7654 32"),
    ("bic", "BIC", "DEUTDEFF500"),
    ("imei", "IMEI", "490154203237518"),
    ("vin", "VIN", "1M8GDM9AXKP042788"),
    ("crypto_address", "wallet", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    ("crypto_address", "bitcoin", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("mac_address", "address", "00:1B:44:11:3A:B7"),
    ("passport", "passport no.", "C01X00T47"),
    ("driver_licence", "driver's license number is", "D1234567"),
    ("bank_account", "account number:", "12345678"),
    ("medical_record", "MRN", "753356"),
    ("eu_vat", "VAT", "DE136695976"),
    ("eu_vat", "VAT", "ATU13585627"),
    ("eu_vat", "VAT", "BE0428759497"),
    ("eu_vat", "VAT", "FR40303265045"),
    ("eu_vat", "VAT", "NL004495445B01"),
    ("eu_vat", "VAT", "IT00743110157"),
    ("eu_vat", "VAT", "PT501964843"),
    ("eu_vat", "VAT", "PL8567346215"),
    ("eu_vat", "VAT", "DK13585628"),
    ("eu_vat", "VAT", "FI20774740"),
    ("eu_vat", "VAT", "SE123456789701"),
    ("eu_vat", "VAT", "IE6433435F"),
    ("eu_vat", "VAT", "EL094259216"),
    ("eu_vat", "VAT", "HU12892312"),
    ("eu_vat", "VAT", "CZ25123891"),
    ("eu_vat", "VAT", "SK2022749619"),
    ("eu_vat", "VAT", "SI50223054"),
    ("eu_vat", "VAT", "HR33392005961"),
    ("eu_vat", "VAT", "RO18547290"),
    ("eu_vat", "VAT", "EE100931558"),
    ("eu_vat", "VAT", "LU15027442"),
    ("eu_vat", "VAT", "MT11679112"),
    ("eu_vat", "VAT", "LT119511515"),
    ("eu_vat", "VAT", "BG175074752"),
];

/// A word for each rule whose numbers are drawn.
const DRAWN: &[(&str, &str)] = &[
    ("us_dea", "DEA"),
    ("us_routing", "routing number"),
    ("uk_nhs", "NHS number"),
    ("uk_utr", "UTR"),
    ("uk_vat", "VAT"),
    ("de_tax_id", "Steuer-ID"),
    ("de_id_card", "Personalausweis"),
    ("at_svnr", "SVNR"),
    ("fr_nir", "NIR"),
    ("fr_siren", "SIREN"),
    ("nl_bsn", "BSN"),
    ("be_national_number", "registre national"),
    ("ie_pps", "PPS"),
    ("es_dni", "DNI"),
    ("es_cif", "CIF"),
    ("pt_nif", "NIF"),
    ("it_codice_fiscale", "codice fiscale"),
    ("it_partita_iva", "partita IVA"),
    ("gr_afm", "ΑΦΜ"),
    ("gr_amka", "AMKA"),
    ("se_personnummer", "personnummer"),
    ("fi_hetu", "HETU"),
    ("ee_isikukood", "isikukood"),
    ("lt_asmens_kodas", "asmens kodas"),
    ("lv_personas_kods", "personas kods"),
    ("pl_pesel", "PESEL"),
    ("pl_nip", "NIP"),
    ("pl_regon", "REGON"),
    ("cz_rodne_cislo", "rodné číslo"),
    ("hu_personal_number", "személyi szám"),
    ("hu_tax_id", "adóazonosító"),
    ("hu_taj", "TAJ"),
    ("ro_cnp", "CNP"),
    ("bg_egn", "EGN"),
    ("hr_oib", "OIB"),
    ("si_emso", "EMŠO"),
    ("in_aadhaar", "Aadhaar"),
    ("in_gstin", "GSTIN"),
    ("sg_nric", "NRIC"),
    ("ae_emirates_id", "Emirates ID"),
    ("payment_card", "card"),
    ("imei", "IMEI"),
    ("vin", "VIN"),
];

fn found(text: &str) -> Vec<(&'static str, String)> {
    let mut findings = Vec::new();
    find_in(text, Scope::all(), &mut findings);
    findings.into_iter().map(|found| (found.rule, text[found.start..found.end].to_owned())).collect()
}

#[test]
fn examples_are_found_beside_their_name() {
    for (rule, word, value) in EXAMPLES {
        for text in
            [format!("{word}: {value}"), format!("The {word} {value}, as you know."), format!("{word}\n{value}\n")]
        {
            assert!(found(&text).contains(&(*rule, (*value).to_owned())), "{rule} in {text:?}: {:?}", found(&text));
        }
    }
}

#[test]
fn numbers_without_a_strong_form_need_their_name() {
    let weak =
        ["us_ein", "us_routing", "uk_nhs", "uk_utr", "de_tax_id", "at_svnr", "nl_bsn", "ie_pps", "pt_nif", "gr_afm"];
    let more = [
        "pl_pesel",
        "pl_nip",
        "pl_regon",
        "ro_cnp",
        "bg_egn",
        "hr_oib",
        "si_emso",
        "in_pan",
        "imei",
        "passport",
        "bank_account",
    ];
    for (rule, _, value) in EXAMPLES.iter().filter(|(rule, ..)| weak.contains(rule) || more.contains(rule)) {
        let text = format!("we counted {value} of them");
        assert!(!found(&text).iter().any(|(other, _)| other == rule), "{rule} in {text:?}");
        // A word of another number does not name it, nor does a part of a word.
        let text = format!("order number {value}, relic public");
        assert!(!found(&text).iter().any(|(other, _)| other == rule), "{rule} in {text:?}");
    }
}

/// A text in one of the rule's forms with a right, or a wrong, check digit.
fn drawn(rule: &str, right: bool, random: &mut Random) -> Option<String> {
    let rules = rules::of(rule);
    // Cards that only a word accepts are found with it; a strict table comes first.
    let forms: Vec<&str> = rules.iter().flat_map(|rule| rule.forms.iter().copied()).collect();
    for _ in 0..400_000 {
        let form = random.one_of(&forms)?;
        let mut value = String::new();
        for sign in form.chars() {
            let letter = |random: &mut Random| char::from(b'A' + random.below(26) as u8);
            let digit = |random: &mut Random| char::from(b'0' + random.below(10) as u8);
            value.push(match sign {
                '9' => digit(random),
                'A' => letter(random),
                '*' if random.below(3) > 0 => digit(random),
                '*' => letter(random),
                other => other,
            });
        }
        // A group without any digit is not looked at: only codes drawn for namesakes have one.
        let has_digits = value.split(' ').skip(1).all(|group| group.bytes().any(|byte| byte.is_ascii_digit()));
        if has_digits && rules::is_right(&rules, &value) == right {
            return Some(value);
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_right_check_digit_is_found_and_a_wrong_one_is_not(seed: u64) {
        let mut random = Random::new(seed);
        for (rule, word) in DRAWN {
            if let Some(value) = drawn(rule, true, &mut random) {
                let text = format!("{word}: {value}.");
                prop_assert!(found(&text).contains(&(*rule, value)), "{rule} in {text:?}: {:?}", found(&text));
            }
            if let Some(value) = drawn(rule, false, &mut random) {
                let text = format!("{word}: {value}.");
                prop_assert!(!found(&text).contains(&(*rule, value)), "{rule} in {text:?}");
            }
        }
    }
}

#[test]
fn a_name_near_by_decides_between_numbers_of_one_form() {
    let cases = [
        ("EIN: 12-3456789, routing number 021000021", "us_routing", "021000021"),
        ("| Name | NPI | Phone |\n|---|---|---|\n| Ann | 7721075241 | 9498777106 |\n", "us_npi", "7721075241"),
        ("| Name | NPI | Phone |\n|---|---|---|\n| Ann | 7721075241 | 9498777106 |\n", "phone_named", "9498777106"),
        ("name,ssn,phone\nAnn,536904399,9498777106\n", "us_ssn", "536904399"),
        (r#"{"note":"called\nMRN-655816\tthen"}"#, "medical_record", "MRN-655816"),
        ("SSN: 5 3 6 - 9 0 - 4 3 9 9", "us_ssn", "5 3 6 - 9 0 - 4 3 9 9"),
    ];
    for (text, rule, value) in cases {
        let mut findings = Vec::new();
        find_in(text, Scope::all(), &mut findings);
        let kept: Vec<_> = resolve_overlaps(findings).iter().map(|f| (f.rule, &text[f.start..f.end])).collect();
        assert!(kept.contains(&(rule, value)), "{text:?}: {kept:?}");
    }
}
