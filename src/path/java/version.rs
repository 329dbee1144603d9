//! The version of a Java runtime, old and new spelling.

use std::fmt;

/// A Java version: `17.0.9` is feature 17, interim 0, update 9; `1.8.0_202` is feature 8, update 202.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The release people name: 8, 11, 17, ..
    pub feature: u32,
    /// Nearly always 0.
    pub interim: u32,
    /// The quarterly update.
    pub update: u32,
    /// An emergency release of the same update.
    pub patch: u32,
}

/// The newest update known of each long-term release.
const NEWEST: [Version; 5] = [
    Version { feature: 8, interim: 0, update: 492, patch: 0 },
    Version { feature: 11, interim: 0, update: 31, patch: 0 },
    Version { feature: 17, interim: 0, update: 21, patch: 1 },
    Version { feature: 21, interim: 0, update: 11, patch: 0 },
    Version { feature: 25, interim: 0, update: 3, patch: 0 },
];

impl Version {
    /// Reads `17`, `17.0.9`, `17.0.21.1`, `1.8.0_202`, `8u202`, `25.0.3+9-LTS`; `None` for anything else and for
    /// releases before 8. A feature release alone means the newest update known.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.split(['+', '-']).next().unwrap_or_default();
        let numbers: Option<Vec<u32>> = text.split(['.', '_', 'u']).map(|part| part.parse().ok()).collect();
        let version = match *numbers?.as_slice() {
            [1, feature, _, update] => Self { feature, interim: 0, update, patch: 0 },
            [1, feature] | [feature] => Self::newest(feature),
            [feature, update] if text.contains('u') => Self { feature, interim: 0, update, patch: 0 },
            [1, feature, _] => Self { feature, interim: 0, update: 0, patch: 0 },
            [feature, interim] => Self { feature, interim, update: 0, patch: 0 },
            [feature, interim, update] => Self { feature, interim, update, patch: 0 },
            [feature, interim, update, patch, ..] => Self { feature, interim, update, patch },
            [] => return None,
        };
        (8..100).contains(&version.feature).then_some(version)
    }

    /// The newest update known of a feature release.
    pub fn newest(feature: u32) -> Self {
        let known = NEWEST.iter().find(|version| version.feature == feature);
        known.copied().unwrap_or(Self { feature, interim: 0, update: 0, patch: 0 })
    }

    /// The newest release whose rules are known.
    pub fn newest_feature() -> u32 {
        NEWEST.iter().map(|version| version.feature).max().unwrap_or_default()
    }

    /// Whether this is at least `update` of `feature`, or of a later feature release.
    pub(super) fn has(self, feature: u32, update: u32) -> bool {
        self.feature > feature || (self.feature == feature && self.update >= update)
    }

    /// Whether it is at least one of these updates of its own feature release, or of a release newer than all listed.
    /// A release that is not listed follows the next older one that is.
    pub(super) fn reached(self, updates: &[(u32, u32)]) -> bool {
        let own = updates.iter().filter(|(feature, _)| *feature <= self.feature).max();
        own.is_some_and(|(feature, update)| self.has(*feature, *update))
    }
}

/// `17.0.9`, `1.8.0_202`.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.feature == 8 {
            return write!(f, "1.8.0_{}", self.update);
        }
        write!(f, "{}.{}.{}", self.feature, self.interim, self.update)?;
        if self.patch > 0 { write!(f, ".{}", self.patch) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling() {
        let version = |feature, update, patch| Some(Version { feature, interim: 0, update, patch });
        assert_eq!(Version::parse("17.0.9"), version(17, 9, 0));
        assert_eq!(Version::parse("17.0.21.1"), version(17, 21, 1));
        assert_eq!(Version::parse("1.8.0_202"), version(8, 202, 0));
        assert_eq!(Version::parse("8u202"), version(8, 202, 0));
        assert_eq!(Version::parse("25.0.3+9-LTS"), version(25, 3, 0));
        assert_eq!(Version::parse("17"), version(17, 21, 1));
        assert_eq!(Version::parse("8"), Version::parse("1.8.0_492"));
        for text in ["", "7", "java", "17.x", "1.7.0_80", "4294967296"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn updates_of_each_line() {
        let reached = |text: &str| Version::parse(text).unwrap().reached(&[(17, 18), (21, 10), (25, 0)]);
        assert!(reached("17.0.18") && reached("21.0.10") && reached("25.0.0") && reached("26.0.1"));
        assert!(!reached("17.0.17") && !reached("21.0.8") && !reached("11.0.99"));
    }
}
