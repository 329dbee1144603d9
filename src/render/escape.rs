//! Text from outside, made safe to show: a certificate's name must not be able to move the cursor, change colours,
//! forge a line or reorder what is read.

use std::fmt::Write as _;

/// The text with everything that is not plainly visible spelled out, `\n` as `\u{a}`.
///
/// Spelled out are: control characters (C0, DEL, C1), line and paragraph separators, bidirectional controls
/// (Unicode Standard Annex 9), zero-width and other invisible format characters, private-use and unassigned planes'
/// tags. A plain backslash stays, except before `u{`, so that an escape cannot be forged.
pub fn visible(text: &str) -> String {
    if text.bytes().all(|octet| matches!(octet, b' '..=b'~') && octet != b'\\') {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for (index, c) in text.char_indices() {
        let forged = c == '\\' && text.get(index + 1..).is_some_and(|rest| rest.starts_with("u{"));
        if is_invisible(c) || forged {
            // Writing to a String cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e000}'..='\u{f8ff}'
            | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_but_visible_text() {
        assert_eq!(visible("Müller 名 & Co\\"), "Müller 名 & Co\\");
        assert_eq!(visible("a\u{1b}[31mred\n"), "a\\u{1b}[31mred\\u{a}");
        assert_eq!(visible("\u{202e}moc.live\u{9b}2J"), "\\u{202e}moc.live\\u{9b}2J");
        assert_eq!(visible("\\u{a}"), "\\u{5c}u{a}");
    }
}
