//! Text for people, plain enough for a log. Styles are ANSI sequences; the terminal room strips them where they are
//! not wanted.

pub mod agents;
pub mod certificate;
pub mod chain;
pub mod check;
pub mod diagnosis;
pub mod finding;
pub mod session;
pub mod store;
pub mod style;
pub mod sync;
