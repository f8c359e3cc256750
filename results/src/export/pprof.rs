//! Profiles as `go tool pprof` reads them: the messages of `profile.proto`
//! (github.com/google/pprof, `proto/profile.proto`), gzipped. Only the fields that are filled in
//! are declared.

use std::collections::HashMap;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use mapbench_core::event::{StackFrame, Stacks};
use prost::Message;

use crate::stacks::HARNESS;

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(int64, tag = "10")]
    duration_nanos: i64,
    #[prost(message, optional, tag = "11")]
    period_type: Option<ValueType>,
    #[prost(int64, tag = "12")]
    period: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    r#type: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    /// Innermost first.
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
    #[prost(message, repeated, tag = "3")]
    label: Vec<Label>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Label {
    #[prost(int64, tag = "1")]
    key: i64,
    #[prost(int64, tag = "2")]
    str: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<SourceLine>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct SourceLine {
    #[prost(uint64, tag = "1")]
    function_id: u64,
    #[prost(int64, tag = "2")]
    line: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
    #[prost(int64, tag = "3")]
    system_name: i64,
    #[prost(int64, tag = "4")]
    filename: i64,
}

/// Writes a profile: samples, and the processor time that they stand for. Each sample is labelled
/// with its thread, and has it as the root of its stack.
///
/// # Errors
/// What `out` says.
pub fn write(stacks: &Stacks, out: &mut dyn Write) -> io::Result<()> {
    let mut gzip = GzEncoder::new(out, Compression::default());
    gzip.write_all(&profile(stacks).encode_to_vec())?;
    gzip.finish().map(drop)
}

fn profile(stacks: &Stacks) -> Profile {
    let mut tables = Tables::new();
    let count = ValueType { r#type: tables.text("samples"), unit: tables.text("count") };
    let cpu = ValueType { r#type: tables.text("cpu"), unit: tables.text("nanoseconds") };
    let thread_key = tables.text("thread");
    let period = i64::try_from(stacks.period_ns).unwrap_or(i64::MAX);
    let mut sample = Vec::new();
    let mut duration_nanos = 0_i64;
    for stack in &stacks.stacks {
        let thread = format!("thread {}", stack.thread);
        let label = Label { key: thread_key, str: tables.text(&thread) };
        let mut location_id = vec![tables.location(&named(&thread))];
        let known = stack.frames.iter().filter_map(|&frame| stacks.frames.get(frame as usize));
        location_id.extend(known.map(|frame| tables.location(frame)));
        if stack.frames.is_empty() {
            location_id.push(tables.location(&named(HARNESS)));
        }
        location_id.reverse();
        let samples = i64::try_from(stack.samples).unwrap_or(i64::MAX);
        let cpu_ns = samples.saturating_mul(period);
        duration_nanos = duration_nanos.saturating_add(cpu_ns);
        sample.push(Sample { location_id, value: vec![samples, cpu_ns], label: vec![label] });
    }
    Profile {
        sample_type: vec![count, cpu],
        sample,
        location: tables.locations,
        function: tables.functions,
        string_table: tables.strings,
        duration_nanos,
        period_type: Some(cpu),
        period,
    }
}

fn named(function: &str) -> StackFrame {
    StackFrame { function: function.to_owned(), file: None, line: 0 }
}

/// The tables that a profile refers to by number. Strings count from 0, which is the empty one; the
/// others from 1.
struct Tables {
    strings: Vec<String>,
    string_numbers: HashMap<String, i64>,
    functions: Vec<Function>,
    function_numbers: HashMap<(i64, i64), u64>,
    locations: Vec<Location>,
    location_numbers: HashMap<StackFrame, u64>,
}

impl Tables {
    fn new() -> Tables {
        Tables {
            strings: vec![String::new()],
            string_numbers: HashMap::from([(String::new(), 0)]),
            functions: Vec::new(),
            function_numbers: HashMap::new(),
            locations: Vec::new(),
            location_numbers: HashMap::new(),
        }
    }

    fn text(&mut self, text: &str) -> i64 {
        if let Some(&number) = self.string_numbers.get(text) {
            return number;
        }
        let number = i64::try_from(self.strings.len()).unwrap_or(i64::MAX);
        self.strings.push(text.to_owned());
        self.string_numbers.insert(text.to_owned(), number);
        number
    }

    fn location(&mut self, frame: &StackFrame) -> u64 {
        if let Some(&number) = self.location_numbers.get(frame) {
            return number;
        }
        let line = SourceLine { function_id: self.function(frame), line: i64::from(frame.line) };
        let id = self.locations.len() as u64 + 1;
        self.locations.push(Location { id, line: vec![line] });
        self.location_numbers.insert(frame.clone(), id);
        id
    }

    fn function(&mut self, frame: &StackFrame) -> u64 {
        let name = self.text(&frame.function);
        let filename = self.text(frame.file.as_deref().unwrap_or_default());
        let functions = &mut self.functions;
        *self.function_numbers.entry((name, filename)).or_insert_with(|| {
            let id = functions.len() as u64 + 1;
            functions.push(Function { id, name, system_name: name, filename });
            id
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use mapbench_core::event::Stack;

    use super::*;

    #[test]
    fn a_profile_reads_back_with_its_samples_functions_and_threads() {
        let frame = |function: &str, line| StackFrame {
            function: function.to_owned(),
            file: Some("map.rs".to_owned()),
            line,
        };
        let stacks = Stacks {
            period_ns: 4_000_000,
            frames: vec![frame("map::get", 7), frame("map::hash", 9)],
            stacks: vec![
                Stack { thread: 0, frames: vec![0, 1], samples: 3 },
                Stack { thread: 1, frames: vec![], samples: 2 },
            ],
            ..Stacks::default()
        };
        let mut written = Vec::new();
        write(&stacks, &mut written).expect("memory takes all");
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(&*written).read_to_end(&mut bytes).expect("gzip");
        let profile = Profile::decode(&*bytes).expect("a message");
        assert_eq!(profile.string_table[0], "");
        let text = |number: i64| profile.string_table[number as usize].as_str();
        let types: Vec<&str> = profile.sample_type.iter().map(|of| text(of.r#type)).collect();
        assert_eq!(types, ["samples", "cpu"]);
        let names = |sample: &Sample| -> Vec<&str> {
            let function = |id: &u64| {
                let location = &profile.location[*id as usize - 1];
                let function = &profile.function[location.line[0].function_id as usize - 1];
                assert_eq!((location.id, function.id), (*id, location.line[0].function_id));
                text(function.name)
            };
            sample.location_id.iter().map(function).collect()
        };
        assert_eq!(names(&profile.sample[0]), ["map::hash", "map::get", "thread 0"]);
        assert_eq!(names(&profile.sample[1]), [HARNESS, "thread 1"]);
        assert_eq!(profile.sample[0].value, [3, 12_000_000]);
        assert_eq!(text(profile.sample[1].label[0].str), "thread 1");
        // Fields 1, 5 and 6 of the wire format, as profile.proto numbers them.
        assert_eq!(bytes[0], 1 << 3 | 2);
    }
}
