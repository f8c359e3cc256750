//! A worker whose instructions are counted: it runs itself again under callgrind, hands orders and
//! messages through, and adds what was counted to the last message. Counts only the hot loop, and
//! of that only the last call: what the round's unmeasured words take is dropped.

use std::fs;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use mapbench_core::driver::Link;
use mapbench_core::event::{
    Done, Failure, FailureKind, InstructionReport, Order, TrialSpec, WorkerMessage,
};

/// The function that is counted, what it calls included: the driver's loop over one hand.
const COUNTED: &str = "*run_alone*";

/// Why instructions cannot be counted here, and what to do; `None` if they can.
pub fn obstacle() -> Option<String> {
    let answer = Command::new("valgrind").arg("--version").output();
    match answer {
        Ok(output) if output.status.success() => None,
        _ => Some(
            "--measure instructions needs valgrind, which is not here; `apt-get install valgrind` \
             or the like installs it"
                .to_owned(),
        ),
    }
}

/// Serves a trial through a worker under callgrind. Returns the exit code of the process.
pub(super) fn serve(spec: &TrialSpec, link: &mut dyn Link) -> u8 {
    let outcome = Counted::start(spec)
        .map_err(|error| format!("valgrind cannot be started: {error}"))
        .and_then(|counted| counted.serve(link));
    match outcome {
        Ok(()) => 0,
        Err(message) => {
            link.send(&WorkerMessage::Error(Failure { kind: FailureKind::Protocol, message }));
            1
        }
    }
}

/// A worker under callgrind.
struct Counted {
    child: Child,
    orders: ChildStdin,
    messages: serde_json::StreamDeserializer<
        'static,
        serde_json::de::IoRead<BufReader<ChildStdout>>,
        WorkerMessage,
    >,
    /// Where callgrind writes.
    counts: PathBuf,
    /// Ops of the last round.
    ops: u64,
}

impl Counted {
    fn start(spec: &TrialSpec) -> io::Result<Self> {
        let counts =
            std::env::temp_dir().join(format!("mapbench-callgrind-{}", std::process::id()));
        let mut command = Command::new("valgrind");
        // Variables of the environment lie on the stack, whose place must not differ.
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
            .args(["--tool=callgrind", "-q"])
            .arg(format!("--toggle-collect={COUNTED}"))
            .arg(format!("--zero-before={COUNTED}"))
            .arg(format!("--callgrind-out-file={}", counts.display()))
            .arg(std::env::current_exe()?)
            .arg("worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let (Some(orders), Some(messages)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("it has no standard input or output"));
        };
        let messages = serde_json::Deserializer::from_reader(BufReader::new(messages)).into_iter();
        let mut counted = Counted { child, orders, messages, counts, ops: 0 };
        // Valgrind needs address space of its own, far more than the trial.
        let plain = TrialSpec { count_instructions: false, max_memory_bytes: 0, ..spec.clone() };
        counted.order(&Order::Trial(Box::new(plain)))?;
        Ok(counted)
    }

    fn order(&mut self, order: &Order) -> io::Result<()> {
        use std::io::Write;
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        self.orders.write_all(&line).and_then(|()| self.orders.flush())
    }

    /// Hands everything through, until the worker has ended.
    fn serve(mut self, link: &mut dyn Link) -> Result<(), String> {
        let outcome = self.converse(link);
        let ended = self.child.wait().map_err(|error| format!("valgrind is lost: {error}"));
        let counted = instructions(&self.counts);
        // It lies in the folder for temporary files; nobody is harmed if it stays.
        let _ = fs::remove_file(&self.counts);
        let Some(done) = outcome? else { return Ok(()) };
        ended?;
        let instructions = counted?;
        let report = InstructionReport { instructions, ops: self.ops };
        link.send(&WorkerMessage::Done(Done { instructions: Some(report), ..done }));
        Ok(())
    }

    /// The worker's last message; `None` if it failed and said so.
    fn converse(&mut self, link: &mut dyn Link) -> Result<Option<Done>, String> {
        loop {
            let message = match self.messages.next() {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Err(format!("valgrind's worker said: {error}")),
                None => return Err("valgrind's worker ended without a last word".to_owned()),
            };
            match message {
                WorkerMessage::Done(done) => return Ok(Some(done)),
                WorkerMessage::Error(_) => {
                    link.send(&message);
                    return Ok(None);
                }
                WorkerMessage::Ready(_) | WorkerMessage::Round(_) => {
                    if let WorkerMessage::Round(report) = &message {
                        self.ops = report.ops;
                    }
                    link.send(&message);
                    let order = link.next_order().unwrap_or(Order::Stop {});
                    self.order(&order).map_err(|error| format!("valgrind is deaf: {error}"))?;
                }
                _ => link.send(&message),
            }
        }
    }
}

/// What callgrind counted, from its file.
fn instructions(path: &Path) -> Result<u64, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("callgrind's `{}` cannot be read: {error}", path.display()))?;
    total(&text).filter(|&total| total > 0).ok_or_else(|| {
        "callgrind saw no call of the hot loop; a build without symbols (strip) hides it".to_owned()
    })
}

/// The total of a file of callgrind's: its line `totals: N`, or else `summary: N`.
fn total(text: &str) -> Option<u64> {
    let line = |name| text.lines().rev().find_map(|line: &str| line.strip_prefix(name));
    line("totals:").or_else(|| line("summary:"))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_of_a_file_is_found() {
        let text =
            "version: 1\nevents: Ir\nsummary: 12345678\n\nfn=(1) a\n0 5\n\ntotals: 12345678\n";
        assert_eq!(total(text), Some(12_345_678));
        assert_eq!(total("events: Ir\nsummary: 7\n"), Some(7));
        assert_eq!(total("events: Ir\n"), None);
    }
}
