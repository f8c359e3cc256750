//! The program in a real terminal: it starts, runs, resizes, ends and, whatever happens, gives the
//! terminal back. The other end of the pseudo-terminal is played by a `vt100` screen.

mod ui_synthetic;

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use mapbench::session::Control;
use mapbench::ui::event_loop;
use mapbench::ui::host::{Choice, Choices, Estimate, Host, Wish};
use mapbench::ui::link::UiLink;
use mapbench::ui::theme::{Depth, Palette, Theme};
use mapbench_core::event::{EndCause, RunEnd, RunEvent, UiMode};
use mapbench_results::RunLog;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// A machine under load builds, prefills and verifies slowly; nothing here asserts time.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process that does not outlive a test that fails.
struct Program(Box<dyn Child + Send + Sync>);

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, which is as good.
        let _ = self.0.kill();
    }
}

/// A program in a terminal.
struct Session {
    child: Program,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    /// Makes the reader close its end.
    hang_up: Sender<()>,
    screen: vt100::Parser,
}

impl Session {
    fn start(command: CommandBuilder, rows: u16, cols: u16) -> Session {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("there are pseudo-terminals");
        let child = Program(pair.slave.spawn_command(command).expect("the program starts"));
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let (sender, output) = channel();
        let (hang_up, hung_up) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..read].to_vec()).is_err() || hung_up.try_recv().is_ok() {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer().expect("the terminal can be written");
        let screen = vt100::Parser::new(nonzero(rows), nonzero(cols), 0);
        Session { child, master: pair.master, writer, output, hang_up, screen }
    }

    fn mapbench(arguments: &[&str], folder: &Path) -> Session {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mapbench"));
        command.args(arguments);
        command.cwd(folder);
        command.env("TERM", "xterm-256color");
        Session::start(command, 36, 120)
    }

    /// Takes what the program has drawn until the screen satisfies a condition.
    fn wait_for(&mut self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        while !holds(self.screen.screen()) {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.take(&bytes),
                Err(error) => {
                    panic!("never saw {what} ({error}):\n{}", self.screen.screen().contents())
                }
            }
        }
    }

    fn wait_for_text(&mut self, text: &str) {
        self.wait_for(text, |screen| screen.contents().contains(text));
    }

    /// Draws, and answers what a terminal answers.
    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        for _ in bytes.windows(4).filter(|window| window == b"\x1b[6n") {
            self.keys("\x1b[1;1R");
        }
    }

    fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).expect("the terminal can be written");
    }

    fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the program lives");
    }

    fn pid(&self) -> Pid {
        let pid = self.child.0.process_id().expect("it has a process id");
        Pid::from_raw(i32::try_from(pid).expect("process ids fit"))
    }

    /// Waits for the end. Returns the exit code and what is on the terminal then.
    fn end(mut self) -> (u32, vt100::Parser) {
        while let Ok(bytes) = self.output.recv_timeout(PATIENCE) {
            self.take(&bytes);
        }
        let status = self.child.0.wait().expect("it ends");
        (status.exit_code(), self.screen)
    }
}

fn nonzero(size: u16) -> NonZero<u16> {
    NonZero::new(size).expect("a terminal has rows and columns")
}

/// Threads that leave no processor spare, so that the UI must draw between rounds.
fn all_threads() -> String {
    std::thread::available_parallelism().map_or(1, NonZero::get).to_string()
}

fn quick_run(folder: &Path, duration: &str) -> Session {
    let threads = all_threads();
    let arguments = ["tui", "-s", "test/uniform", "-a", "std/mutex,sharded", "-t", &threads];
    let more = ["-d", duration, "--forks", "1", "--store", "runs", "--calibration", "none"];
    let mut session = Session::mapbench(&[&arguments[..], &more[..]].concat(), folder);
    session.wait_for_text("2 cells, about");
    session.keys("\r");
    session
}

fn only_log(folder: &Path) -> RunLog {
    let entries = std::fs::read_dir(folder.join("runs")).expect("there is a store");
    let logs: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "ndjson"))
        .collect();
    assert_eq!(logs.len(), 1, "{logs:?}");
    RunLog::read(&logs[0]).expect("it is a log")
}

fn assert_restored(terminal: &vt100::Parser) {
    let screen = terminal.screen();
    assert!(!screen.alternate_screen(), "still on the alternate screen:\n{}", screen.contents());
    assert!(!screen.hide_cursor(), "the cursor is still hidden");
}

