//! The minimum and maximum of name constraints (RFC 5280 section 4.2.1.10), which no client supports and Java refuses as soon as it
//! has to check a name (sun.security.x509.NameConstraintsExtension.verify).

use super::rejection::Reason;
use crate::cert::{Certificate, Subtree};
use crate::der::{DerError, Oid, Reader, tag};

/// Which distances the constraints of the CAs above set.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Distances {
    minimum: bool,
    maximum: bool,
}

const NAME_CONSTRAINTS: Oid = Oid::new(&[2, 5, 29, 30]);

impl Distances {
    /// Adds those of one CA. Of a name that is `permitted` already, Java keeps what was said of it first.
    pub(super) fn merge(&mut self, certificate: &Certificate, permitted: &[Subtree]) {
        let extension = certificate.extensions().iter().find(|extension| extension.oid == NAME_CONSTRAINTS);
        let (Some(extension), Some(constraints)) = (extension, certificate.name_constraints()) else {
            return;
        };
        let known = |index| constraints.permitted.get(index).is_some_and(|base| permitted.contains(base));
        // What Java could not read is not there for it.
        let _ = self.read(&extension.value, known);
    }

    fn read(&mut self, value: &[u8], known: impl Fn(usize) -> bool) -> Result<(), DerError> {
        let mut parts = Reader::new(value).required(tag::SEQUENCE, "name constraints")?.children();
        while let Some(part) = parts.next()? {
            let mut subtrees = part.children();
            let mut index = 0;
            while let Some(subtree) = subtrees.next()? {
                if part.tag() != tag::context(0) || !known(index) {
                    self.add(subtree.children())?;
                }
                index += 1;
            }
        }
        Ok(())
    }

    fn add(&mut self, mut fields: Reader<'_>) -> Result<(), DerError> {
        fields.any("a name")?;
        let (mut minimum, mut maximum) = (false, false);
        while let Some(field) = fields.next()? {
            // The last one counts; a minimum of 0 and a maximum of -1 are none.
            match field.tag() {
                0x80 => minimum = field.content().iter().any(|octet| *octet != 0),
                0x81 => maximum = field.content().iter().any(|octet| *octet != 0xFF),
                _ => {}
            }
        }
        self.minimum |= minimum;
        self.maximum |= maximum;
        Ok(())
    }

    /// Refuses when there are any.
    pub(super) fn refused(self) -> Result<(), Reason> {
        if self.minimum {
            let what = "Non-zero minimum BaseDistance in name constraints not supported";
            return Err(Reason::NameDistance { what });
        }
        if self.maximum {
            return Err(Reason::NameDistance {
                what: "Maximum BaseDistance in name constraints not supported",
            });
        }
        Ok(())
    }
}
