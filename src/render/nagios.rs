//! One line for Nagios and its kin: status, words, performance data.

use super::escape::visible;

/// How bad it is; the number is the exit code of the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// All is well.
    Ok = 0,
    /// It will not be for long.
    Warning = 1,
    /// It is not.
    Critical = 2,
    /// Nobody knows.
    Unknown = 3,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Days left that are worth a warning, and those that are critical.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    /// Fewer are worth a warning.
    pub warning: u32,
    /// Fewer are critical.
    pub critical: u32,
}

impl Thresholds {
    /// What so many days left mean.
    pub fn level(&self, days: i64) -> Level {
        match days {
            days if days < i64::from(self.critical) => Level::Critical,
            days if days < i64::from(self.warning) => Level::Warning,
            _ => Level::Ok,
        }
    }

    /// The days left as performance data.
    pub fn days(&self, days: i64) -> String {
        format!("'days'={days};{};{}", self.warning, self.critical)
    }
}

/// The line. A bar would end the words, so there is none in them.
pub fn line(level: Level, words: &str, data: &[String]) -> String {
    let words = visible(words).replace('|', "/");
    let data = if data.is_empty() { String::new() } else { format!(" | {}", data.join(" ")) };
    format!("TRUSTMEND {} - {words}{data}\n", level.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        let thresholds = Thresholds { warning: 20, critical: 15 };
        let levels = [-1, 14, 15, 19, 20].map(|days| thresholds.level(days));
        assert_eq!(levels, [Level::Critical, Level::Critical, Level::Warning, Level::Warning, Level::Ok]);
        let shown = line(Level::Critical, "a|b\nc", &[thresholds.days(3)]);
        assert_eq!(shown, "TRUSTMEND CRITICAL - a/b\\u{a}c | 'days'=3;20;15\n");
    }
}