#[test]
fn enter_runs_the_screen_resizes_and_the_table_stays_behind() {
    let folder = tempfile::tempdir().expect("there is room");
    let mut session = quick_run(folder.path(), "2s");
    session.wait_for("a first round", |screen| screen.contents().contains("/10 "));
    session.screen.screen_mut().set_size(nonzero(24), nonzero(80));
    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    session.master.resize(size).expect("terminals resize");
    session.wait_for("the small screen", |screen| {
        let contents = screen.contents();
        contents.contains("latency of all ops") && !contents.contains("throughput Mops/s")
    });
    session.wait_for_text("FINISHED");
    assert!(session.screen.screen().contents().contains("std/mutex"));
    session.keys("q");
    let (code, terminal) = session.end();
    assert_eq!(code, 0, "{}", terminal.screen().contents());
    assert_restored(&terminal);
    assert!(terminal.screen().contents().contains("run log: "));

    let log = only_log(folder.path());
    assert_eq!(log.begin.ui, UiMode::BetweenRounds);
    let draws: Vec<(u64, u64)> = log
        .events
        .iter()
        .filter_map(|event| match event {
            RunEvent::Drew { started_ns, ended_ns } => Some((*started_ns, *ended_ns)),
            _ => None,
        })
        .collect();
    let rounds: Vec<(u64, u64)> = log
        .events
        .iter()
        .filter_map(|event| match event {
            RunEvent::Round { report, .. } => {
                Some((report.started_ns, report.started_ns + report.elapsed_ns))
            }
            _ => None,
        })
        .collect();
    assert!(
        draws.len() > 5 && rounds.len() == 20,
        "{} draws, {} rounds",
        draws.len(),
        rounds.len()
    );
    for draw in &draws {
        for round in &rounds {
            let apart = draw.1 <= round.0 || round.1 <= draw.0;
            assert!(apart, "drawn at {draw:?} during the round at {round:?}");
        }
    }
}

#[test]
fn a_termination_signal_saves_and_restores() {
    let folder = tempfile::tempdir().expect("there is room");
    let mut session = quick_run(folder.path(), "60s");
    session.wait_for("a first round", |screen| screen.contents().contains("● RUN"));
    session.signal(Signal::SIGTERM);
    let (code, terminal) = session.end();
    assert_eq!(code, 143, "{}", terminal.screen().contents());
    assert_restored(&terminal);
    let end = only_log(folder.path()).end.expect("the log has its last line");
    assert_eq!(end.cause, EndCause::Terminated);
}

#[test]
fn a_closed_terminal_saves_and_ends() {
    let folder = tempfile::tempdir().expect("there is room");
    let mut session = quick_run(folder.path(), "60s");
    session.wait_for("a first round", |screen| screen.contents().contains("● RUN"));
    let Session { mut child, hang_up, master, writer, output, .. } = session;
    hang_up.send(()).expect("the reader lives");
    drop((master, writer));
    // The reader closes the last end of the terminal at the next bytes that it gets.
    while output.recv_timeout(PATIENCE).is_ok() {}
    let status = child.0.wait().expect("it ends");
    assert_eq!(status.exit_code(), 143);
    let end = only_log(folder.path()).end.expect("the log has its last line");
    assert_eq!(end.cause, EndCause::Terminated);
}

#[test]
fn suspended_it_gives_the_terminal_back_until_it_goes_on() {
    let folder = tempfile::tempdir().expect("there is room");
    let mut session = quick_run(folder.path(), "2s");
    session.wait_for("a first round", |screen| screen.contents().contains("● RUN"));
    session.keys("\x1a");
    session.wait_for("the main screen", |screen| !screen.alternate_screen());
    // It gives the terminal back first and stops then: a signal to go on must not come between.
    wait_until_stopped(session.pid());
    session.signal(Signal::SIGCONT);
    session.wait_for("the run again", |screen| {
        screen.alternate_screen() && screen.contents().contains("rounds")
    });
    session.wait_for_text("FINISHED");
    session.keys("q");
    let (code, terminal) = session.end();
    assert_eq!(code, 0, "{}", terminal.screen().contents());
    assert_restored(&terminal);
}

#[test]
fn a_killed_worker_is_a_row_and_leaves_the_screen_whole() {
    let folder = tempfile::tempdir().expect("there is room");
    let mut session = quick_run(folder.path(), "3s");
    session.wait_for("a first round", |screen| screen.contents().contains("● RUN"));
    let worker = children(session.pid()).into_iter().next().expect("a worker lives");
    kill(worker, Signal::SIGKILL).expect("it can be killed");
    session.wait_for_text("FINISHED");
    let contents = session.screen.screen().contents();
    assert!(contents.contains("crash: "), "{contents}");
    assert!(contents.starts_with(" 1 Run") && contents.contains("Space pause"), "{contents}");
    session.keys("q");
    let (code, terminal) = session.end();
    assert_eq!(code, 102, "{}", terminal.screen().contents());
    assert_restored(&terminal);
}

fn wait_until_stopped(pid: Pid) {
    let is_stopped = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|after_name| after_name.trim_start().starts_with('T'))
    };
    for _ in 0..2_000 {
        if is_stopped() {
            return;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
    panic!("{pid} did not stop");
}

fn children(parent: Pid) -> Vec<Pid> {
    let entries = std::fs::read_dir("/proc").expect("this test reads /proc");
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let after_name = stat.rsplit(')').next().unwrap_or_default();
            after_name.split_whitespace().nth(1) == Some(&parent.to_string())
        })
        .map(Pid::from_raw)
        .collect()
}

