//! The terminal itself: entering and leaving it, waiting until it has done its work, signals, and
//! a panic hook for the one thread that owns it. Nothing is laid out here.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;

use mapbench_core::driver::clock::monotonic_ns;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{cursor, execute};
use ratatui::{Frame, Terminal};
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
    /// Never dropped: its drop prints to standard error if the terminal has gone, and a print that
    /// fails panics. It lives as long as the program, and [`give_back`] does what its drop would.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<io::Stdout>>>,
    /// Where keys come from: standard input, or the terminal itself if that is a pipe.
    input: OwnedFd,
    gone: bool,
    answers: bool,
    unanswered: u32,
}

impl Screen {
    /// Enters raw mode and the alternate screen, and finds out whether the terminal says when it
    /// has done its work.
    pub fn enter() -> io::Result<Screen> {
        let input = if io::stdin().is_terminal() {
            io::stdin().as_fd().try_clone_to_owned()?
        } else {
            File::open("/dev/tty")?.into()
        };
        take_over()?;
        let terminal = ManuallyDrop::new(Terminal::new(CrosstermBackend::new(io::stdout()))?);
        let mut screen = Screen { terminal, input, gone: false, answers: true, unanswered: 0 };
        screen.answers = screen.ask(FIRST_ANSWER_MS)?.is_some();
        Ok(screen)
    }

    /// Rows that it has now.
    pub fn rows(&self) -> io::Result<u16> {
        Ok(self.terminal.size()?.height)
    }

    /// Draws one frame. A terminal that cannot be written has gone.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame)) {
        self.gone = self.gone || self.terminal.draw(render).is_err();
    }

    /// Forgets what is on the screen, so that the next frame draws all of it.
    pub fn clear(&mut self) {
        self.gone = self.gone || self.terminal.clear().is_err();
    }

    /// Waits for a key, a new size or a signal, at most so long. A terminal that was closed is
    /// noticed here and never read again: crossterm would read its end forever.
    pub fn wait(&mut self, longest: Duration) -> io::Result<Input> {
        if self.gone {
            return Ok(Input::Gone);
        }
        let timeout = PollTimeout::try_from(longest).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(self.input.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ends = PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
        self.gone = fds[0].revents().is_some_and(|events| events.intersects(ends));
        Ok(if self.gone { Input::Gone } else { Input::Open })
    }

    /// Whether the terminal says when it has done its work.
    pub fn answers(&self) -> bool {
        self.answers
    }

    /// Waits until the terminal has done the work of the last draw, at most 50 ms. Returns the
    /// keys that were typed meanwhile.
    pub fn settle(&mut self) -> Vec<KeyEvent> {
        if !self.answers || self.gone {
            return Vec::new();
        }
        let Ok(answer) = self.ask(ANSWER_MS) else {
            self.gone = true;
            return Vec::new();
        };
        self.unanswered = if answer.is_some() { 0 } else { self.unanswered + 1 };
        self.answers = self.unanswered < PATIENCE;
        answer.unwrap_or_default()
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
    fn ask(&self, wait_ms: u64) -> io::Result<Option<Vec<KeyEvent>>> {
        let mut out = io::stdout();
        out.write_all(b"\x1b[6n")?;
        out.flush()?;
        let mut bytes = Vec::new();
        let until_ns = monotonic_ns() + wait_ms * 1_000_000;
        loop {
            let left_ms = until_ns.saturating_sub(monotonic_ns()).div_ceil(1_000_000);
            let timeout = PollTimeout::try_from(left_ms).unwrap_or(PollTimeout::ZERO);
            let mut fds = [PollFd::new(self.input.as_fd(), PollFlags::POLLIN)];
            match poll(&mut fds, timeout) {
                Err(Errno::EINTR) if left_ms > 0 => continue,
                Ok(ready) if ready > 0 => {}
                // What was typed meanwhile is not lost with the answer that did not come.
                _ => return Ok(if bytes.is_empty() { None } else { Some(typed(&bytes)) }),
            }
            let mut chunk = [0_u8; 256];
            // Unbuffered: `Stdin` would keep bytes that belong to crossterm.
            let read = nix::unistd::read(&self.input, &mut chunk)?;
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

/// Whether there is a terminal to read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// There is, and it may have something.
    Open,
    /// It was closed.
    Gone,
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
    hang_up: Arc<AtomicBool>,
    interrupt: Arc<AtomicBool>,
    suspend: Arc<AtomicBool>,
}

/// A signal that the UI acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM.
    Terminate,
    /// SIGHUP, or a terminal that was closed without one.
    HangUp,
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
            hang_up: Arc::default(),
            interrupt: Arc::default(),
            suspend: Arc::default(),
        };
        for (signal, flag) in [
            (SIGTERM, &signals.terminate),
            (SIGHUP, &signals.hang_up),
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
            (&self.hang_up, Signal::HangUp),
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
