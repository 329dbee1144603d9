//! Products and running JVMs for people.

use std::path::Path;

use super::style::{self, paint};
use crate::agent::{self, Agent, Choice, Process, Trouble, Weight};
use crate::render::escape::visible;

/// Each product with the store it reads, why, and what is wrong; then the JVMs that belong to none of them. With
/// `verbose`, what else is known of a product.
pub fn report(agents: &[Agent<'_>], processes: &[Process], verbose: bool) -> String {
    let shown = agents.iter().map(|agent| product(agent, &agent::place(agent, agents), verbose));
    let mut text: Vec<String> = shown.collect();
    // What a runtime runs has options of its own.
    let products = agents.iter().filter(|agent| !agent.profile.is_runtime);
    let known: Vec<u32> = products.flat_map(|agent| agent.running.clone()).collect();
    text.extend(processes.iter().filter(|process| !known.contains(&process.pid)).map(jvm));
    if text.is_empty() {
        return "no known product and no running JVM was found\n".to_owned();
    }
    text.join("\n")
}

fn product(agent: &Agent<'_>, place: &str, verbose: bool) -> String {
    let profile = agent.profile;
    let title = paint(style::BOLD, &visible(&profile.title));
    let mut text = format!("{title}  {}\n", shown(&agent.prefix));
    line(&mut text, "name", place);
    let runs: Vec<String> = agent.running.iter().map(|pid| format!("pid:{pid}")).collect();
    line(&mut text, "runs", &runs.join(", "));
    if let Some(runtime) = &agent.runtime {
        let version = runtime.version.map(|version| format!(" (Java {version})")).unwrap_or_default();
        line(&mut text, "java", &format!("{}{version}", shown(&runtime.home)));
    }
    if let Some(choice) = &agent.store {
        store(&mut text, choice);
    }
    if let Some(folder) = &agent.drop_folder {
        line(&mut text, "folder", &shown(folder));
    }
    troubles(&mut text, &agent.troubles);
    if verbose {
        line(&mut text, "services", &profile.services.join(", "));
        line(&mut text, "owner", profile.owner.as_deref().unwrap_or_default());
        let logs: Vec<String> = profile.logs.iter().map(|log| shown(&agent.prefix.join(log))).collect();
        line(&mut text, "logs", &logs.join(", "));
        line(&mut text, "pins", &profile.pinned.join(", "));
        line(&mut text, "upgrade", profile.upgrade.as_deref().unwrap_or_default());
        for note in &profile.notes {
            line(&mut text, "note", note);
        }
    }
    text
}

fn jvm(process: &Process) -> String {
    let mut text = format!("{}\n", paint(style::BOLD, &format!("JVM pid:{}", process.pid)));
    let version = process.runtime.version.map(|version| format!(" (Java {version})")).unwrap_or_default();
    line(&mut text, "java", &format!("{}{version}", shown(&process.runtime.home)));
    if let Some(root) = process.tree.root() {
        line(&mut text, "root", &shown(root));
    }
    if let Some(choice) = &process.store() {
        store(&mut text, choice);
    }
    troubles(&mut text, &process.troubles());
    text
}

fn store(text: &mut String, choice: &Choice) {
    line(text, "store", &shown(&choice.path));
    line(text, "because", &choice.why.to_string());
    if let Some(store_type) = &choice.store_type {
        line(text, "type", store_type);
    }
    if choice.has_password {
        line(text, "password", "in the options");
    }
}

fn troubles(text: &mut String, troubles: &[Trouble]) {
    for trouble in troubles {
        let word = match trouble.weight {
            Weight::Error => paint(style::ERROR, "error"),
            Weight::Warning => paint(style::WARNING, "warning"),
            Weight::Info => paint(style::DIM, "info"),
        };
        let place = match (&trouble.file, trouble.line) {
            (Some(file), Some(line)) => format!("{}, line {line}: ", shown(file)),
            (Some(file), None) => format!("{}: ", shown(file)),
            _ => String::new(),
        };
        let code = paint(style::DIM, &format!("[{}]", trouble.code));
        text.push_str(&format!("  {word}: {place}{} {code}\n", visible(&trouble.detail)));
    }
}

fn line(text: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        text.push_str(&format!("  {name:<9} {}\n", visible(value)));
    }
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string())
}
