//! What a monitoring system is told of many servers, gathered while they come: little of each is kept.

use time::OffsetDateTime;

use super::Context;
use super::error::CliError;
use super::exit::Exit;
use super::monitor::{Form, Monitoring};
use crate::cert::Certificate;
use crate::render::json::v1;
use crate::render::nagios::Level;
use crate::render::prometheus::{Metrics, Target};

/// The answer so far.
pub(crate) struct Summary<'a> {
    monitoring: &'a Monitoring,
    place: String,
    now: OffsetDateTime,
    metrics: Metrics,
    /// The fewest days that a certificate met is still valid.
    days: Option<i64>,
    /// Whether somebody's answer was a no; else what is left is only not known.
    refused: bool,
    /// For each server its verdict, and why.
    words: Vec<String>,
}

impl<'a> Summary<'a> {
    /// Of no server yet; `place` is the client's store.
    pub(crate) fn new(monitoring: &'a Monitoring, place: &str, now: OffsetDateTime) -> Self {
        let (place, metrics) = (place.to_owned(), Metrics::default());
        Self { monitoring, place, now, metrics, days: None, refused: false, words: Vec::new() }
    }

    /// Takes one more.
    pub(crate) fn add(&mut self, seen: &v1::Observed, chain: &[Certificate]) {
        let (target, verdict) = (seen.target.as_str(), seen.verdict.unwrap_or("unreachable"));
        if self.monitoring.format == Form::Prometheus {
            let client = seen.client.as_deref().unwrap_or_default();
            self.metrics.server(&Target { target, store: &self.place, client, verdict }, chain, self.now);
            return;
        }
        let ends = chain.iter().map(|certificate| (certificate.not_after() - self.now).whole_days());
        self.days = self.days.into_iter().chain(ends).min();
        self.refused |= !matches!(verdict, "trusted" | "undecided");
        let found = seen.findings.as_ref().and_then(|findings| findings.first());
        let why = found.filter(|_| verdict != "trusted").map(|finding| format!(" ({})", finding.code));
        self.words.push(format!("{target} {verdict}{}", why.unwrap_or_default()));
    }

    /// Gives the answer.
    pub(crate) fn give(mut self, exit: Exit, context: &Context) -> Result<Exit, CliError> {
        let monitoring = self.monitoring;
        if monitoring.format == Form::Prometheus {
            self.metrics.made(self.now);
            monitoring.text(&self.metrics.text(), context)?;
            return Ok(exit);
        }
        let thresholds = monitoring.thresholds();
        let level = match exit {
            Exit::Done => self.days.map_or(Level::Ok, |days| thresholds.level(days)),
            Exit::No | Exit::Network if self.refused => Level::Critical,
            _ => Level::Unknown,
        };
        let data: Vec<String> = self.days.map(|days| thresholds.days(days)).into_iter().collect();
        monitoring.nagios(level, &self.words.join(", "), &data, context)
    }
}
