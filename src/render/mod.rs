//! Values to text, HTML and JSON. Does no I/O and decides nothing: what is shown was decided below.

pub mod escape;
pub mod html;
pub mod json;
pub mod nagios;
pub mod prometheus;
pub mod text;
