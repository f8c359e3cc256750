//! The terminal itself: entering and leaving it, waiting until it has done its work, signals, and
//! a panic hook for the one thread that owns it. Nothing is laid out here.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use mapbench_core::driver::clock::monotonic_ns;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{cursor, execute};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};

/// Longest wait for the terminal's answer after a draw. Milliseconds.
const ANSWER_MS: u64 = 50;
/// Longest wait for the first answer, which decides whether it is asked again. Milliseconds.
const FIRST_ANSWER_MS: u64 = 400;
/// After so many draws without an answer it is asked no more.
const PATIENCE: u32 = 3;

/// The terminal while the UI owns it. Dropping it gives the terminal back.
#[derive(Debug)]
pub struct Screen {
    /// What is drawn on.
    pub terminal: Terminal<CrosstermBackend<io::Stdout>>,
    answers: bool,
    unanswered: u32,
}

impl Screen {
    /// Enters raw mode and the alternate screen, and finds out whether the terminal says when it
    /// has done its work.
    pub fn enter() -> io::Result<Screen> {
        take_over()?;
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        let mut screen = Screen { terminal, answers: false, unanswered: 0 };
        // Where standard input is a pipe, crossterm reads the keyboard elsewhere.
        if io::stdin().is_terminal() {
            screen.answers = Screen::ask(FIRST_ANSWER_MS)?.is_some();
        }
        Ok(screen)
    }

    /// Whether the terminal says when it has done its work.
    pub fn answers(&self) -> bool {
        self.answers
    }

    /// Waits until the terminal has done the work of the last draw, at most 50 ms. Returns the
    /// keys that were typed meanwhile.
    pub fn settle(&mut self) -> io::Result<Vec<KeyEvent>> {
        if !self.answers {
            return Ok(Vec::new());
        }
        let answer = Screen::ask(ANSWER_MS)?;
        self.unanswered = if answer.is_some() { 0 } else { self.unanswered + 1 };
        self.answers = self.unanswered < PATIENCE;
        Ok(answer.unwrap_or_default())
    }

    /// Leaves the terminal, stops the process as job control wants, and enters again when it
    /// goes on.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
        take_over()?;
        self.terminal.clear()
    }

    /// Asks for the cursor's position (`ESC[6n`), which the terminal answers only after all that
    /// was sent before. `None` if there was no answer in time. Reads the terminal's bytes itself:
    /// no other thread reads it, and crossterm's own question waits for two seconds.
    fn ask(wait_ms: u64) -> io::Result<Option<Vec<KeyEvent>>> {
        let mut out = io::stdout();
        out.write_all(b"\x1b[6n")?;
        out.flush()?;
        let stdin = io::stdin();
        let mut bytes = Vec::new();
        let until_ns = monotonic_ns() + wait_ms * 1_000_000;
        loop {
            let left_ms = until_ns.saturating_sub(monotonic_ns()).div_ceil(1_000_000);
            let timeout = PollTimeout::try_from(left_ms).unwrap_or(PollTimeout::ZERO);
            let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
            match poll(&mut fds, timeout) {
                Err(Errno::EINTR) if left_ms > 0 => continue,
                Ok(ready) if ready > 0 => {}
                // What was typed meanwhile is not lost with the answer that did not come.
                _ => return Ok(if bytes.is_empty() { None } else { Some(typed(&bytes)) }),
            }
            let mut chunk = [0_u8; 256];
            // Unbuffered: `Stdin` would keep bytes that belong to crossterm.
            let read = nix::unistd::read(stdin.as_fd(), &mut chunk)?;
            bytes.extend_from_slice(&chunk[..read]);
            if let Some(rest) = without_answer(&bytes) {
                return Ok(Some(typed(&rest)));
            }
            if read == 0 {
                return Ok(None);
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Whether the terminal is taken over now: the panic hook and the drop of [`Screen`] both give it
/// back, and leaving the alternate screen twice would put the cursor on top of the message.
static TAKEN: AtomicBool = AtomicBool::new(false);

fn take_over() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::Relaxed);
    execute!(io::stdout(), EnterAlternateScreen, cursor::Hide)
}

/// Gives the terminal back, once.
fn give_back() {
    if !TAKEN.swap(false, Ordering::Relaxed) {
        return;
    }
    // Nobody is left to tell about a failure here.
    let _ = execute!(io::stdout(), LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
}

/// Replaces the panic hook: a panic of this thread gives the terminal back and is reported as
/// usual; one of another thread is sent as a sentence, because the screen is not its to write on.
pub fn guard_panics(sentences: Sender<String>) {
    let owner = std::thread::current().id();
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == owner {
            give_back();
            usual(info);
        } else {
            // A receiver that has gone means that the UI has ended.
            let _ = sentences.send(info.to_string());
        }
    }));
}

