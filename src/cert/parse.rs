//! From DER to the view: x509-parser reads, this keeps what the crate decides by.

use std::ops::Range;

use time::OffsetDateTime;
use x509_parser::extensions::{self as x509, ParsedExtension};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::x509::X509Name;

use super::extensions::{
    AuthorityKeyId, BasicConstraints, Extension, GeneralName, KeyUsage, NameConstraints, Subtree, ip,
};
use super::key::{AlgorithmId, PublicKey};
use super::name::{self, Attribute, Name};
use crate::der::{DerError, Oid, Reader, tag};

/// Largest certificate read, in octets: JSSE caps a whole handshake message at 32 KiB by default, and the largest
/// certificates seen in public logs are under 1 MiB.
const MAX_OCTETS: usize = 1 << 20;

/// Why octets are not a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The outer structure does not hold.
    #[error("not an X.509 certificate: {0}")]
    Der(#[from] DerError),
    /// The outer structure holds; something inside is not as RFC 5280 has it.
    #[error("not an X.509 certificate: {what}")]
    Content {
        /// What is wrong, in x509-parser's words.
        what: String,
    },
    /// Larger than any certificate.
    #[error("not an X.509 certificate: {octets} octets are more than the {MAX_OCTETS} this program reads")]
    TooLarge {
        /// Its size.
        octets: usize,
    },
}

/// What a certificate says, owned.
pub(super) struct View {
    pub(super) version: u32,
    pub(super) tbs: Range<usize>,
    pub(super) subject: Name,
    pub(super) issuer: Name,
    pub(super) serial: Box<[u8]>,
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
    pub(super) public_key: PublicKey,
    pub(super) signature_algorithm: AlgorithmId,
    pub(super) signature: Box<[u8]>,
    pub(super) extensions: Vec<Extension>,
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) extended_key_usage: Option<Vec<Oid>>,
    pub(super) subject_alt_names: Option<Vec<GeneralName>>,
    pub(super) name_constraints: Option<NameConstraints>,
    pub(super) subject_key_id: Option<Box<[u8]>>,
    pub(super) authority_key_id: Option<AuthorityKeyId>,
    pub(super) ca_issuers: Vec<String>,
    pub(super) ocsp: Vec<String>,
}

pub(super) fn view(der: &[u8]) -> Result<View, CertificateError> {
    if der.len() > MAX_OCTETS {
        return Err(CertificateError::TooLarge { octets: der.len() });
    }
    let mut outer = Reader::new(der);
    let certificate = outer.required(tag::SEQUENCE, "a certificate")?;
    outer.finish("the certificate")?;
    let tbs = certificate.children().required(tag::SEQUENCE, "the signed part of a certificate")?;
    let (_, parsed) = X509Certificate::from_der(der).map_err(|error| content(&error))?;
    let mut view = View {
        version: parsed.version().0.saturating_add(1),
        tbs: tbs.offset()..tbs.offset() + tbs.whole().len(),
        subject: distinguished(parsed.subject()),
        issuer: distinguished(parsed.issuer()),
        serial: parsed.raw_serial().into(),
        not_before: parsed.validity().not_before.to_datetime(),
        not_after: parsed.validity().not_after.to_datetime(),
        public_key: PublicKey::from_spki(parsed.public_key().raw)?,
        signature_algorithm: signature_algorithm(certificate.children())?,
        signature: parsed.signature_value.data.as_ref().into(),
        extensions: Vec::new(),
        basic_constraints: None,
        key_usage: None,
        extended_key_usage: None,
        subject_alt_names: None,
        name_constraints: None,
        subject_key_id: None,
        authority_key_id: None,
        ca_issuers: Vec::new(),
        ocsp: Vec::new(),
    };
    for extension in parsed.extensions() {
        view.add(extension);
    }
    Ok(view)
}

impl View {
    fn add(&mut self, extension: &x509::X509Extension<'_>) {
        let parsed = extension.parsed_extension();
        self.extensions.extend(oid(&extension.oid).map(|oid| Extension {
            oid,
            critical: extension.critical,
            value: extension.value.into(),
            malformed: parsed.error().is_some(),
        }));
        match parsed {
            ParsedExtension::BasicConstraints(constraints) => {
                let (ca, path_length) = (constraints.ca, constraints.path_len_constraint);
                self.basic_constraints = Some(BasicConstraints { ca, path_length });
            }
            ParsedExtension::KeyUsage(usage) => self.key_usage = Some(KeyUsage(usage.flags)),
            ParsedExtension::ExtendedKeyUsage(_) => {
                self.extended_key_usage = purposes(extension.value).ok();
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                self.subject_alt_names = Some(names.general_names.iter().map(general).collect());
            }
            ParsedExtension::NameConstraints(constraints) => {
                self.name_constraints = Some(name_constraints(constraints));
            }
            ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(id.0.into()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                let issuer = id.authority_cert_issuer.as_ref();
                self.authority_key_id = Some(AuthorityKeyId {
                    key_id: id.key_identifier.as_ref().map(|id| id.0.into()),
                    issuer: issuer.map(|names| names.iter().map(general).collect()),
                    serial: id.authority_cert_serial.map(Into::into),
                });
            }
            ParsedExtension::AuthorityInfoAccess(access) => self.add_access(access),
            _ => {}
        }
    }

    fn add_access(&mut self, access: &x509::AuthorityInfoAccess<'_>) {
        const CA_ISSUERS: Oid = Oid::new(&[1, 3, 6, 1, 5, 5, 7, 48, 2]);
        const OCSP: Oid = Oid::new(&[1, 3, 6, 1, 5, 5, 7, 48, 1]);
        for description in access.iter() {
            let x509::GeneralName::URI(uri) = description.access_location else { continue };
            match oid(&description.access_method) {
                Some(CA_ISSUERS) => self.ca_issuers.push(uri.to_owned()),
                Some(OCSP) => self.ocsp.push(uri.to_owned()),
                _ => {}
            }
        }
    }
}

