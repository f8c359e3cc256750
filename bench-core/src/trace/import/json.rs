//! Items of JSON documents, one after the other and never all at once: of `{"items": […]}` lists,
//! of arrays, of single objects, line by line or spread over many lines. Knows no format: an item
//! says which of its fields it takes.

use std::cell::RefCell;
use std::fmt;
use std::io::{BufReader, Cursor, Read};
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::input::{Allowance, Lines, Metered};
use super::{ImportError, Place};

/// Longest line or item: audit events of large objects reach some megabytes.
const LONGEST_RECORD: u64 = 64 << 20;
/// Lines that are no JSON are skipped, as a log has some that was cut at its rotation; with more of
/// them than this it is no log.
pub(super) const MOST_MALFORMED: u64 = 1_000;

/// An object of which some fields are wanted.
pub(super) trait Item: Default {
    /// Reads the value of a field, or ignores it.
    fn take<'de, A: MapAccess<'de>>(&mut self, field: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Ignores the value of a field.
pub(super) fn ignore<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}

/// A part of an item: `T` of an object, nothing of anything else (a JSON patch is an array).
#[derive(Debug, Default)]
pub(super) struct Part<T>(pub(super) T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(parser: D) -> Result<Self, D::Error> {
        parser.deserialize_any(PartVisitor(PhantomData)).map(Part)
    }
}

struct PartVisitor<T>(PhantomData<fn() -> T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for PartVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }
}

/// The value of a field that may be `null`.
pub(super) fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<String, A::Error> {
    Ok(map.next_value::<Option<String>>()?.unwrap_or_default())
}

/// The value of a field, as far as it is an object.
pub(super) fn part<'de, T, A>(map: &mut A) -> Result<T, A::Error>
where
    T: Deserialize<'de> + Default,
    A: MapAccess<'de>,
{
    Ok(map.next_value::<Part<T>>()?.0)
}

/// Lines that were no JSON.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) lines: u64,
    /// The first one, and what is wrong with it.
    pub(super) first: Option<(u64, String)>,
}

/// Reads the items of JSON lines. A log whose first line is only the beginning of a document is
/// read as a document.
pub(super) fn read_lines<T: Item>(
    input: impl Read,
    label: &str,
    mut sink: impl FnMut(T, Place) -> Result<(), ImportError>,
) -> Result<Malformed, ImportError> {
    let mut lines = Lines::new(input, LONGEST_RECORD);
    let mut malformed = Malformed::default();
    // The first line, while it is not known whether it is one.
    let mut begun: Option<(u64, Vec<u8>, serde_json::Error)> = None;
    let mut first = true;
    loop {
        let number = lines.number + 1;
        let at = Place::Line(number);
        let Some(line) = lines.next().map_err(|error| ImportError::read(label, at, &error))? else {
            break;
        };
        if line.trim_ascii().is_empty() {
            continue;
        }
        if let Some((number, begun, error)) = begun.take() {
            if serde_json::from_slice::<IgnoredAny>(line).is_err() {
                let start = Cursor::new([&begun, line, b"\n"].concat());
                read_documents(start.chain(lines.rest()), label, sink)?;
                return Ok(malformed);
            }
            malformed.add(number, &error);
        }
        match read_line(line, at, &mut sink)? {
            Err(error) if first && error.is_eof() => {
                begun = Some((number, [line, b"\n"].concat(), error));
            }
            Err(error) => malformed.add(number, &error),
            Ok(()) => {}
        }
        first = false;
        if malformed.lines > MOST_MALFORMED {
            return Err(malformed.refuse(label));
        }
    }
    if let Some((number, _, error)) = begun {
        malformed.add(number, &error);
    }
    Ok(malformed)
}

/// Reads the items of a line; the inner error is that it is no JSON.
fn read_line<T: Item>(
    line: &[u8],
    at: Place,
    mut sink: impl FnMut(T, Place) -> Result<(), ImportError>,
) -> Result<Result<(), serde_json::Error>, ImportError> {
    let mut reading = Reading::new(|item, _| sink(item, at));
    let mut parser = serde_json::Deserializer::from_slice(line);
    let read = reading.document().deserialize(&mut parser).and_then(|()| parser.end());
    match reading.refused.into_inner() {
        Some(error) => Err(error),
        None => Ok(read),
    }
}

impl Malformed {
    fn add(&mut self, line: u64, error: &serde_json::Error) {
        self.lines += 1;
        self.first.get_or_insert_with(|| (line, error.to_string()));
    }

    fn refuse(&self, label: &str) -> ImportError {
        let (line, error) = self.first.clone().unwrap_or_default();
        ImportError::Bad {
            label: label.to_owned(),
            at: Place::Line(line),
            what: format!(
                "is no JSON ({error}), nor are {} lines after it; is this an audit log?",
                self.lines - 1
            ),
        }
    }
}

/// Reads the items of documents, one after the other, on any number of lines.
pub(super) fn read_documents<T: Item>(
    input: impl Read,
    label: &str,
    mut sink: impl FnMut(T, Place) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let allowance = Allowance::new(LONGEST_RECORD);
    let input = BufReader::new(Metered::new(input, &allowance));
    let mut parser = serde_json::Deserializer::from_reader(input);
    let mut reading = Reading::new(|item, at| {
        allowance.renew();
        sink(item, at)
    });
    // `end` says whether anything follows.
    while parser.end().is_err() {
        let read = reading.document().deserialize(&mut parser);
        if let Some(error) = reading.refused.take() {
            return Err(error);
        }
        read.map_err(|error| {
            let (label, at) = (label.to_owned(), Place::Line(error.line() as u64));
            if error.is_io() {
                return ImportError::Read { label, at, what: error.to_string() };
            }
            let what = format!("is no JSON of this format ({error}); copy the file again");
            ImportError::Bad { label, at, what }
        })?;
    }
    Ok(())
}

/// What takes the items, how many there were, and why it took no more.
struct Reading<F> {
    sink: F,
    items: u64,
    refused: RefCell<Option<ImportError>>,
}

impl<F> Reading<F> {
    fn new<T>(sink: F) -> Self
    where
        F: FnMut(T, Place) -> Result<(), ImportError>,
    {
        Reading { sink, items: 0, refused: RefCell::new(None) }
    }

    fn document<T>(&mut self) -> Document<'_, F, T> {
        Document { reading: self, item: PhantomData }
    }
}

/// An item, or a list of documents.
struct Document<'r, F, T> {
    reading: &'r mut Reading<F>,
    item: PhantomData<fn(T)>,
}

impl<'de, F, T> DeserializeSeed<'de> for Document<'_, F, T>
where
    T: Item,
    F: FnMut(T, Place) -> Result<(), ImportError>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de, F, T> Visitor<'de> for Document<'_, F, T>
where
    T: Item,
    F: FnMut(T, Place) -> Result<(), ImportError>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    /// An empty list of a program that writes `"items": null`.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self.reading.document())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut item = T::default();
        let mut is_list = false;
        while let Some(field) = map.next_key::<String>()? {
            if field == "items" {
                is_list = true;
                map.next_value_seed(self.reading.document())?;
            } else {
                item.take(&field, &mut map)?;
            }
        }
        if is_list {
            return Ok(());
        }
        self.reading.items += 1;
        (self.reading.sink)(item, Place::Item(self.reading.items)).map_err(|error| {
            self.reading.refused.replace(Some(error));
            A::Error::custom("refused")
        })
    }
}
