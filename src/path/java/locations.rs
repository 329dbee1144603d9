//! From where a JVM fetches issuers by itself: `com.sun.security.allowedAIALocations` (URICertStore of the updates of January
//! 2026 and later).

/// Whether the value of the property, a list of places with white space between, lets this address be asked.
pub(super) fn allow(list: &str, address: &str) -> bool {
    let list = list.trim();
    if list.eq_ignore_ascii_case("any") {
        return true;
    }
    let Some(wanted) = Uri::parse(address) else { return false };
    list.split_whitespace().filter_map(Uri::parse).any(|rule| rule.holds(&wanted))
}

/// Schemes that are followed, with their ports.
const SCHEMES: [(&str, u32); 5] = [("http", 80), ("https", 443), ("ldap", 389), ("ldaps", 636), ("ftp", 21)];

/// As much of a `java.net.URI` as is compared, normalised.
struct Uri {
    scheme: &'static str,
    host: String,
    port: u32,
    path: String,
}

impl Uri {
    /// `None` for what is no such address there: another scheme, none of a host's names, octets that need an escape.
    fn parse(text: &str) -> Option<Self> {
        let forbidden = |c: char| c.is_ascii_control() || " \"<>\\^`{|}".contains(c);
        if text.contains(forbidden) || !are_escapes_whole(text) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let (scheme, port) = SCHEMES.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(scheme))?;
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, written) = match authority.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
            Some((host, port)) => (host, port),
            None => (authority, ""),
        };
        let port = if written.is_empty() { port } else { written.parse().ok()? };
        is_host(host).then(|| Self {
            scheme,
            host: host.to_ascii_lowercase(),
            port,
            path: unescaped(&normal(path)),
        })
    }

    /// Whether this rule lets `wanted` be asked: a rule that ends with a slash is a folder, another one a file.
    fn holds(&self, wanted: &Self) -> bool {
        let same_place = self.scheme == wanted.scheme && self.host == wanted.host && self.port == wanted.port;
        same_place
            && if self.scheme.starts_with("ldap") {
                self.path.trim_start_matches('/') == wanted.path.trim_start_matches('/')
            } else if self.path.ends_with('/') {
                wanted.path.starts_with(&self.path)
            } else {
                wanted.path == self.path
            }
    }
}

fn are_escapes_whole(text: &str) -> bool {
    let is_hex = |octet: Option<&u8>| octet.is_some_and(u8::is_ascii_hexdigit);
    text.split('%').skip(1).all(|rest| is_hex(rest.as_bytes().first()) && is_hex(rest.as_bytes().get(1)))
}

/// A host's name or address as `java.net.URI` parses one of a server: an underscore makes it something else.
fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    if text.parse::<std::net::Ipv4Addr>().is_ok() {
        return true;
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        label.starts_with(|c: char| c.is_ascii_alphanumeric())
            && label.ends_with(|c: char| c.is_ascii_alphanumeric())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.split('.').all(is_label) && last.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// `URI.normalize`: no `.`, no slash twice, no `..` after the name of a folder. An empty path is the root.
fn normal(path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    let ends_open = path.is_empty() || path.ends_with(['/']) || path.ends_with("/.") || path.ends_with("/..");
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." if names.last().is_some_and(|last| *last != "..") => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    let slash = if ends_open && !names.is_empty() { "/" } else { "" };
    format!("/{}{slash}", names.join("/"))
}

fn unescaped(path: &str) -> String {
    let (mut octets, mut rest) = (Vec::new(), path.as_bytes());
    loop {
        let (octet, after) = match rest {
            [b'%', high, low, after @ ..] => {
                let hex = [*high, *low];
                let hex = std::str::from_utf8(&hex).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
                (hex.unwrap_or(b'%'), after)
            }
            [octet, after @ ..] => (*octet, after),
            [] => return String::from_utf8_lossy(&octets).into_owned(),
        };
        octets.push(octet);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::allow;

    #[test]
    fn a_folder_lets_in_what_is_below_a_file_itself_alone() {
        let at = "http://ca.corp.test/pki/issuing.cer";
        for list in [
            "any",
            " ANY ",
            "http://ca.corp.test/",
            "http://ca.corp.test",
            "HTTP://CA.corp.test:80/pki/",
            "ldap://ca.corp.test/cn=x http://ca.corp.test/pki/issuing.cer?query#fragment",
            "http://user@ca.corp.test/a/..//./pki/",
            "http://ca.corp.test/%70ki/",
        ] {
            assert!(allow(list, at), "{list}");
        }
    }

    #[test]
    fn what_is_somewhere_else_is_not_asked() {
        let at = "http://ca.corp.test/pki/issuing.cer";
        for list in [
            "",
            "any http://other.corp.test/",
            "http://ca.corp.test/pki",
            "http://ca.corp.test/PKI/",
            "http://ca.corp.test:8080/",
            "https://ca.corp.test/",
            "http://corp.test/",
            "http:/pki/",
            "http:ca.corp.test/pki/",
            "http://ca.corp.test/pki/../other/",
            "http://ca.corp.test/{pki}/",
        ] {
            assert!(!allow(list, at), "{list}");
        }
        assert!(!allow("http://ca_1.corp.test/", "http://ca_1.corp.test/x"), "no server's name in Java");
        assert!(!allow("http://ca.corp.test/", "http://ca.corp.test/a b") && allow("any", "file:/x"));
        assert!(allow("http://[::1]:8080/", "http://[::1]:8080/x"));
    }
}