impl Name {
    /// Reads one encoded Name; nothing may follow it.
    ///
    /// # Errors
    /// [`CertificateError`] if the encoding does not hold.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let mut outer = Reader::new(der);
        outer.required(tag::SEQUENCE, "a name")?;
        outer.finish("the name")?;
        let (_, parsed) = X509Name::from_der(der).map_err(|error| content(&error))?;
        Ok(distinguished(&parsed))
    }
}

fn content(error: &x509_parser::nom::Err<x509_parser::error::X509Error>) -> CertificateError {
    let what = match error {
        x509_parser::nom::Err::Incomplete(_) => "incomplete".to_owned(),
        x509_parser::nom::Err::Error(error) | x509_parser::nom::Err::Failure(error) => error.to_string(),
    };
    CertificateError::Content { what }
}

/// The outer signatureAlgorithm, whose parameters x509-parser does not keep as octets.
fn signature_algorithm(mut fields: Reader<'_>) -> Result<AlgorithmId, DerError> {
    fields.required(tag::SEQUENCE, "the signed part of a certificate")?;
    let mut algorithm = fields.required(tag::SEQUENCE, "a signature algorithm")?.children();
    let oid = algorithm.required(tag::OID, "a signature algorithm")?.oid("a signature algorithm")?;
    let parameters = algorithm.next()?.map(|element| element.whole().into());
    Ok(AlgorithmId { oid, parameters })
}

/// The identifiers of an extendedKeyUsage in their order, which x509-parser's view loses.
fn purposes(value: &[u8]) -> Result<Vec<Oid>, DerError> {
    let mut purposes = Vec::new();
    let mut reader = Reader::new(value).required(tag::SEQUENCE, "extendedKeyUsage")?.children();
    while let Some(purpose) = reader.next()? {
        purposes.push(purpose.oid("a purpose")?);
    }
    Ok(purposes)
}

fn oid(oid: &x509_parser::der_parser::Oid<'_>) -> Option<Oid> {
    Oid::from_content(oid.as_bytes(), 0).ok()
}

fn distinguished(parsed: &X509Name<'_>) -> Name {
    let attribute = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| {
        let value = attribute.attr_value();
        let tag = u8::try_from(value.tag().0).unwrap_or_default()
            | if value.header.is_constructed() { 0x20 } else { 0 };
        let text = name::text(tag, value.data);
        Some(Attribute { oid: oid(attribute.attr_type())?, tag, value: value.data.into(), text })
    };
    // Not one octet spare: room for four attributes where there is one would be most of a certificate's memory.
    let exact = |mut attributes: Vec<Attribute>| {
        attributes.shrink_to_fit();
        attributes
    };
    let rdns = parsed.iter_rdn().map(|rdn| exact(rdn.iter().filter_map(attribute).collect())).collect();
    Name::new(parsed.as_raw(), rdns)
}

fn general(name: &x509::GeneralName<'_>) -> GeneralName {
    match name {
        x509::GeneralName::DNSName(name) => GeneralName::Dns((*name).to_owned()),
        x509::GeneralName::RFC822Name(address) => GeneralName::Email((*address).to_owned()),
        x509::GeneralName::URI(uri) => GeneralName::Uri((*uri).to_owned()),
        x509::GeneralName::DirectoryName(name) => GeneralName::Directory(distinguished(name)),
        x509::GeneralName::IPAddress(octets) => ip(octets)
            .map_or_else(|| GeneralName::Other { kind: 7, value: (*octets).into() }, GeneralName::Ip),
        x509::GeneralName::RegisteredID(id) => oid(id).map_or_else(
            || GeneralName::Other { kind: 8, value: id.as_bytes().into() },
            GeneralName::RegisteredId,
        ),
        x509::GeneralName::OtherName(_, value) => GeneralName::Other { kind: 0, value: (*value).into() },
        x509::GeneralName::X400Address(any) => GeneralName::Other { kind: 3, value: any.data.into() },
        x509::GeneralName::EDIPartyName(any) => GeneralName::Other { kind: 5, value: any.data.into() },
        x509::GeneralName::Invalid(tag, value) => GeneralName::Other { kind: tag.0, value: (*value).into() },
    }
}

fn name_constraints(constraints: &x509::NameConstraints<'_>) -> NameConstraints {
    let subtrees = |subtrees: &Option<Vec<x509::GeneralSubtree<'_>>>| {
        subtrees.iter().flatten().map(|subtree| self::subtree(&subtree.base)).collect()
    };
    NameConstraints {
        permitted: subtrees(&constraints.permitted_subtrees),
        excluded: subtrees(&constraints.excluded_subtrees),
    }
}

fn subtree(base: &x509::GeneralName<'_>) -> Subtree {
    match general(base) {
        GeneralName::Dns(name) => Subtree::Dns(name),
        GeneralName::Email(address) => Subtree::Email(address),
        GeneralName::Uri(uri) => Subtree::Uri(uri),
        GeneralName::Directory(name) => Subtree::Directory(name),
        GeneralName::Other { kind: 7, value } => {
            let (address, mask) = value.split_at(value.len() / 2);
            match (ip(address), ip(mask)) {
                (Some(address), Some(mask)) => Subtree::Ip(address, mask),
                _ => Subtree::Other { kind: 7 },
            }
        }
        GeneralName::Other { kind, .. } => Subtree::Other { kind },
        GeneralName::Ip(_) => Subtree::Other { kind: 7 },
        GeneralName::RegisteredId(id) => Subtree::RegisteredId(id),
    }
}
