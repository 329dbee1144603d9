//! The few styles there are.

use anstyle::{AnsiColor, Style};

/// A failure, a refusal.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Something to look at.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// What to do next.
pub const HINT: Style = AnsiColor::Cyan.on_default().bold();
/// A yes.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// A heading.
pub const BOLD: Style = Style::new().bold();
/// Less important.
pub const DIM: Style = Style::new().dimmed();

/// The text in a style.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{}", style.render_reset())
}
