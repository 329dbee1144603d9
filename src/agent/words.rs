//! Text that holds a JVM's options, taken apart as its reader would: a shell, a JVM, the `java` launcher.

/// Most words taken from one text.
const MAX_WORDS: usize = 10_000;

/// Words, and whether a quotation that began did not end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// The words without their quotation marks.
    pub words: Vec<String>,
    /// Whether the last quotation is open at the end of the text.
    pub is_open: bool,
}

/// As `JAVA_TOOL_OPTIONS`, `_JAVA_OPTIONS` and `JDK_JAVA_OPTIONS` are read: split at white space, quotation marks of either
/// kind anywhere, nothing escaped (hotspot arguments.cpp `parse_options_buffer`, libjli args.c `JLI_AddArgsFromEnvVar`).
pub(super) fn of_variable(text: &str) -> Words {
    split(text, false)
}

/// As a shell would, without expansion: `\` takes the meaning of the next character away, except in single quotation marks.
pub(super) fn of_shell(text: &str) -> Words {
    split(text, true)
}

fn split(text: &str, escapes: bool) -> Words {
    let mut found = Words::default();
    let (mut word, mut in_word, mut quote) = (String::new(), false, None);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\\', open) if escapes && open != Some('\'') => {
                // A line that goes on is one line.
                if let Some(next) = characters.next().filter(|next| *next != '\n') {
                    word.push(next);
                    in_word = true;
                }
            }
            (c, Some(_)) => word.push(c),
            ('"' | '\'', None) => {
                quote = Some(c);
                in_word = true;
            }
            (c, None) if c.is_ascii_whitespace() => {
                if in_word && found.words.len() < MAX_WORDS {
                    found.words.push(std::mem::take(&mut word));
                }
                in_word = false;
            }
            (c, None) => {
                word.push(c);
                in_word = true;
            }
        }
    }
    if in_word && found.words.len() < MAX_WORDS {
        found.words.push(word);
    }
    found.is_open = quote.is_some();
    found
}

/// As the launcher reads an argument file (libjli args.c `nextToken`): `#` begins a comment, `\` counts inside quotation
/// marks only, and there a `\` before the end of a line joins it with the next one without its indentation.
pub(super) fn of_argument_file(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut in_word, mut quote) = (String::new(), false, None);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\n' | '\r', _) | (' ' | '\t' | '\u{c}', None) => {
                if in_word && words.len() < MAX_WORDS {
                    words.push(std::mem::take(&mut word));
                }
                (in_word, quote) = (false, None);
            }
            ('#', None) => while characters.next_if(|c| !matches!(c, '\n' | '\r')).is_some() {},
            ('\\', Some(_)) => match characters.next() {
                Some('\n' | '\r') => while characters.next_if(|c| c.is_ascii_whitespace()).is_some() {},
                Some('n') => word.push('\n'),
                Some('r') => word.push('\r'),
                Some('t') => word.push('\t'),
                Some('f') => word.push('\u{c}'),
                Some(other) => word.push(other),
                None => {}
            },
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                in_word = true;
            }
            (c, _) => {
                word.push(c);
                in_word = true;
            }
        }
    }
    if in_word && words.len() < MAX_WORDS {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reader_has_its_own_rules() {
        let variable = of_variable("-Da='x y' -Db=\"c\"d  -De=\\f");
        assert_eq!(variable.words, ["-Da=x y", "-Db=cd", "-De=\\f"]);
        let shell = of_shell("-Da=\"x\\\" y\" -Db='c\\d' -De=\\ f");
        assert_eq!(shell.words, ["-Da=x\" y", "-Db=c\\d", "-De= f"]);
        assert!(of_shell("-Da=\"b").is_open && !shell.is_open);
        let file = "# comment\n-Da=\"x y\" -Db=c\\d # more\n-Dp=\"C:\\\\dir \\\n   rest\"\n-De='f'\n";
        assert_eq!(of_argument_file(file), ["-Da=x y", "-Db=c\\d", "-Dp=C:\\dir rest", "-De=f"]);
    }
}
