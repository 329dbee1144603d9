//! What `sync` and `plan` did, or would do, for people.

use super::style::{self, paint};
use crate::render::escape::visible;
use crate::render::json::v1::{Foreign, Probed, ServiceDone, Synced, SyncedStore, TrustLine};

/// All of it.
pub fn synced(synced: &Synced) -> String {
    let mut text = stores(&synced.stores, synced.dry_run);
    for keystore in &synced.keystores {
        let path = paint(style::BOLD, &visible(&keystore.path));
        let words = match (&keystore.error, &keystore.reason) {
            (Some(error), _) => format!("{} {}", paint(style::ERROR, "failed:"), visible(&error.message)),
            (None, Some(why)) if synced.dry_run => format!("would be made: {why}"),
            (None, Some(why)) => format!("made: {why}"),
            (None, None) => paint(style::DIM, "unchanged"),
        };
        text.push_str(&format!("keystore {path}: {words}\n"));
    }
    for service in &synced.services {
        text.push_str(&self::service(service));
    }
    for check in &synced.checks {
        text.push_str(&probed(check));
    }
    let why = if synced.dry_run { "this is a dry run" } else { "no store was changed" };
    for check in &synced.checks_not_tried {
        text.push_str(&format!("check {}: {}: {why}\n", visible(check), paint(style::DIM, "not tried")));
    }
    if synced.rolled_back {
        let words = "rolled back: the stores are as they were";
        text.push_str(&format!("{}\n", paint(style::ERROR, words)));
    }
    text
}

/// Store by store: a line of summary, and what differs.
pub fn stores(stores: &[SyncedStore], dry_run: bool) -> String {
    let mut text = String::new();
    for store in stores {
        let name = paint(style::BOLD, visible(&store.name).trim_end_matches(':'));
        if let Some(error) = &store.error {
            let words = paint(style::ERROR, "failed:");
            text.push_str(&format!("{name}: {words} {}\n", visible(&error.message)));
            for hint in &error.hints {
                text.push_str(&format!("    hint: {}\n", visible(hint)));
            }
            continue;
        }
        let words = match (store.changed, dry_run) {
            (false, _) => paint(style::DIM, "unchanged"),
            (true, true) => paint(style::WARNING, "would change"),
            (true, false) => paint(style::GOOD, "changed"),
        };
        text.push_str(&format!("{name}: {words}\n"));
        if let Some(diff) = &store.diff {
            let gone = diff.before.iter().filter(|line| !diff.after.contains(line));
            text.extend(gone.map(|one| line('-', one, style::ERROR)));
            let come = diff.after.iter().filter(|line| !diff.before.contains(line));
            text.extend(come.map(|one| line('+', one, style::GOOD)));
        }
        text.push_str(&foreign(&store.foreign));
        if let Some(backup) = &store.backup {
            text.push_str(&format!("    backup: {}\n", visible(backup)));
        }
    }
    text
}

/// How many entries are named of those that stay.
const NAMED: usize = 5;

/// What mode exact leaves in a store, because somebody else put it there.
pub fn foreign(foreign: &Foreign) -> String {
    if foreign.entries.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "    {} not declared, and not put there by sync, so that mode exact leaves it:\n",
        paint(style::WARNING, "note:")
    );
    for line in foreign.entries.iter().take(NAMED) {
        text.push_str(&format!(
            "      {}  {}  {}\n",
            line.sha256,
            visible(&line.alias),
            visible(&line.subject)
        ));
    }
    let mut more = Vec::new();
    if let Some(count) = foreign.entries.len().checked_sub(NAMED).filter(|count| *count > 0) {
        more.push(format!("{count} more"));
    }
    if foreign.public_roots > 0 {
        more.push(format!("{} of Mozilla's roots", foreign.public_roots));
    }
    if !more.is_empty() {
        text.push_str(&format!("      and {}\n", more.join(" and ")));
    }
    text
}

fn line(mark: char, line: &TrustLine, style: anstyle::Style) -> String {
    let words = format!("{mark} {}  {}  {}", line.sha256, visible(&line.alias), visible(&line.subject));
    format!("  {}\n", paint(style, &words))
}

fn service(service: &ServiceDone) -> String {
    let name = visible(&service.name);
    let detail = service.detail.as_ref().map(|text| format!(": {}", visible(text))).unwrap_or_default();
    format!("service {name}: {}{detail}\n", service.outcome)
}

fn probed(check: &Probed) -> String {
    let by = check.store.as_ref().map(|store| format!(" with {}", visible(store))).unwrap_or_default();
    let answer = match &check.detail {
        None => paint(style::GOOD, "ok"),
        Some(why) => format!("{} {}", paint(style::ERROR, "failed:"), visible(why)),
    };
    format!("check {}{by}: {answer}\n", visible(&check.target))
}
