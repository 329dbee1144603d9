//! SMTP (RFC 3207) and IMAP (RFC 3501 section 6.2.1).

use super::{NetError, Talk};

/// Most lines of one reply.
const MAX_LINES: usize = 200;

pub(super) fn smtp(talk: &mut Talk<'_>) -> Result<(), NetError> {
    let (code, greeting) = reply(talk)?;
    if code != 220 {
        return Err(talk.refused(&last(&greeting)));
    }
    // Who has no name of its own says its address (RFC 5321 section 4.1.3).
    let own = match talk.wire.local() {
        Some(std::net::IpAddr::V4(address)) => format!("[{address}]"),
        Some(std::net::IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        None => "[127.0.0.1]".to_owned(),
    };
    talk.send(format!("EHLO {own}\r\n").as_bytes())?;
    let (code, offers) = reply(talk)?;
    if code != 250 {
        return Err(talk.refused(&last(&offers)));
    }
    if !offers
        .iter()
        .any(|line| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS")))
    {
        return Err(talk.refused("STARTTLS is not among what it offers"));
    }
    talk.send(b"STARTTLS\r\n")?;
    match reply(talk)? {
        (220, _) => Ok(()),
        (_, lines) => Err(talk.refused(&last(&lines))),
    }
}

/// The lines of one reply: all begin with its code, and a hyphen follows in all but the last (RFC 5321 section 4.2.1).
fn reply(talk: &mut Talk<'_>) -> Result<(u16, Vec<String>), NetError> {
    let mut lines = Vec::new();
    while lines.len() < MAX_LINES {
        let line = talk.line()?;
        let code = line.get(..3).and_then(|digits| digits.parse().ok()).ok_or_else(|| talk.strange())?;
        let goes_on = match line.as_bytes().get(3) {
            Some(b'-') => true,
            Some(b' ') | None => false,
            Some(_) => return Err(talk.strange()),
        };
        lines.push(line);
        if !goes_on {
            return Ok((code, lines));
        }
    }
    Err(talk.strange())
}

pub(super) fn imap(talk: &mut Talk<'_>) -> Result<(), NetError> {
    let greeting = talk.line()?;
    match greeting.split(' ').nth(1).map(str::to_ascii_uppercase).as_deref() {
        Some("OK") if greeting.starts_with("* ") => {}
        Some("PREAUTH" | "BYE") if greeting.starts_with("* ") => return Err(talk.refused(&greeting)),
        _ => return Err(talk.strange()),
    }
    talk.send(b"a1 STARTTLS\r\n")?;
    for _ in 0..MAX_LINES {
        let line = talk.line()?;
        match line.split_once(' ') {
            Some(("*", _)) => {}
            Some(("a1", said)) if said.get(..2).is_some_and(|word| word.eq_ignore_ascii_case("OK")) => {
                return Ok(());
            }
            Some(("a1", said)) => return Err(talk.refused(said)),
            _ => return Err(talk.strange()),
        }
    }
    Err(talk.strange())
}

fn last(lines: &[String]) -> String {
    lines.last().cloned().unwrap_or_default()
}
