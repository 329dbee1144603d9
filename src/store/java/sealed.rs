//! Where a serialised Java object ends: JCEKS keeps secret keys as such, without saying how long they are.
//!
//! The stream is only measured (Java Object Serialization Specification, chapter 6, grammar in section 6.4.2); nothing
//! is created from it. Read is what `javax.crypto.SealedObject` is made of: an object, its classes, byte arrays,
//! strings, references and nulls.

use std::rc::Rc;

use super::wire::Cursor;
use crate::store::StoreError;

const WHAT: &str = "a secret key";
/// Objects in objects: a SealedObject needs 2.
const MAX_DEPTH: usize = 8;
/// Classes and fields: SealedObject has 2 classes and 4 fields.
const MAX_MEMBERS: u16 = 64;

const TC_NULL: u8 = 0x70;
const TC_REFERENCE: u8 = 0x71;
const TC_CLASSDESC: u8 = 0x72;
const TC_OBJECT: u8 = 0x73;
const TC_STRING: u8 = 0x74;
const TC_ARRAY: u8 = 0x75;
const TC_BLOCKDATA: u8 = 0x77;
const TC_ENDBLOCKDATA: u8 = 0x78;
const SC_WRITE_METHOD: u8 = 1;
const SC_SERIALIZABLE: u8 = 2;

/// Moves `cursor` behind one serialised object.
pub(super) fn skip(cursor: &mut Cursor<'_>) -> Result<(), StoreError> {
    let offset = cursor.offset();
    if cursor.take(4, WHAT)? != [0xAC, 0xED, 0, 5] {
        return Err(cursor.damaged(offset, "a secret key that is not a serialised object"));
    }
    Skipper { cursor, handles: Vec::new() }.content(0)
}

/// A class: its fields' type codes, whether it wrote more than those, and its superclass.
struct Class {
    fields: Vec<u8>,
    writes_more: bool,
    name: String,
    parent: Option<Rc<Self>>,
}

struct Skipper<'c, 'a> {
    cursor: &'c mut Cursor<'a>,
    /// What back references can name: classes, and other things that need no memory.
    handles: Vec<Option<Rc<Class>>>,
}

impl Skipper<'_, '_> {
    fn byte(&mut self) -> Result<u8, StoreError> {
        Ok(self.cursor.take(1, WHAT)?.first().copied().unwrap_or_default())
    }

    fn unexpected(&self) -> StoreError {
        self.cursor.damaged(self.cursor.offset(), "a secret key in an unknown serialised form")
    }

    fn content(&mut self, depth: usize) -> Result<(), StoreError> {
        if depth > MAX_DEPTH {
            return Err(self.unexpected());
        }
        match self.byte()? {
            TC_NULL => Ok(()),
            TC_REFERENCE => self.cursor.u32(WHAT).map(|_| ()),
            TC_STRING => {
                self.handles.push(None);
                self.cursor.utf(WHAT).map(|_| ())
            }
            TC_ARRAY => self.array(depth),
            TC_OBJECT => self.object(depth),
            _ => Err(self.unexpected()),
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), StoreError> {
        let class = self.class(depth)?.ok_or_else(|| self.unexpected())?;
        self.handles.push(None);
        if class.name != "[B" {
            return Err(self.unexpected());
        }
        self.cursor.counted(WHAT).map(|_| ())
    }

    fn object(&mut self, depth: usize) -> Result<(), StoreError> {
        let class = self.class(depth)?.ok_or_else(|| self.unexpected())?;
        self.handles.push(None);
        let mut lineage = Vec::new();
        let mut next = Some(class.as_ref());
        while let Some(class) = next {
            lineage.push(class);
            next = class.parent.as_deref();
        }
        // The topmost superclass wrote first.
        for class in lineage.into_iter().rev() {
            for field in &class.fields {
                self.field(*field, depth)?;
            }
            if class.writes_more {
                self.annotation(depth)?;
            }
        }
        Ok(())
    }

    fn field(&mut self, kind: u8, depth: usize) -> Result<(), StoreError> {
        let length = match kind {
            b'B' | b'Z' => 1,
            b'C' | b'S' => 2,
            b'I' | b'F' => 4,
            b'J' | b'D' => 8,
            b'L' | b'[' => return self.content(depth + 1),
            _ => return Err(self.unexpected()),
        };
        self.cursor.take(length, WHAT).map(|_| ())
    }

    fn annotation(&mut self, depth: usize) -> Result<(), StoreError> {
        loop {
            match self.cursor.rest().first() {
                Some(&TC_ENDBLOCKDATA) => return self.byte().map(|_| ()),
                Some(&TC_BLOCKDATA) => {
                    self.byte()?;
                    let length = self.byte()?;
                    self.cursor.take(usize::from(length), WHAT)?;
                }
                _ => self.content(depth + 1)?,
            }
        }
    }

    fn class(&mut self, depth: usize) -> Result<Option<Rc<Class>>, StoreError> {
        if depth > MAX_DEPTH {
            return Err(self.unexpected());
        }
        match self.byte()? {
            TC_NULL => Ok(None),
            TC_REFERENCE => {
                // Handles count from 0x7E0000 (java.io.ObjectStreamConstants.baseWireHandle).
                let handle = self.cursor.u32(WHAT)?.checked_sub(0x007E_0000);
                let known = handle.and_then(|handle| self.handles.get(usize::try_from(handle).ok()?));
                known.cloned().flatten().map(Some).ok_or_else(|| self.unexpected())
            }
            TC_CLASSDESC => self.class_description(depth).map(Some),
            _ => Err(self.unexpected()),
        }
    }

    fn class_description(&mut self, depth: usize) -> Result<Rc<Class>, StoreError> {
        let name = self.cursor.utf(WHAT)?.text;
        self.cursor.take(8, WHAT)?;
        let handle = self.handles.len();
        self.handles.push(None);
        let flags = self.byte()?;
        let count = self.cursor.u16(WHAT)?;
        if flags & SC_SERIALIZABLE == 0 || count > MAX_MEMBERS || handle > usize::from(MAX_MEMBERS) {
            return Err(self.unexpected());
        }
        let mut fields = Vec::new();
        for _ in 0..count {
            let kind = self.byte()?;
            self.cursor.utf(WHAT)?;
            if matches!(kind, b'L' | b'[') {
                self.content(depth + 1)?;
            }
            fields.push(kind);
        }
        self.annotation(depth)?;
        let parent = self.class(depth + 1)?;
        let class = Rc::new(Class { fields, writes_more: flags & SC_WRITE_METHOD != 0, name, parent });
        if let Some(place) = self.handles.get_mut(handle) {
            *place = Some(Rc::clone(&class));
        }
        Ok(class)
    }
}
