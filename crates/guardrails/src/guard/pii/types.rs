//! Every kind of personal data that is found by its form, in one table: configuration is checked against it, the documentation
//! lists it, and a scope is a choice from it.

/// What is done with a kind when the use case declares nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Default {
    Mask,
    /// Found and reported, but left in the text: web addresses, postcodes and dates are mostly what a question is about.
    Allow,
}

/// One rule and what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    /// What placeholders and configuration call it. Several rules may find one kind.
    pub(crate) kind: &'static str,
    pub(crate) rule: &'static str,
    /// ISO 3166-1 alpha-2, `EU` for a rule of all its members; `None` for what is the same everywhere.
    pub(crate) jurisdiction: Option<&'static str>,
    pub(crate) default: Default,
    pub(crate) what: &'static str,
}

const fn everywhere(kind: &'static str, rule: &'static str, what: &'static str) -> Type {
    Type { kind, rule, jurisdiction: None, default: Default::Mask, what }
}

const fn shown(kind: &'static str, rule: &'static str, jurisdiction: Option<&'static str>, what: &'static str) -> Type {
    Type { kind, rule, jurisdiction, default: Default::Allow, what }
}

const fn of(jurisdiction: &'static str, kind: &'static str, rule: &'static str, what: &'static str) -> Type {
    Type { kind, rule, jurisdiction: Some(jurisdiction), default: Default::Mask, what }
}