#[test]
fn without_a_terminal_it_names_the_verb_that_needs_none() {
    let output = Command::new(env!("CARGO_BIN_EXE_mapbench"))
        .arg("tui")
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("mapbench run"), "{message}");
}

#[test]
fn a_finished_run_is_replayed_from_a_pipe_without_a_terminal() {
    let replay = |arguments: &[&str]| {
        let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_mapbench"))
            .args([&["tui", "--replay", "-", "--once"], arguments].concat())
            .write_stdin(ui_synthetic::log_text())
            .output()
            .expect("the program starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("it is text")
    };
    let text = replay(&["--size", "80x24", "--export", "text"]);
    assert_eq!(text.lines().count(), 24);
    assert!(text.contains("FINISHED") && text.contains("dashmap/v6"), "{text}");
    assert!(replay(&["--export", "svg"]).starts_with("<svg "));
}

#[test]
fn a_replay_plays_to_its_end_and_prints_no_table() {
    let folder = tempfile::tempdir().expect("there is room");
    let log = folder.path().join("run.ndjson");
    std::fs::write(&log, ui_synthetic::log_text()).expect("there is room");
    let arguments = ["tui", "--replay", "run.ndjson", "--speed", "64"];
    let mut session = Session::mapbench(&arguments, folder.path());
    session.wait_for_text("REPLAY");
    session.keys(" ");
    session.wait_for_text("PAUSED");
    session.keys(" ");
    session.wait_for_text("FINISHED");
    session.keys("q");
    let (code, terminal) = session.end();
    assert_eq!(code, 0, "to look at a run that failed is no failure");
    assert_restored(&terminal);
    assert!(!terminal.screen().contents().contains("run log: "));
}

/// A host that breaks where it is told to.
struct Breaking {
    on_the_ui_thread: bool,
}

impl Host for Breaking {
    fn choices(&self) -> Choices {
        let choice = |name: &str| Choice { name: name.into(), about: String::new(), chosen: true };
        Choices {
            scenarios: vec![choice("curated/none")],
            adapters: vec![choice("std/none")],
            cpus: 2,
            one_shot: false,
            ..Choices::default()
        }
    }

    fn estimate(&self, _wish: &Wish) -> Result<Estimate, String> {
        Ok(Estimate { total_ns: 1, cells: 1, skipped: 0 })
    }

    fn ui_mode(&self, _wish: &Wish) -> UiMode {
        assert!(!self.on_the_ui_thread, "broken on the thread of the UI");
        UiMode::BetweenRounds
    }

    fn run(
        &self,
        _wish: &Wish,
        _mode: UiMode,
        _control: &Control,
        _link: &UiLink,
    ) -> Result<RunEnd, String> {
        panic!("broken on the thread of the session")
    }
}

fn break_in_a_terminal(on_the_ui_thread: bool) {
    let theme = Theme { depth: Depth::Mono, palette: Palette::Dark, ascii: true };
    let _ = event_loop::live(&Breaking { on_the_ui_thread }, theme);
}

#[test]
#[ignore = "a program for the test below, which starts it in a terminal"]
fn program_whose_ui_panics() {
    break_in_a_terminal(true);
}

#[test]
#[ignore = "a program for the test below, which starts it in a terminal"]
fn program_whose_session_panics() {
    break_in_a_terminal(false);
}

fn this_program(test: &str) -> Session {
    let path = std::env::current_exe().expect("this program has a path");
    let mut command = CommandBuilder::new(path);
    command.args([test, "--exact", "--ignored", "--nocapture"]);
    // A backtrace would push the message off the screen.
    command.env("RUST_BACKTRACE", "0");
    command.env("TERM", "xterm-256color");
    Session::start(command, 36, 120)
}

#[test]
fn a_panic_of_the_ui_restores_the_terminal_and_is_reported() {
    let mut session = this_program("program_whose_ui_panics");
    session.wait_for_text("1 cells, about");
    session.keys("\r");
    let (code, terminal) = session.end();
    assert_ne!(code, 0);
    assert_restored(&terminal);
    let contents = terminal.screen().contents();
    assert!(contents.contains("broken on the thread of the UI"), "{contents}");
}

#[test]
fn a_panic_of_the_session_is_a_message_on_an_unbroken_screen() {
    let mut session = this_program("program_whose_session_panics");
    session.wait_for_text("1 cells, about");
    session.keys("\r");
    session.wait_for_text("ERROR");
    session.keys("l");
    session.wait_for_text("broken on the thread of the session");
    assert!(session.screen.screen().alternate_screen());
    session.keys("lq");
    let (_, terminal) = session.end();
    assert_restored(&terminal);
}
