//! The authority: made once, kept per user, signs within its limits.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::issued::certificate_pem;
use super::key::Hash;
use super::leaf::{BACKDATE, Issuer, key_id, refuse_too_long};
use super::limits::shown;
use super::template::{Template, distinguished_name};
use super::{
    CaError, IssueNote, Issued, KeyKind, Request, Signed, SigningKey, SigningRequest, Validity, extension,
    permits,
};
use crate::cert::{Certificate, GeneralName, NameConstraints};
use crate::fs::{self, PathError};
use crate::pem;

/// Everything the authority is: key, issuing certificate, root. One file, so that it is there whole or not at all.
const AUTHORITY: &str = "authority.pem";

/// The root alone, for those who are to trust it.
const ROOT: &str = "ca.pem";

/// Far more than the file ever has.
const MAX_FILE: u64 = 1 << 16;

/// Those who read it in a list of roots should know at once what it is.
const ORGANIZATION: &str = "trustmend development authority";

/// What an authority is to be.
#[derive(Debug, Clone)]
pub struct NewAuthority {
    /// Its name: who runs it, where.
    pub name: String,
    /// The kind of its keys.
    pub key: KeyKind,
    /// What it may vouch for (see [`super::limits_with`]).
    pub limits: NameConstraints,
    /// Its life in days.
    pub days: u32,
}

/// An authority that signs leaves.
#[derive(Debug)]
pub struct Authority {
    root: Certificate,
    /// The limited intermediate that signs; `None` if the root itself does.
    issuing: Option<Certificate>,
    key: SigningKey,
}

impl Authority {
    /// Makes an authority whose limits hold for every client: a root, and a limited intermediate that signs. The
    /// root's key is forgotten on return, so nobody can make it sign anything else, whatever a client reads in a root
    /// (Java: nothing, PKIX.java takes no constraints from a trust anchor). Servers have to send the intermediate.
    ///
    /// # Errors
    /// [`CaError`] if the name or the life is impossible, or no key can be made.
    pub fn sealed(new: &NewAuthority, now: OffsetDateTime) -> Result<Self, CaError> {
        let root_key = SigningKey::generate(new.key)?;
        let root = certificate(new, now, "root", &root_key, None, &root_key, 1)?;
        let key = SigningKey::generate(new.key)?;
        let issuing = certificate(new, now, "issuing", &key, Some(&root), &root_key, 0)?;
        Ok(Self { root, issuing: Some(issuing), key })
    }

    /// Makes an authority whose root signs leaves itself. Its limits hold for OpenSSL, GnuTLS, Go and browsers, not for
    /// Java: whoever gets its key can vouch for any name to a Java client that trusts it.
    ///
    /// # Errors
    /// As [`Authority::sealed`].
    pub fn unsealed(new: &NewAuthority, now: OffsetDateTime) -> Result<Self, CaError> {
        let key = SigningKey::generate(new.key)?;
        let root = certificate(new, now, "root", &key, None, &key, 0)?;
        Ok(Self { root, issuing: None, key })
    }

    /// What clients have to trust.
    pub fn root(&self) -> &Certificate {
        &self.root
    }

    /// The certificate whose key signs leaves.
    pub fn issuer(&self) -> &Certificate {
        self.issuing.as_ref().unwrap_or(&self.root)
    }

    /// The root as PEM.
    pub fn root_pem(&self) -> String {
        certificate_pem(&self.root)
    }

    /// Signs a leaf within the limits, with a new key.
    ///
    /// # Errors
    /// [`CaError::OutsideLimits`] for a name that the authority may not vouch for, [`CaError::AuthorityExpired`], or
    /// what the request itself makes impossible.
    pub fn issue(&self, request: &Request) -> Result<Issued, CaError> {
        self.refuse_outside_limits(&request.general_names()?)?;
        self.issue_unchecked(request)
    }

    /// Signs a leaf whose names nobody checks: to show that clients refuse it.
    ///
    /// # Errors
    /// As [`Authority::issue`], but for the limits.
    pub fn issue_unchecked(&self, request: &Request) -> Result<Issued, CaError> {
        let key = SigningKey::generate(request.key)?;
        let template = self.template(key.spki(), request)?;
        Ok(Issued { signed: self.signed(&template, request, Hash::Strong)?, key })
    }