#[rustfmt::skip]
pub(crate) const TYPES: &[Type] = &[
    everywhere("EMAIL", "email", "e-mail address"),
    everywhere("PHONE", "phone_international", "telephone number with its country's code"),
    everywhere("PHONE", "phone_national", "telephone number in a national form"),
    everywhere("PHONE", "phone_named", "telephone number in any form beside a word that names it"),
    everywhere("PHONE", "phone_spoken", "telephone number in words"),
    everywhere("CREDIT_CARD", "payment_card", "payment card, Luhn and issuer ranges"),
    everywhere("IBAN", "iban", "international bank account number, modulo 97 and the country's length"),
    everywhere("BIC", "bic", "bank identifier beside its name"),
    everywhere("BANK_ACCOUNT", "bank_account", "national account number directly after its name"),
    everywhere("PASSPORT", "passport", "passport number directly after its name"),
    everywhere("DRIVER_LICENSE", "driver_licence", "driving licence number directly after its name"),
    everywhere("CRYPTO", "crypto_address", "Ethereum account, or Bitcoin address with its checksum or name"),
    everywhere("IMEI", "imei", "mobile device number, Luhn, beside its name"),
    everywhere("VIN", "vin", "vehicle identification number, check digit or its name"),
    everywhere("MAC", "mac_address", "hardware address"),
    everywhere("IP", "ip_address", "IPv4 or IPv6 address"),
    shown("URL", "url", None, "web address"),
    shown("DATE_OF_BIRTH", "date_of_birth", None, "date directly after a word for birth"),
    shown("ZIP", "postcode", None, "postcode directly after its name"),
    shown("ZIP", "us_zip", Some("US"), "ZIP code after a state in an address"),
    shown("ZIP", "uk_postcode", Some("GB"), "postcode with its area"),
    shown("ZIP", "ca_postcode", Some("CA"), "postal code"),
    of("US", "US_SSN", "us_ssn", "Social Security number, ranges"),
    of("US", "US_ITIN", "us_itin", "individual taxpayer number, ranges"),
    of("US", "US_EIN", "us_ein", "employer identification number, prefixes and its name"),
    of("US", "NPI", "us_npi", "provider identifier, Luhn with 80840 or directly named"),
    of("US", "US_DEA", "us_dea", "DEA registration, check digit"),
    of("US", "US_ROUTING", "us_routing", "ABA routing number, check digit"),
    of("US", "MRN", "medical_record", "medical record number beside its name"),
    of("GB", "UK_NINO", "uk_nino", "National Insurance number, prefixes"),
    of("GB", "UK_NHS", "uk_nhs", "NHS number, modulo 11"),
    of("GB", "UK_UTR", "uk_utr", "unique taxpayer reference, modulo 11"),
    of("GB", "UK_SORT_CODE", "uk_sort_code", "sort code beside its name"),
    of("GB", "UK_DRIVING_LICENCE", "uk_driving_licence", "driver number of the DVLA"),
    of("GB", "VAT", "uk_vat", "VAT number, modulo 97"),
    of("EU", "VAT", "eu_vat", "VAT number with country and check digit"),
    of("DE", "DE_TAX_ID", "de_tax_id", "Steuer-ID, ISO 7064 MOD 11,10"),
    of("DE", "DE_ID_CARD", "de_id_card", "Personalausweis, weights 7 3 1"),
    of("AT", "AT_SVNR", "at_svnr", "Sozialversicherungsnummer, modulo 11"),
    of("FR", "FR_NIR", "fr_nir", "NIR, modulo 97"),
    of("FR", "FR_SIREN", "fr_siren", "SIREN or SIRET, Luhn"),
    of("NL", "NL_BSN", "nl_bsn", "Burgerservicenummer, modulo 11"),
    of("BE", "BE_NATIONAL", "be_national_number", "national register number, modulo 97"),
    of("IE", "IE_PPS", "ie_pps", "PPS number, modulo 23"),
    of("ES", "ES_DNI", "es_dni", "DNI or NIE, modulo 23"),
    of("ES", "ES_CIF", "es_cif", "tax number of a body, Luhn"),
    of("PT", "PT_NIF", "pt_nif", "NIF, modulo 11"),
    of("IT", "IT_CODE", "it_codice_fiscale", "codice fiscale"),
    of("IT", "IT_VAT", "it_partita_iva", "partita IVA, Luhn"),
    of("GR", "GR_AFM", "gr_afm", "ΑΦΜ, powers of two modulo 11"),
    of("GR", "GR_AMKA", "gr_amka", "ΑΜΚΑ, Luhn and date"),
    of("SE", "SE_PERSON", "se_personnummer", "personnummer, Luhn and date"),
    of("FI", "FI_HETU", "fi_hetu", "henkilötunnus, modulo 31 and date"),
    of("DK", "DK_CPR", "dk_cpr", "CPR number, date and its name"),
    of("EE", "EE_CODE", "ee_isikukood", "isikukood, modulo 11 and date"),
    of("LT", "LT_CODE", "lt_asmens_kodas", "asmens kodas, modulo 11 and date"),
    of("LV", "LV_CODE", "lv_personas_kods", "personas kods, modulo 11"),
    of("PL", "PL_PESEL", "pl_pesel", "PESEL, weights and date"),
    of("PL", "PL_NIP", "pl_nip", "NIP, modulo 11"),
    of("PL", "PL_REGON", "pl_regon", "REGON, modulo 11"),
    of("CZ", "CZ_BIRTH_NUMBER", "cz_rodne_cislo", "rodné číslo, modulo 11 (Slovakia too)"),
    of("HU", "HU_PERSON", "hu_personal_number", "személyi azonosító, modulo 11"),
    of("HU", "HU_TAX_ID", "hu_tax_id", "adóazonosító jel, modulo 11"),
    of("HU", "HU_TAJ", "hu_taj", "TAJ number, modulo 10"),
    of("RO", "RO_CNP", "ro_cnp", "CNP, modulo 11 and date"),
    of("BG", "BG_EGN", "bg_egn", "ЕГН, modulo 11 and date"),
    of("HR", "HR_OIB", "hr_oib", "OIB, ISO 7064 MOD 11,10"),
    of("SI", "SI_EMSO", "si_emso", "EMŠO, modulo 11 and date"),
    of("IN", "AADHAAR", "in_aadhaar", "Aadhaar, Verhoeff"),
    of("IN", "IN_PAN", "in_pan", "permanent account number beside its name"),
    of("IN", "IN_GSTIN", "in_gstin", "GSTIN, base 36"),
    of("SG", "SG_NRIC", "sg_nric", "NRIC or FIN, modulo 11"),
    of("AE", "EMIRATES_ID", "ae_emirates_id", "Emirates ID, 784 and Luhn"),
];

/// The members of the Union, ISO 3166-1.
pub(super) const MEMBERS: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Where a rule stands in the table.
pub(super) fn place(rule: &str) -> Option<usize> {
    TYPES.iter().position(|known| known.rule == rule)
}
