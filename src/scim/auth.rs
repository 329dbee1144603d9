//! Credentials as header fields, and the slips people make when they paste them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::net::NetError;
use crate::net::http::Field;
use crate::secret::Password;

/// How to say who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    None,
    /// `Authorization: Basic`, from `user:password` (RFC 7617).
    Basic(Password),
    /// `Authorization: Bearer` and the token (RFC 6750).
    Bearer(Password),
    /// A field of its own, sent as it is.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Password,
    },
}

/// Something about a credential that makes servers say 401.
pub(super) struct Slip {
    pub(super) code: &'static str,
    pub(super) detail: &'static str,
    /// The credential without it, where that can be told.
    pub(super) corrected: Option<Auth>,
}

impl Auth {
    /// Whether it can be sent at all.
    ///
    /// # Errors
    /// [`NetError::Unusable`] for a name or value that no header field can have.
    pub fn check(&self) -> Result<(), NetError> {
        self.field().map(|_| ())
    }

    /// The field to send; nothing for [`Auth::None`].
    pub(super) fn field(&self) -> Result<Option<Field>, NetError> {
        let authorization = |value: String| Field::new("Authorization", Password::new(value)).map(Some);
        match self {
            Self::None => Ok(None),
            Self::Basic(pair) => {
                let encoded = Zeroizing::new(BASE64_STANDARD.encode(pair.utf8()));
                authorization(format!("Basic {}", encoded.as_str()))
            }
            Self::Bearer(token) => authorization(format!("Bearer {}", token.text())),
            Self::Header { name, value } => Field::new(name, value.clone()).map(Some),
        }
    }

    /// Every text that must not come out: the credential as given, and as sent.
    pub(super) fn secrets(&self) -> Vec<Password> {
        let field = self.field().ok().flatten();
        let sent = field.as_ref().map(|field| field.value().text());
        let bare = sent.and_then(|sent| sent.rsplit(' ').next());
        let given = match self {
            Self::None => None,
            Self::Basic(pair) => Some(pair.text()),
            Self::Bearer(value) | Self::Header { value, .. } => Some(value.text()),
        };
        let password = match self {
            Self::Basic(pair) => pair.text().split_once(':').map(|(_, password)| password),
            _ => None,
        };
        let texts = [sent, given, bare, password].into_iter().flatten().filter(|text| !text.is_empty());
        texts.map(|text| Password::new(text.to_owned())).collect()
    }

    /// What looks wrong with the credential, before anything is sent.
    pub(super) fn slip(&self) -> Option<Slip> {
        match self {
            Self::None => None,
            Self::Basic(pair) => (!pair.text().contains(':')).then_some(Slip {
                code: "scim-auth-malformed",
                detail: "a Basic credential is user:password, and this one holds no colon",
                corrected: None,
            }),
            Self::Bearer(token) => {
                let corrected = without_scheme(token.text()).unwrap_or_else(|| token.text()).trim();
                slip(token.text(), corrected, Self::Bearer(Password::new(corrected.to_owned())))
            }
            Self::Header { name, value } if name.eq_ignore_ascii_case("authorization") => {
                let corrected = match without_scheme(value.text()) {
                    Some(rest) => format!("Bearer {}", without_scheme(rest).unwrap_or(rest).trim()),
                    None if value.text().trim().contains(' ') => value.text().trim().to_owned(),
                    None => format!("Bearer {}", value.text().trim()),
                };
                let auth = Self::Header { name: name.clone(), value: Password::new(corrected.clone()) };
                slip(value.text(), &corrected, auth)
            }
            Self::Header { name, value } => {
                let corrected = Password::new(value.text().trim().to_owned());
                let auth = Self::Header { name: name.clone(), value: corrected.clone() };
                slip(value.text(), corrected.text(), auth)
            }
        }
    }
}

fn slip(given: &str, corrected: &str, auth: Auth) -> Option<Slip> {
    let (code, detail) = match given.trim().len().cmp(&corrected.len()) {
        _ if given == corrected => return None,
        std::cmp::Ordering::Less => {
            ("scim-auth-scheme-missing", "the value of Authorization lacks its scheme, the word Bearer")
        }
        std::cmp::Ordering::Greater => {
            ("scim-auth-scheme-doubled", "the token begins with the word Bearer, which is added to it anyway")
        }
        std::cmp::Ordering::Equal => {
            ("scim-auth-whitespace", "the credential begins or ends with a space or a line end")
        }
    };
    Some(Slip { code, detail, corrected: Some(auth) })
}

/// What stands behind a leading `Bearer `.
fn without_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.trim_start().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    fn header(value: &str) -> Auth {
        Auth::Header { name: "authorization".to_owned(), value: password(value) }
    }

    #[test]
    fn pasting_slips_are_seen_and_corrected() {
        for (auth, code, corrected) in [
            (Auth::Bearer(password("tok")), None, None),
            (header("Bearer tok"), None, None),
            (header("Basic dTpw"), None, None),
            (Auth::Basic(password("u:p")), None, None),
            (
                Auth::Bearer(password("Bearer tok")),
                Some("scim-auth-scheme-doubled"),
                Some(Auth::Bearer(password("tok"))),
            ),
            (header("Bearer bearer tok"), Some("scim-auth-scheme-doubled"), Some(header("Bearer tok"))),
            (header("tok"), Some("scim-auth-scheme-missing"), Some(header("Bearer tok"))),
            (
                Auth::Bearer(password(" tok")),
                Some("scim-auth-whitespace"),
                Some(Auth::Bearer(password("tok"))),
            ),
            (Auth::Basic(password("user")), Some("scim-auth-malformed"), None),
        ] {
            let slip = auth.slip();
            assert_eq!(slip.as_ref().map(|slip| slip.code), code, "{auth:?}");
            assert_eq!(slip.and_then(|slip| slip.corrected), corrected, "{auth:?}");
        }
    }

    #[test]
    fn a_basic_pair_is_encoded() {
        let field = Auth::Basic(password("user:pw")).field().unwrap().unwrap();
        assert_eq!((field.name(), field.value().text()), ("Authorization", "Basic dXNlcjpwdw=="));
    }

    #[test]
    fn a_credential_cannot_add_a_header() {
        let error = Auth::Bearer(password("tok\r\nX: y")).field().unwrap_err().to_string();
        assert!(!error.contains("tok"), "{error}");
    }
}
