//! Commands that others wrote, run to their end or until somebody asks to stop: a build takes
//! minutes, and Ctrl-C must not leave it behind. Knows nothing of what they do.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Sender};

use mapbench_core::event::EndCause;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::session::Control;

/// Why a command has no exit status.
#[derive(Debug)]
pub(super) enum Halt {
    /// Somebody asked to stop.
    Asked(EndCause),
    /// It could not be run.
    Failed(io::Error),
}

enum Sign {
    Ended(io::Result<ExitStatus>),
    Woken,
}

/// Runs a command, with everything that it says going into `log`, until it ends. A request to stop
/// ends it and whatever it started.
pub(super) fn run(
    command: &mut Command,
    log: &Path,
    control: &Control,
) -> Result<ExitStatus, Halt> {
    if let Some(cause) = asked(control) {
        return Err(Halt::Asked(cause));
    }
    let said = File::create(log).map_err(Halt::Failed)?;
    let errors = said.try_clone().map_err(Halt::Failed)?;
    // A group of its own, so that Ctrl-C reaches this program alone, which then ends the group.
    let mut child = command
        .stdin(Stdio::null())
        .stdout(said)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(Halt::Failed)?;
    let group = Pid::from_raw(child.id().cast_signed());
    let (speak, heard) = mpsc::channel();
    wake_through(&speak, control);
    std::thread::spawn(move || speak.send(Sign::Ended(child.wait())));
    let mut told = false;
    loop {
        match heard.recv() {
            Ok(Sign::Ended(status)) => {
                return match asked(control) {
                    Some(cause) => {
                        // Its work tree goes next, so that nothing that it started may go on.
                        let _ = killpg(group, Signal::SIGKILL);
                        Err(Halt::Asked(cause))
                    }
                    None => status.map_err(Halt::Failed),
                };
            }
            // Its thread always sends an end.
            Err(_) => return Err(Halt::Failed(io::ErrorKind::BrokenPipe.into())),
            Ok(Sign::Woken) => {}
        }
        if asked(control).is_some() {
            let signal = if told { Signal::SIGKILL } else { Signal::SIGTERM };
            told = true;
            // It may have ended by itself meanwhile.
            let _ = killpg(group, signal);
        }
    }
}

fn wake_through(speak: &Sender<Sign>, control: &Control) {
    let speak = speak.clone();
    control.wake_with(Box::new(move || drop(speak.send(Sign::Woken))));
    // What was asked before anybody listened.
    control.ask(|_| ());
}

fn asked(control: &Control) -> Option<EndCause> {
    let requests = control.requests();
    requests.stop.or(requests.kill.then_some(EndCause::Interrupted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_a_command_says_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let status = run(&mut shell("echo out; echo err >&2; exit 3"), &log, &Control::default());
        assert_eq!(status.expect("an end").code(), Some(3));
        assert_eq!(std::fs::read_to_string(log).expect("a log"), "out\nerr\n");
    }

    #[test]
    fn a_request_to_stop_ends_a_command_and_what_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let (log, control) = (folder.path().join("log"), Control::default());
        let (other, watched) = (control.clone(), log.clone());
        let asks = std::thread::spawn(move || {
            // The command has begun once it has spoken.
            while !std::fs::read_to_string(&watched).is_ok_and(|text| text.contains("begun")) {
                std::thread::yield_now();
            }
            other.interrupt();
        });
        let halted = run(&mut shell("echo begun; sleep 600 & sleep 600"), &log, &control);
        assert!(matches!(halted, Err(Halt::Asked(EndCause::Interrupted))), "{halted:?}");
        asks.join().expect("it asked");
        let again = run(&mut shell("echo never"), &folder.path().join("other"), &control);
        assert!(matches!(again, Err(Halt::Asked(_))), "{again:?}");
    }
}
