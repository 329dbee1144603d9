//! The rules, one file each; [`RULES`] is the order of reports.

mod addresses_differ;
mod anchor_expired;
mod anchor_stale;
mod certificate_refused;
mod certificate_unreadable;
mod chain_duplicate;
mod chain_extra_certificate;
mod chain_intermediate_missing;
mod chain_order_wrong;
mod chain_root_unneeded;
mod chain_too_long;
mod cipher_suites_none;
mod client_certificate_required;
mod clock_skew;
mod critical_extension_unknown;
mod cross_sign_expired;
mod eku_server_auth_missing;
mod entry_invisible;
mod handshake_failed;
mod host_pinned;
mod interception_suspected;
mod intermediate_expired;
mod issuer_not_ca;
mod java_algorithm_disabled;
mod java_anchor_distrusted;
mod java_cannot_judge;
mod key_identifier_mismatch;
mod key_in_trust_store;
mod key_usage_wrong;
mod key_weak;
mod leaf_expired;
mod leaf_not_yet_valid;
mod leaf_self_signed;
mod name_cn_only;
mod name_constraint_violated;
mod name_ip_san_missing;
mod name_mismatch;
mod name_wildcard;
mod path_length_exceeded;
mod policy_required;
mod protocol_client_restricted;
mod protocol_too_old;
mod proxy_refused;
mod record_incomplete;
mod revocation_unknown;
mod root_untrusted;
mod server_not_tls;
mod server_unreachable;
mod signature_invalid;
mod signature_schemes_none;
mod signature_unchecked;
mod signature_weak;
mod sni_dependent;
mod starttls_refused;
mod store_empty_for_java;
mod store_missing;
mod store_password_needed;
mod store_shadowed;
mod store_unreadable;

use time::OffsetDateTime;

use super::{Evidence, Finding, Remedy, Rule, Severity};
use crate::cert::Certificate;
use crate::path::Fault;

/// Every rule, in the order reports show their findings: what keeps the client from judging at all, then what makes it
/// refuse, then what is merely untidy.
pub const RULES: &[&Rule] = &[
    &store_missing::RULE,
    &store_unreadable::RULE,
    &store_shadowed::RULE,
    &store_empty_for_java::RULE,
    &server_unreachable::RULE,
    &server_not_tls::RULE,
    &starttls_refused::RULE,
    &protocol_too_old::RULE,
    &protocol_client_restricted::RULE,
    &cipher_suites_none::RULE,
    &signature_schemes_none::RULE,
    &sni_dependent::RULE,
    &proxy_refused::RULE,
    &record_incomplete::RULE,
    &client_certificate_required::RULE,
    &handshake_failed::RULE,
    &certificate_unreadable::RULE,
    &host_pinned::RULE,
    &interception_suspected::RULE,
    &addresses_differ::RULE,
    &clock_skew::RULE,
    &chain_too_long::RULE,
    &chain_intermediate_missing::RULE,
    &root_untrusted::RULE,
    &leaf_self_signed::RULE,
    &entry_invisible::RULE,
    &anchor_stale::RULE,
    &key_identifier_mismatch::RULE,
    &leaf_expired::RULE,
    &leaf_not_yet_valid::RULE,
    &intermediate_expired::RULE,
    &cross_sign_expired::RULE,
    &name_mismatch::RULE,
    &name_ip_san_missing::RULE,
    &signature_invalid::RULE,
    &java_algorithm_disabled::RULE,
    &java_anchor_distrusted::RULE,
    &issuer_not_ca::RULE,
    &path_length_exceeded::RULE,
    &name_constraint_violated::RULE,
    &key_usage_wrong::RULE,
    &eku_server_auth_missing::RULE,
    &critical_extension_unknown::RULE,
    &policy_required::RULE,
    &revocation_unknown::RULE,
    &java_cannot_judge::RULE,
    &certificate_refused::RULE,
    &anchor_expired::RULE,
    &key_in_trust_store::RULE,
    &store_password_needed::RULE,
    &name_cn_only::RULE,
    &name_wildcard::RULE,
    &key_weak::RULE,
    &signature_weak::RULE,
    &signature_unchecked::RULE,
    &chain_order_wrong::RULE,
    &chain_extra_certificate::RULE,
    &chain_duplicate::RULE,
    &chain_root_unneeded::RULE,
];

/// A finding for each fault that `tell` has words for, given the certificate it is about: the detail and the remedies.
fn each(
    evidence: &Evidence,
    rule: &Rule,
    tell: impl Fn(&Fault, Option<&Certificate>) -> Option<(String, Vec<Remedy>)>,
) -> Vec<Finding> {
    let finding = |fault: &Fault| {
        let certificate = fault.certificate.and_then(|fingerprint| evidence.certificate(fingerprint));
        let (detail, remedies) = tell(fault, certificate)?;
        Some(Finding { remedies, severity: severity(rule, fault), ..rule.finding(fault.certificate, detail) })
    };
    evidence.faults.iter().filter_map(finding).collect()
}

/// More findings of one rule than are told one by one.
const CROWD: usize = 4;

/// How many certificates the findings are about and the first few by name, if they are too many to be told one by one.
fn crowd(evidence: &Evidence, findings: &[Finding]) -> Option<(usize, String)> {
    let count = findings.len();
    let about = findings.iter().filter_map(|finding| evidence.certificate(finding.certificate?));
    let names: Vec<String> = about.take(CROWD - 1).map(person).collect();
    let rest = count.checked_sub(names.len()).filter(|_| count >= CROWD)?;
    Some((count, format!("{}; and {rest} more", names.join("; "))))
}

/// Another title than the page's, which tells of Java.
fn entitle(findings: &mut [Finding], title: &str) {
    findings.iter_mut().for_each(|finding| title.clone_into(&mut finding.title));
}

/// What the client would refuse for alone is an error; what it does not mind is at most a warning.
fn severity(rule: &Rule, fault: &Fault) -> Severity {
    if fault.blocks { Severity::Error } else { rule.severity.min(Severity::Warning) }
}

/// A finding if the connection failed with the rule's own code.
fn failure(evidence: &Evidence, rule: &Rule, remedy: Remedy) -> Vec<Finding> {
    let failure = evidence.failure.iter().filter(|failure| failure.code == rule.code);
    let finding = |message: &str| Finding { remedies: vec![remedy.clone()], ..rule.finding(None, message) };
    failure.map(|failure| finding(&failure.message)).collect()
}

/// A certificate as a sentence names it.
fn person(certificate: &Certificate) -> String {
    let subject = certificate.subject();
    if subject.is_empty() { "a certificate without a subject".to_owned() } else { subject.to_string() }
}

/// The names a leaf is for.
fn names(leaf: &Certificate) -> String {
    let sans = leaf.subject_alt_names().unwrap_or_default().iter().take(20);
    let sans: Vec<String> = sans.map(ToString::to_string).collect();
    match leaf.subject().common_name() {
        _ if !sans.is_empty() => sans.join(", "),
        Some(name) => format!("the common name {name}, and has no subjectAltName"),
        None => "no name at all".to_owned(),
    }
}

/// A day and minute, in UTC.
fn date(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
}
