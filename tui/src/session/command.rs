//! The command line that asks for a request: every setting that is not the default, in the order of
//! `mapbench run --help`. The only place that spells one; parsing it again is the business of
//! the command line, whose tests hold the two together.

use std::borrow::Cow;
use std::fmt::Display;

use mapbench_core::event::{Measure, Sequence, Timing};

use super::calibrate::Effort;
use super::request::{Length, RunRequest};

/// Program and arguments that ask for a request. A path that is not UTF-8 is spelled lossily.
pub fn of(request: &RunRequest) -> Vec<String> {
    let default = RunRequest::default();
    let mut command = Command(["mapbench", "run"].map(str::to_owned).to_vec());
    command.list("-s", &request.scenarios, &default.scenarios, Clone::clone);
    command.list("-a", &request.adapters, &default.adapters, Clone::clone);
    command.some("--trace", request.trace.as_ref().map(|path| path.display()));
    command.list("-t", &request.threads, &default.threads, u32::to_string);
    command.list("--key", &request.keys, &default.keys, |key| key.name().to_owned());
    command.list("--value", &request.values, &default.values, |value| value.name().into_owned());
    command.list("--rate", &request.rates, &default.rates, f64::to_string);
    command.changed("--schedule", request.schedule.name(), default.schedule.name());
    command.changed("--hasher", request.hasher.name(), default.hasher.name());
    command.some("--shards", request.tuning.shards);
    command.some("--publish-every", request.tuning.publish_every);
    match request.length {
        Length::Default => {}
        Length::PerCellNs(ns) => command.some("-d", Some(duration(ns))),
        Length::Rounds(rounds) => command.some("--rounds", Some(rounds)),
    }
    command.changed("--forks", &request.forks, &default.forks);
    command.some("--round", request.round_ns.map(duration));
    command.changed("--warm", &duration(request.warm_ns), &duration(default.warm_ns));
    if request.order == Sequence::Soak {
        command.0.push("--soak".to_owned());
    }
    if request.strict {
        command.0.push("--strict".to_owned());
    }
    command.some("--until", request.until_percent.map(|percent| format!("{percent}%")));
    if request.looks != default.looks {
        command.flag("--looks", request.looks.count().to_string());
    }
    command.changed("--order", order(request.order), order(default.order));
    command.changed(
        "--calibration",
        calibration(request.calibration),
        calibration(default.calibration),
    );
    command.changed("--seed", &request.seed, &default.seed);
    command.changed("--timing", timing(request.timing), timing(default.timing));
    command.changed("--measure", measure(request.measure), measure(default.measure));
    command.list("--presize", &request.presize, &default.presize, |is| yes_or_no(*is).to_owned());
    command.changed("--timeout", &duration(request.timeout_ns), &duration(default.timeout_ns));
    command.some("--max-memory", request.max_memory_bytes.map(size));
    command.list("--cpus", &request.cpus, &default.cpus, u32::to_string);
    command.some("--stacks", request.stacks.as_ref().map(|path| path.display()));
    command.some("--store", request.store.as_ref().map(|path| path.display()));
    command.0
}

/// A command as it is typed into a POSIX shell.
pub fn shell(command: &[String]) -> String {
    command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

struct Command(Vec<String>);

impl Command {
    fn list<T: PartialEq>(
        &mut self,
        flag: &str,
        values: &[T],
        default: &[T],
        spell: fn(&T) -> String,
    ) {
        if values != default {
            self.flag(flag, values.iter().map(spell).collect::<Vec<_>>().join(","));
        }
    }

    fn changed<T: PartialEq + Display + ?Sized>(&mut self, flag: &str, value: &T, default: &T) {
        if value != default {
            self.flag(flag, value.to_string());
        }
    }

    fn some(&mut self, flag: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.flag(flag, value.to_string());
        }
    }

    fn flag(&mut self, flag: &str, value: String) {
        if value.starts_with('-') {
            // Apart from its flag it would be taken for a flag itself.
            self.0.push(format!("{flag}={value}"));
        } else {
            self.0.extend([flag.to_owned(), value]);
        }
    }
}

/// A duration, exactly: `2s`, `1500ms`.
fn duration(ns: u64) -> String {
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
    let exact = units.iter().find(|(scale, _)| ns.is_multiple_of(*scale));
    exact.map_or_else(|| format!("{ns}ns"), |(scale, unit)| format!("{}{unit}", ns / scale))
}

/// A size, exactly: `8G`, `4096`.
fn size(bytes: u64) -> String {
    let units = [(1 << 30, "G"), (1 << 20, "M")];
    let exact = units.iter().find(|(scale, _)| bytes.is_multiple_of(*scale));
    exact.map_or_else(|| bytes.to_string(), |(scale, unit)| format!("{}{unit}", bytes / scale))
}

fn order(order: Sequence) -> &'static str {
    match order {
        Sequence::Interleaved | Sequence::Soak => "interleaved",
        Sequence::Block => "block",
    }
}

fn calibration(effort: Effort) -> &'static str {
    match effort {
        Effort::Quick => "quick",
        Effort::None => "none",
    }
}

fn timing(timing: Timing) -> &'static str {
    match timing {
        Timing::Sampled => "sampled",
        Timing::Every => "every",
        Timing::None => "none",
    }
}

fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Time => "time",
        Measure::Memory => "memory",
        Measure::Instructions => "instructions",
    }
}

fn yes_or_no(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_change_are_quoted() {
        let command = ["mapbench", "-a", "dashmap/*,sharded", "--store", "it's here", ""];
        assert_eq!(
            shell(&command.map(str::to_owned)),
            r"mapbench -a 'dashmap/*,sharded' --store 'it'\''s here' ''"
        );
    }
}