/// Signals that arrived and were not looked at yet.
#[derive(Debug, Clone)]
pub struct Signals {
    terminate: Arc<AtomicBool>,
    interrupt: Arc<AtomicBool>,
    suspend: Arc<AtomicBool>,
}

/// A signal that the UI acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM or SIGHUP.
    Terminate,
    /// SIGINT.
    Interrupt,
    /// SIGTSTP.
    Suspend,
}

impl Signals {
    /// Begins to catch signals.
    pub fn catch() -> io::Result<Signals> {
        let signals = Signals {
            terminate: Arc::default(),
            interrupt: Arc::default(),
            suspend: Arc::default(),
        };
        for (signal, flag) in [
            (SIGTERM, &signals.terminate),
            (SIGHUP, &signals.terminate),
            (SIGINT, &signals.interrupt),
            (SIGTSTP, &signals.suspend),
        ] {
            signal_hook::flag::register(signal, Arc::clone(flag))?;
        }
        Ok(signals)
    }

    /// The next signal that was not looked at yet.
    pub fn next(&self) -> Option<Signal> {
        [
            (&self.terminate, Signal::Terminate),
            (&self.interrupt, Signal::Interrupt),
            (&self.suspend, Signal::Suspend),
        ]
        .into_iter()
        .find(|(flag, _)| flag.swap(false, Ordering::Relaxed))
        .map(|(_, signal)| signal)
    }
}

/// The bytes around the first cursor position report, or `None` if there is none yet.
fn without_answer(bytes: &[u8]) -> Option<Vec<u8>> {
    let starts = bytes.windows(2).enumerate().filter(|(_, pair)| pair == b"\x1b[").map(|at| at.0);
    for start in starts {
        let body = &bytes[start + 2..];
        let end = body.iter().position(|byte| !byte.is_ascii_digit() && *byte != b';')?;
        if body[end] == b'R' && body[..end].contains(&b';') {
            return Some([&bytes[..start], &body[end + 1..]].concat());
        }
    }
    None
}

/// The keys that a few typed bytes stand for: characters, control characters and arrows. Rarer
/// sequences are dropped; they could only have been typed within the wait after one draw.
fn typed(mut bytes: &[u8]) -> Vec<KeyEvent> {
    let mut keys = Vec::new();
    while let Some((&first, rest)) = bytes.split_first() {
        let (code, used) = match (first, rest) {
            (0x1b, [b'[' | b'O', arrow @ b'A'..=b'D', ..]) => {
                let arrows = [KeyCode::Up, KeyCode::Down, KeyCode::Right, KeyCode::Left];
                (arrows[usize::from(arrow - b'A')], 3)
            }
            (0x1b, [b'[', ..]) => return keys,
            (0x1b, _) => (KeyCode::Esc, 1),
            (b'\r' | b'\n', _) => (KeyCode::Enter, 1),
            (b'\t', _) => (KeyCode::Tab, 1),
            (0x7f, _) => (KeyCode::Backspace, 1),
            (1..=26, _) => {
                let code = KeyCode::Char(char::from(first - 1 + b'a'));
                keys.push(KeyEvent::new(code, KeyModifiers::CONTROL));
                bytes = rest;
                continue;
            }
            (b' '..=b'~', _) => (KeyCode::Char(char::from(first)), 1),
            _ => (KeyCode::Null, 1),
        };
        if code != KeyCode::Null {
            keys.push(KeyEvent::new(code, KeyModifiers::NONE));
        }
        bytes = &bytes[used..];
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_found_among_typed_keys() {
        assert_eq!(without_answer(b"q\x1b[12;40Rj"), Some(b"qj".to_vec()));
        assert_eq!(without_answer(b"\x1b[A\x1b[1;1R"), Some(b"\x1b[A".to_vec()));
        assert_eq!(without_answer(b"\x1b[12;4"), None);
        assert_eq!(without_answer(b"R;1"), None);
    }

    #[test]
    fn keys_typed_while_waiting_are_not_lost() {
        let codes: Vec<_> = typed(b"q\x1b[B\x03\r").into_iter().map(|key| key.code).collect();
        let expected = [KeyCode::Char('q'), KeyCode::Down, KeyCode::Char('c'), KeyCode::Enter];
        assert_eq!(codes, expected);
    }
}