    /// Signs a leaf for a key that stays where it is. The names are those of `request`; what the signing request asks
    /// for is granted by putting its [`SigningRequest::names`] there. The request's kind of key has no part in it.
    ///
    /// # Errors
    /// As [`Authority::issue`].
    pub fn sign(&self, signing_request: &SigningRequest, request: &Request) -> Result<Signed, CaError> {
        self.refuse_outside_limits(&request.general_names()?)?;
        let template = self.template(&signing_request.key().spki, request)?;
        self.signed(&template, request, Hash::Strong)
    }

    /// Keeps it in a folder that only this user can enter, which must not hold an authority yet.
    ///
    /// # Errors
    /// [`CaError::Path`], [`PathError::Exists`] if there is one; nothing is kept in part.
    pub fn save(&self, folder: &Path) -> Result<(), CaError> {
        fs::create_private_dir(folder)?;
        let text = self.text();
        let (whole, root) = (folder.join(AUTHORITY), folder.join(ROOT));
        fs::create_new(&whole, text.as_bytes(), 0o600)?;
        let kept = fs::create_new(&root, self.root_pem().as_bytes(), 0o644);
        if let Err(error) = kept {
            let _ = fs::remove_file(&whole);
            return Err(error.into());
        }
        Ok(())
    }

    /// Keeps it in a folder in place of the authority that is there, whose key is lost.
    ///
    /// # Errors
    /// [`CaError::Path`]; the old one is then still there.
    pub fn replace(&self, folder: &Path) -> Result<(), CaError> {
        fs::create_private_dir(folder)?;
        fs::create_over(&folder.join(AUTHORITY), self.text().as_bytes(), 0o600)?;
        fs::create_over(&folder.join(ROOT), self.root_pem().as_bytes(), 0o644)?;
        Ok(())
    }

    /// The file that holds all of it.
    fn text(&self) -> Zeroizing<String> {
        let mut text = self.key.pem();
        for certificate in self.issuing.iter().chain([&self.root]) {
            text.push_str(&certificate_pem(certificate));
        }
        text
    }

    /// The folders in `base` that hold an authority, by name: one per name that a person gave.
    ///
    /// # Errors
    /// [`CaError::Path`] if the folder cannot be read; none is an empty list.
    pub fn folders(base: &Path) -> Result<Vec<PathBuf>, CaError> {
        match fs::folders_in(base) {
            Ok(folders) => Ok(folders.into_iter().filter(|folder| folder.join(AUTHORITY).exists()).collect()),
            Err(PathError::NotFound { .. }) => Ok(Vec::new()),
            Err(other) => Err(other.into()),
        }
    }

    /// Removes the authority of a folder, its key first. The certificates it signed go on being valid for whoever
    /// trusts its root.
    ///
    /// # Errors
    /// [`CaError::NoAuthority`] if there is none, [`CaError::Path`].
    pub fn remove(folder: &Path) -> Result<(), CaError> {
        let gone = |path: &Path| match fs::remove_file(path) {
            Err(PathError::NotFound { .. }) => Ok(false),
            result => result.map(|()| true),
        };
        let had_key = gone(&folder.join(AUTHORITY))?;
        let had_root = gone(&folder.join(ROOT))?;
        if !(had_key || had_root) {
            return Err(CaError::NoAuthority { path: folder.to_owned() });
        }
        Ok(())
    }

    /// Reads the authority of a folder.
    ///
    /// # Errors
    /// [`CaError::NoAuthority`] if there is none, [`CaError::Damaged`] if the file does not hold one: a certificate
    /// that cannot be read, a key that is not the certificate's.
    pub fn load(folder: &Path) -> Result<Self, CaError> {
        let path = folder.join(AUTHORITY);
        let octets = match fs::read(&path, MAX_FILE) {
            Ok(octets) => Zeroizing::new(octets),
            Err(PathError::NotFound { .. }) => return Err(CaError::NoAuthority { path: folder.to_owned() }),
            Err(other) => return Err(other.into()),
        };
        Self::from_pem(&octets).map_err(|reason| CaError::Damaged { path, reason })
    }

