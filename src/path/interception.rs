//! Whether a chain looks like that of an inspecting proxy, and which hosts no import helps for.
//!
//! Both are lists as data. A match on a name is a hint, never a proof: anybody may call a CA what they like.

use crate::cert::{Certificate, Name};

/// What products that inspect TLS call their CAs: a part of the organisation or common name of an issuer, in lower case, and the
/// product. Sources: Chromium's `ssl_error_assistant.asciipb` (`mitm_software`), vendors' own documentation.
const PRODUCTS: &[(&str, &str)] = &[
    ("avast! web/mail shield root", "Avast"),
    ("bitdefender personal ca", "Bitdefender"),
    ("blue coat", "Blue Coat"),
    ("charles proxy ca", "Charles Proxy"),
    ("cisco umbrella", "Cisco Umbrella"),
    ("cloudflare gateway ca", "Cloudflare Gateway"),
    ("contentkeeper appliance ca", "ContentKeeper"),
    ("cyberoam certificate authority", "Cyberoam"),
    ("do_not_trust_fiddlerroot", "Fiddler"),
    ("eset ssl filter ca", "ESET"),
    ("fireware https proxy", "WatchGuard"),
    ("forcepoint cloud ca", "Forcepoint"),
    ("fortigate ca", "FortiGate"),
    ("fortinet", "Fortinet"),
    ("goskope.com", "Netskope"),
    ("netskope", "Netskope"),
    ("iwss.trend", "Trend Micro"),
    ("kaspersky anti-virus personal root", "Kaspersky"),
    ("mcafee web gateway", "McAfee Web Gateway"),
    ("menlo security", "Menlo Security"),
    ("mitmproxy", "mitmproxy"),
    ("portswigger ca", "Burp Suite"),
    ("smoothwall-default-root", "Smoothwall"),
    ("sonicwall", "SonicWall"),
    ("sophos ssl ca", "Sophos"),
    ("sophosutm proxy ca", "Sophos UTM"),
    ("zscaler", "Zscaler"),
];

/// Domains whose certificates vendors' agents pin: such an agent compares the key with one it carries, so nothing that is
/// imported makes it accept another. Okta's agents do so for Okta's own cloud.
const PINNED: &[&str] = &["okta.com", "okta-emea.com", "okta-gov.com", "oktapreview.com"];

/// The product that an issuer in the chain is named after.
pub fn interceptor(chain: &[Certificate]) -> Option<&'static str> {
    chain.iter().flat_map(|certificate| [certificate.issuer(), certificate.subject()]).find_map(named_after)
}

fn named_after(name: &Name) -> Option<&'static str> {
    let words: Vec<String> =
        [name.organization(), name.common_name()].into_iter().flatten().map(str::to_lowercase).collect();
    let product = |(part, product): &(&str, &'static str)| {
        words.iter().any(|word| word.contains(part)).then_some(*product)
    };
    PRODUCTS.iter().find_map(product)
}

/// Whether a vendor's agent pins the keys of this host.
pub fn is_pinned(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_lowercase();
    PINNED
        .iter()
        .any(|domain| host == *domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pinned_hosts_are_told_by_their_domain() {
        assert!(is_pinned("acme.okta.com") && is_pinned("okta.com.") && is_pinned("Acme.OktaPreview.com"));
        assert!(
            !is_pinned("notokta.com") && !is_pinned("okta.com.evil.test") && !is_pinned("scim.corp.test")
        );
    }
}
