//! Real worker processes: `PROGRAM worker`, of this very program or of an arm's, orders on standard input, messages on standard
//! output, last words on standard error. Two threads per worker turn its output into signs; they
//! sleep in `read` while a round runs.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use mapbench_core::event::{Arm, Order, TrialSpec, WorkerMessage};
use nix::sys::signal::Signal;

use super::control::Waker;
use super::launch::{Death, Launch, Sign, WorkerId};

/// Lines of standard error that are kept of each worker.
const KEPT_LINES: usize = 12;
/// Longest part of a line that is kept; a worker cannot fill the session's memory.
const KEPT_LINE_BYTES: u64 = 16 << 20;

/// Starts workers as processes of this very program, or of the programs of a comparison.
#[derive(Debug)]
pub struct Processes {
    own: PathBuf,
    arms: BTreeMap<Arm, PathBuf>,
    workers: HashMap<WorkerId, Worker>,
    heard: Receiver<Heard>,
    speak: Sender<Heard>,
}

#[derive(Debug)]
struct Worker {
    child: Child,
    stdin: Option<ChildStdin>,
    stderr: Option<JoinHandle<Vec<String>>>,
}

#[derive(Debug)]
enum Heard {
    Line(WorkerId, String),
    Closed(WorkerId),
    Woken,
}

impl Processes {
    /// Workers are started as `program worker`.
    pub fn new(program: PathBuf) -> Self {
        let (speak, heard) = mpsc::channel();
        let (own, arms) = (program, BTreeMap::new());
        Processes { own, arms, workers: HashMap::new(), heard, speak }
    }

    /// The same, and workers of an arm are of that arm's program.
    #[must_use]
    pub fn with_arms(mut self, arms: BTreeMap<Arm, PathBuf>) -> Self {
        self.arms = arms;
        self
    }

    /// Workers of the running program itself.
    pub fn of_this_program() -> std::io::Result<Self> {
        Ok(Processes::new(std::env::current_exe()?))
    }

    fn program(&self, arm: Option<Arm>) -> &Path {
        arm.and_then(|arm| self.arms.get(&arm)).unwrap_or(&self.own)
    }

    fn death(&mut self, id: WorkerId) -> Option<Death> {
        let mut worker = self.workers.remove(&id)?;
        drop(worker.stdin.take());
        // Its output is closed, so it is past the point where a signal could change how it ended;
        // only a worker that closed its output and lives on is killed by this.
        let _ = worker.child.kill();
        let status = worker.child.wait().ok();
        let last_lines =
            worker.stderr.take().and_then(|reader| reader.join().ok()).unwrap_or_default();
        Some(Death {
            signal: status.and_then(|status| status.signal()).map(signal_name),
            code: status.and_then(|status: ExitStatus| status.code()),
            last_lines,
        })
    }
}

impl Launch for Processes {
    fn start(&mut self, id: WorkerId, trial: &TrialSpec, arm: Option<Arm>) -> std::io::Result<()> {
        let mut child = Command::new(self.program(arm))
            .arg("worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, so that Ctrl-C reaches the session alone, which then stops at
            // the round boundary instead of losing its workers.
            .process_group(0)
            .spawn()?;
        let stdin = child.stdin.take();
        if let Some(stdout) = child.stdout.take() {
            let speak = self.speak.clone();
            std::thread::Builder::new()
                .name(format!("listen-{id}"))
                .spawn(move || listen(id, stdout, &speak))?;
        }
        let stderr = match child.stderr.take() {
            Some(stderr) => Some(
                std::thread::Builder::new()
                    .name(format!("stderr-{id}"))
                    .spawn(move || last_lines(stderr))?,
            ),
            None => None,
        };
        self.workers.insert(id, Worker { child, stdin, stderr });
        self.order(id, &Order::Trial(Box::new(trial.clone())));
        Ok(())
    }

    fn order(&mut self, id: WorkerId, order: &Order) {
        let Some(stdin) = self.workers.get_mut(&id).and_then(|worker| worker.stdin.as_mut()) else {
            return;
        };
        if let Ok(mut line) = serde_json::to_vec(order) {
            line.push(b'\n');
            // A broken pipe means that the worker died; its closed output says so.
            let _ = stdin.write_all(&line).and_then(|()| stdin.flush());
        }
    }

    fn next_sign(&mut self, wait_ns: u64) -> Option<(WorkerId, Sign)> {
        match self.heard.recv_timeout(Duration::from_nanos(wait_ns)).ok()? {
            Heard::Woken => None,
            Heard::Closed(id) => self.death(id).map(|death| (id, Sign::Gone(death))),
            Heard::Line(id, line) => Some((id, read_message(line))),
        }
    }

    fn dismiss(&mut self, id: WorkerId) {
        drop(self.death(id));
    }

    fn waker(&self) -> Waker {
        let speak = self.speak.clone();
        Box::new(move || drop(speak.send(Heard::Woken)))
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        let left: Vec<WorkerId> = self.workers.keys().copied().collect();
        for id in left {
            self.dismiss(id);
        }
    }
}

fn read_message(line: String) -> Sign {
    match serde_json::from_str::<WorkerMessage>(&line) {
        Ok(message) => Sign::Message(Box::new(message)),
        Err(_) => Sign::Garbage(line),
    }
}

fn listen(id: WorkerId, stdout: ChildStdout, speak: &Sender<Heard>) {
    let mut stdout = BufReader::new(stdout);
    let mut line = Vec::new();
    loop {
        line.clear();
        match stdout.by_ref().take(KEPT_LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if !text.is_empty() && speak.send(Heard::Line(id, text)).is_err() {
            break;
        }
    }
    let _ = speak.send(Heard::Closed(id));
}

fn last_lines(stderr: ChildStderr) -> Vec<String> {
    let mut kept = VecDeque::with_capacity(KEPT_LINES);
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if line.is_empty() {
            continue;
        }
        if kept.len() == KEPT_LINES {
            kept.pop_front();
        }
        kept.push_back(line);
    }
    kept.into()
}

fn signal_name(number: i32) -> String {
    Signal::try_from(number)
        .map_or_else(|_| format!("signal {number}"), |signal| signal.as_str().to_owned())
}
