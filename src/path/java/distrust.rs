//! Authorities the JDK stopped trusting for TLS: sun.security.validator.CADistrustPolicy and its policies.

use time::Date;
use time::macros::date;

use super::rejection::Reason;
use super::settings::Settings;
use crate::cert::Certificate;

/// One policy.
struct Policy {
    /// Its name in `jdk.security.caDistrustPolicies`.
    name: &'static str,
    authority: &'static str,
    /// Leaves issued after this day are refused.
    last_day: Date,
    /// Whether the date counts even where every leaf of the other authorities is refused.
    dated_always: bool,
    /// SHA-256 of the roots.
    roots: &'static [&'static str],
}

/// Intermediates under Symantec roots that may issue until the end of 2019 (SymantecTLSPolicy.EXEMPT_SUBCAS).
const EXEMPT: [&str; 2] = [
    "ac2b922ecfd5e01711772fea8ed372de9d1e2245fce3f57a9cdbec77296a424b",
    "a4fe7c7f15155f3f0aef7aaa83cf6e06deb97ca3f909df920ac1490882d488ed",
];
const EXEMPT_LAST_DAY: Date = date!(2019 - 12 - 31);

const POLICIES: [Policy; 4] = [
    Policy {
        name: "SYMANTEC_TLS",
        authority: "Symantec",
        last_day: date!(2019 - 04 - 16),
        dated_always: false,
        roots: &[
            "ff856a2d251dcd88d36656f450126798cfabaade40799c722de4d2b5db36a73a",
            "37d51006c512eaab626421f1ec8c92013fc5f82ae98ee533eb4619b8deb4d06c",
            "5edb7ac43b82a06a8761e8d7be4979ebf2611f7dd79bf91c1c6b566a219ed766",
            "b478b812250df878635c2aa7ec7d155eaa625ee82916e2cd294361886cd1fbd4",
            "a0459b9f63b22559f5fa5d4c6db3f9f72ff19342033578f073bf1d1b46cbb912",
            "8d722f81a9c113c0791df136a2966db26c950a971db46b4199f4ea54b78bfb9f",
            "a4310d50af18a6447190372a86afaf8b951ffb431d837f1e5688b45971ed1557",
            "4b03f45807ad70f21bfc2cae71c9fde4604c064cf5ffb686bae5dbaad7fdd34c",
            "3f9f27d583204b9e09c8a3d2066c4b57d3a2479c3693650880505698105dbce9",
            "3a43e220fe7f3ea9653d1e21742eac2b75c20fd8980305bc502caf8c2d9b41a1",
            "a4b6b3996fc2f306b3fd8681bd63413d8c5009cc4fa329c2ccf0e2fa1b140305",
            "83ce3c1229688a593d485f81973c0f9195431eda37cc5e36430e79c7a888638b",
            "eb04cf5eb1f39afa762f2bb120f296cba520c1b97db1589565b81cb9a17b7244",
            "69ddd7ea90bb57c93e135dc85ea6fcd5480b603239bdc454fc758b2a26cf7f79",
            "9acfab7e43c8d880d06b262a94deeee4b4659989c3d0caf19baf6405e41ab7df",
            "2399561127a57125de8cefea610ddf2fa078b5c8067f4e828290bfb860e84b3c",
        ],
    },
    Policy {
        name: "ENTRUST_TLS",
        authority: "Entrust",
        last_day: date!(2024 - 11 - 11),
        dated_always: false,
        roots: &[
            "73c176434f1bc6d5adf45b0e76e727287c8de57616c1e6e6141a2b2cbc7d8e4c",
            "02ed0eb28c14da45165c566791700d6451d7fb56f0b2ab1d3b8eb070e56edff5",
            "43df5774b03e7fef5fe40d931a7bedf1bb2e6b42738c4e6d3841103d3aa7f339",
            "db3517d1f6732a2d5ab97c533ec70779ee3270a62fb4ac4238372460e6f01e88",
            "6dc47172e01cbcb0bf62580d895fe2b8ac9ad4f873801e0c10b9c837d21eb177",
        ],
    },
    Policy {
        name: "CAMERFIRMA_TLS",
        authority: "Camerfirma",
        last_day: date!(2025 - 04 - 15),
        dated_always: false,
        roots: &["063e4afac491dfd332f3089b8542e94617d893d7fe944e10a7937ee29d9693c0"],
    },
    Policy {
        name: "CHUNGHWA_TLS",
        authority: "Chunghwa",
        last_day: date!(2026 - 03 - 17),
        dated_always: true,
        roots: &["c0a6f4dc63a24bfdcf54ef2a6a082a0a72de35803e2ff5ff527ae5d87206dfd5"],
    },
];

/// Checks leaf and anchor of `path` (leaf first, anchor last) against the policies switched on.
pub(super) fn check(path: &[Certificate], settings: &Settings) -> Result<(), Reason> {
    let (Some(leaf), Some(anchor)) = (path.first(), path.last()) else { return Ok(()) };
    let root = anchor.sha256().hex();
    let issued = leaf.not_before().date();
    for policy in &POLICIES {
        let on = settings.distrust.iter().any(|name| name == policy.name);
        if !on || !policy.roots.iter().any(|known| known.eq_ignore_ascii_case(&root)) {
            continue;
        }
        let refused = |issued_after| Reason::AuthorityDistrusted {
            authority: policy.authority,
            issued_after,
            subject: anchor.subject().java(settings.version.feature),
        };
        if settings.distrust_outright && !policy.dated_always {
            return Err(refused(None));
        }
        let last_day =
            if policy.name == "SYMANTEC_TLS" && is_exempt(path) { EXEMPT_LAST_DAY } else { policy.last_day };
        if issued > last_day {
            return Err(refused(Some(last_day)));
        }
    }
    Ok(())
}

fn is_exempt(path: &[Certificate]) -> bool {
    let below_root = path.iter().rev().nth(1).filter(|_| path.len() > 2);
    below_root.is_some_and(|ca| EXEMPT.iter().any(|known| known.eq_ignore_ascii_case(&ca.sha256().hex())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::java::Version;

    /// Only issuer and date of issue decide, so the root can stand for both ends of the path.
    fn entrust() -> [Certificate; 2] {
        let pem = include_str!("../../../testdata/path/entrust-root.pem");
        let root = Certificate::from_der(pem::parse(pem).unwrap().contents()).unwrap();
        [root.clone(), root]
    }

    #[test]
    fn outright_or_by_date() {
        let checked = |version: &str| check(&entrust(), &Settings::of(&Version::parse(version).unwrap()));
        let authority = |reason: Reason| match reason {
            Reason::AuthorityDistrusted { authority, issued_after, .. } => (authority, issued_after),
            other => panic!("{other:?}"),
        };
        assert_eq!(checked("17.0.21").map_err(authority), Err(("Entrust", None)));
        // Issued in 2006, long before the last day.
        assert_eq!(checked("25.0.3"), Ok(()));
        assert_eq!(checked("17.0.9"), Ok(()));
    }

    #[test]
    fn fingerprints_are_whole() {
        let all = POLICIES.iter().flat_map(|policy| policy.roots).chain(&EXEMPT);
        for root in all.clone() {
            assert_eq!(
                crate::digest::Fingerprint::parse(root).map(|parsed| parsed.hex()).as_deref(),
                Ok(*root)
            );
        }
        assert_eq!(all.count(), 16 + 5 + 1 + 1 + 2);
    }
}