    fn from_pem(octets: &[u8]) -> Result<Self, String> {
        let (mut keys, mut certificates) = (Vec::new(), Vec::new());
        for piece in pem::scan(octets).pieces {
            match piece.kind {
                pem::Kind::Block { label, der, .. } if label == "PRIVATE KEY" => {
                    keys.push(Zeroizing::new(der))
                }
                pem::Kind::Block { label, der, .. } if label == "CERTIFICATE" => certificates.push(der),
                _ => {}
            }
        }
        let key = keys.first().ok_or("there is no private key in it")?;
        let key = SigningKey::from_pkcs8(key).map_err(|error| error.to_string())?;
        let mut certificates = certificates.iter().map(|der| Certificate::from_der(der));
        let mut next = || certificates.next().transpose().map_err(|error| error.to_string());
        let (first, second) = (next()?.ok_or("there is no certificate in it")?, next()?);
        if &*first.public_key().spki != key.spki() {
            return Err("the private key is not that of the certificate".to_owned());
        }
        Ok(match second {
            Some(root) => Self { root, issuing: Some(first), key },
            None => Self { root: first, issuing: None, key },
        })
    }

    /// What the leaf of this key will say.
    pub(super) fn template(&self, spki: &[u8], request: &Request) -> Result<Template, CaError> {
        let issuer = self.issuer();
        let signer = Issuer::Authority(issuer.subject().der(), issuer.subject_key_id().unwrap_or_default());
        request.template(spki, signer, self.within_life(request.validity)?)
    }

    /// Signs it.
    pub(super) fn signed(
        &self,
        template: &Template,
        request: &Request,
        hash: Hash,
    ) -> Result<Signed, CaError> {
        let mut notes = request.notes();
        if template.validity != request.validity {
            notes.push(IssueNote::ShortenedTo(template.validity.not_after));
        }
        let certificate = template.signed_with(&self.key, hash)?;
        let chain: Vec<_> = self.issuing.iter().cloned().collect();
        refuse_too_long(&certificate, &chain)?;
        Ok(Signed { certificate, chain, withheld: Vec::new(), root: Some(self.root.clone()), notes })
    }

    pub(super) fn refuse_outside_limits(&self, names: &[GeneralName]) -> Result<(), CaError> {
        let Some(limits) = self.issuer().name_constraints() else { return Ok(()) };
        let Some(name) = names.iter().find(|name| !permits(limits, name)) else { return Ok(()) };
        let permitted: Vec<_> = limits.permitted.iter().map(shown).collect();
        Err(CaError::OutsideLimits {
            authority: self.issuer().label(),
            name: name.to_string(),
            permitted: permitted.join(", "),
        })
    }

    /// No leaf outlives its authority.
    fn within_life(&self, asked: Validity) -> Result<Validity, CaError> {
        let issuer = self.issuer();
        let end = issuer.not_after().min(self.root.not_after());
        if asked.not_before.saturating_add(BACKDATE) > end {
            return Err(CaError::AuthorityExpired { authority: issuer.label(), not_after: end });
        }
        Ok(Validity { not_before: asked.not_before, not_after: asked.not_after.min(end) })
    }
}

/// Whether a development authority of this program signed a certificate, going by its issuer's name.
pub fn names_our_authority(certificate: &Certificate) -> bool {
    certificate.issuer().organization() == Some(ORGANIZATION)
}

/// A certificate of the authority: `issuer` is `None` for the root, and `path_length` how many may follow below it.
fn certificate(
    new: &NewAuthority,
    now: OffsetDateTime,
    role: &str,
    key: &SigningKey,
    issuer: Option<&Certificate>,
    signer: &SigningKey,
    path_length: u32,
) -> Result<Certificate, CaError> {
    let common_name = format!("{} {role}", new.name.trim());
    if new.name.trim().is_empty() || common_name.chars().count() > 64 {
        return Err(CaError::AuthorityName);
    }
    let subject = distinguished_name(Some(ORGANIZATION), Some(&common_name));
    let issuer_name = issuer.map_or_else(|| subject.clone(), |issuer| issuer.subject().der().to_vec());
    let extensions = vec![
        extension::authority(path_length),
        extension::key_usage(&[extension::KEY_CERT_SIGN, extension::CRL_SIGN]),
        extension::name_constraints(&new.limits),
        extension::subject_key_id(&key_id(key.spki())),
        extension::authority_key_id(&key_id(signer.spki())),
    ];
    let validity = Validity::days(now, new.days)?;
    let spki = key.spki().to_vec();
    Template { issuer: issuer_name, subject, validity, spki, extensions }.signed_with(signer, Hash::Strong)
}
