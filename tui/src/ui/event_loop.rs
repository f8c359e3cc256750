//! The loop that connects the model with the terminal and the session's thread. One thread owns
//! the terminal, reads keys and draws; it does so only while no round runs, unless the run's UI
//! mode is `live`.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;
use std::time::Duration;

use mapbench_core::driver::clock::monotonic_ns;
use mapbench_core::event::{EndCause, UiMode};
use mapbench_results::RunLog;
use ratatui::crossterm::event::{self, Event, KeyEvent, KeyEventKind};

use super::host::{Estimate, Host, Wish};
use super::link::{Drawn, FromSession, UiLink};
use super::model::{Model, Phase, Replay};
use super::replay::Player;
use super::screens;
use super::shelf::Found;
use super::tab::Tab;
use super::terminal::{Input, Screen, Signal, Signals, guard_panics};
use super::theme::Theme;
use super::update::{Ask, Cmd, Msg, update};
use crate::session::Control;

/// Longest sleep while a round runs: then nothing is drawn, only keys and signals are looked at.
const WHILE_MEASURING: Duration = Duration::from_millis(200);
/// Longest sleep while a session prepares or a replay plays.
const OTHERWISE: Duration = Duration::from_millis(30);
/// Longest sleep while nothing goes on but keys.
const IDLE: Duration = Duration::from_millis(250);
/// Least time between two frames while rounds run, unless a key was pressed. Nanoseconds.
const FRAME_NS: u64 = 100_000_000;
/// The same in live mode: four frames per second. Nanoseconds.
const LIVE_FRAME_NS: u64 = 250_000_000;

/// Runs the UI over a host until somebody leaves. Returns the exit code.
pub fn live(host: &dyn Host, theme: Theme) -> io::Result<u8> {
    let model = Model::new(theme, host.choices(), UiMode::BetweenRounds);
    std::thread::scope(|scope| EventLoop::start(scope, Some(host), model, None)?.run())
}

/// Plays a finished run until somebody leaves. Returns the exit code.
pub fn replay(log: &RunLog, theme: Theme, speed: u32) -> io::Result<u8> {
    let mut model = Model::new(theme, super::host::Choices::default(), log.begin.ui);
    model.replay = Some(Replay { speed });
    model.phase = Phase::Preparing;
    let player = Player::new(log);
    std::thread::scope(|scope| EventLoop::start(scope, None, model, Some(player))?.run())
}

/// The model after a whole log: what [`replay`] ends with.
pub fn replayed(log: &RunLog, theme: Theme) -> Model {
    let mut model = Model::new(theme, super::host::Choices::default(), log.begin.ui);
    model.replay = Some(Replay { speed: 1 });
    let mut player = Player::new(log);
    player.jump_to_end();
    play(&mut model, &mut player);
    model
}

/// Feeds what is due to the model.
fn play(model: &mut Model, player: &mut Player) {
    while let Some(event) = player.next_due() {
        update(model, Msg::Event(Box::new(event)));
    }
    update(model, Msg::Tick(player.position_ns()));
    if player.is_over() && model.phase.is_active() {
        let end = player.end().cloned();
        update(model, end.map_or(Msg::LogEnded, |end| Msg::Ended(Ok(end))));
    }
}

/// Kills the session if the UI's thread panics, because nobody could end it any more.
struct KillOnPanic(Control);

impl Drop for KillOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.ask(|requests| requests.kill = true);
        }
    }
}

struct EventLoop<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    host: Option<&'scope dyn Host>,
    model: Model,
    player: Option<Player>,
    // Dropped before the screen is, so that a panic never leaves the session waiting.
    session: Option<Receiver<FromSession>>,
    gap: Option<Sender<Vec<Drawn>>>,
    control: Control,
    kill_on_panic: Option<KillOnPanic>,
    estimates: (Sender<Estimated>, Receiver<Estimated>),
    found: (Sender<Answer>, Receiver<Answer>),
    /// Screens whose content is to be looked for once no session is under way.
    wanted: Vec<Tab>,
    panics: Receiver<String>,
    signals: Signals,
    screen: Screen,
    measuring: bool,
    drawn: Vec<Drawn>,
    now_ns: u64,
    last_frame_ns: u64,
    wants: Wants,
}

/// What is to be done at the next opportunity.
#[derive(Debug, Clone, Copy, Default)]
struct Wants {
    /// Draw without waiting for the next frame's turn: somebody pressed a key.
    frame: bool,
    suspend: bool,
    quit: bool,
}

/// A screen and what was found for it.
type Answer = (Tab, Result<Found, String>);

/// A wish and what it comes to.
type Estimated = (Wish, Result<Estimate, String>);

impl<'scope, 'env> EventLoop<'scope, 'env> {
    fn start(
        scope: &'scope Scope<'scope, 'env>,
        host: Option<&'scope dyn Host>,
        model: Model,
        player: Option<Player>,
    ) -> io::Result<Self> {
        let (sentences, panics) = channel();
        let signals = Signals::catch()?;
        let screen = Screen::enter()?;
        guard_panics(sentences);
        Ok(EventLoop {
            scope,
            host,
            model,
            player,
            session: None,
            gap: None,
            control: Control::default(),
            kill_on_panic: None,
            estimates: channel(),
            found: channel(),
            wanted: Vec::new(),
            panics,
            signals,
            screen,
            measuring: false,
            drawn: Vec::new(),
            now_ns: monotonic_ns(),
            last_frame_ns: 0,
            wants: Wants { frame: true, ..Wants::default() },
        })
    }

    fn run(mut self) -> io::Result<u8> {
        if !self.screen.answers() {
            let text = "the terminal does not say when it has drawn (no answer to ESC[6n), so its \
                        work may fall into the next round"
                .to_owned();
            self.handle(Msg::Sentence(false, text))?;
        }
        self.handle(Msg::Tick(monotonic_ns()))?;
        self.handle(Msg::Resized(self.screen.rows()?))?;
        if let Ok(wish) = self.model.wizard.wish() {
            self.obey(Cmd::Estimate(wish))?;
        }
        while !self.wants.quit {
            if let Err(error) = self.turn() {
                // Without a screen nobody could end the session.
                self.control.ask(|requests| requests.stop = Some(EndCause::Terminated));
                return Err(error);
            }
        }
        Ok(self.model.exit_code)
    }

    fn turn(&mut self) -> io::Result<()> {
        self.listen()?;
        self.keys_and_signals()?;
        self.pass_time()?;
        self.find();
        self.draw()?;
        // Not within a round: stopped in it, the session would take its worker for hung.
        if self.wants.suspend && !self.measuring {
            self.wants.suspend = false;
            self.screen.suspend()?;
            self.model.dirty = true;
            self.wants.frame = true;
            self.draw()?;
        }
        self.let_go();
        Ok(())
    }

    /// Sleeps until the session says something, a key is pressed or it is time to look around.
    fn listen(&mut self) -> io::Result<()> {
        let wait = match self.session {
            None if self.plays() => OTHERWISE,
            None => IDLE,
            Some(_) if self.measuring => WHILE_MEASURING,
            Some(_) => OTHERWISE,
        };
        let Some(session) = self.session.as_ref().filter(|_| self.gap.is_none()) else {
            self.wait_for_input(wait)?;
            return Ok(());
        };
        let mut heard: Vec<FromSession> = session.recv_timeout(wait).into_iter().collect();
        heard.extend(session.try_iter());
        for message in heard {
            // Whatever the session says, no round runs while it says it.
            self.measuring = false;
            match message {
                FromSession::Event(event) => self.handle(Msg::Event(event))?,
                FromSession::Gap(answer) => {
                    self.gap = Some(answer);
                    self.handle(Msg::Gap)?;
                }
                FromSession::Ended(end) => {
                    self.session = None;
                    self.wants.frame = true;
                    self.handle(Msg::Ended(end))?;
                }
            }
        }
        Ok(())
    }

    fn keys_and_signals(&mut self) -> io::Result<()> {
        while self.wait_for_input(Duration::ZERO)? == Input::Open && event::poll(Duration::ZERO)? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => self.press(key)?,
                Event::Resize(_, rows) => {
                    self.wants.frame = true;
                    self.handle(Msg::Resized(rows))?;
                }
                _ => {}
            }
        }
        while let Some(signal) = self.signals.next() {
            self.wants.frame = true;
            self.handle(Msg::Signal(signal))?;
        }
        while let Ok(sentence) = self.panics.try_recv() {
            self.handle(Msg::Sentence(true, sentence))?;
        }
        while let Ok((tab, found)) = self.found.1.try_recv() {
            self.wants.frame = true;
            self.handle(Msg::Found(tab, found))?;
        }
        while let Ok((wish, estimate)) = self.estimates.1.try_recv() {
            // An answer about an older choice is of no use.
            if self.model.wizard.wish().as_ref() == Ok(&wish) {
                self.handle(Msg::Estimated(estimate))?;
            }
        }
        Ok(())
    }

    /// Waits for input; a terminal that was closed ends the run, as SIGHUP does.
    fn wait_for_input(&mut self, wait: Duration) -> io::Result<Input> {
        let input = self.screen.wait(wait)?;
        if input == Input::Gone {
            self.handle(Msg::Signal(Signal::HangUp))?;
        }
        Ok(input)
    }

    fn press(&mut self, key: KeyEvent) -> io::Result<()> {
        self.wants.frame = true;
        self.handle(Msg::Key(key))
    }

    fn pass_time(&mut self) -> io::Result<()> {
        let now_ns = monotonic_ns();
        let plays = self.plays();
        let passed_ns = now_ns.saturating_sub(std::mem::replace(&mut self.now_ns, now_ns));
        let Some(player) = &mut self.player else { return self.handle(Msg::Tick(now_ns)) };
        if plays {
            let speed = self.model.replay.map_or(1, |replay| u64::from(replay.speed));
            player.advance(passed_ns * speed);
            play(&mut self.model, player);
        }
        Ok(())
    }

    /// Whether a replay is under way.
    fn plays(&self) -> bool {
        let phase = &self.model.phase;
        self.player.is_some() && phase.is_active() && *phase != Phase::Paused
    }

    /// Draws if there is something new and nobody is disturbed.
    fn draw(&mut self) -> io::Result<()> {
        let live = self.model.ui_mode == UiMode::Live;
        let disturbs = self.measuring && self.gap.is_none() && !live;
        if disturbs {
            return Ok(());
        }
        if !self.model.dirty {
            self.wants.frame = false;
            return Ok(());
        }
        let started_ns = monotonic_ns();
        let least_ns = if live { LIVE_FRAME_NS } else { FRAME_NS };
        let early = started_ns.saturating_sub(self.last_frame_ns) < least_ns;
        if self.session.is_some() && early && (live || !self.wants.frame) {
            return Ok(());
        }
        let model = &self.model;
        self.screen.draw(|frame| screens::draw(model, frame));
        self.model.dirty = false;
        self.wants.frame = false;
        let typed = self.screen.settle();
        let ended_ns = monotonic_ns();
        self.last_frame_ns = started_ns;
        if self.session.is_some() {
            self.drawn.push(Drawn { started_ns, ended_ns });
        }
        for key in typed {
            self.press(key)?;
        }
        Ok(())
    }

    /// Lets the session go on, unless it is paused or what it waits for is still to be drawn.
    fn let_go(&mut self) {
        let undrawn = self.wants.frame && self.model.ui_mode != UiMode::Live;
        if self.model.holds_the_session() || undrawn {
            return;
        }
        if let Some(gap) = self.gap.take() {
            self.measuring = true;
            // A session that has gone needs no answer.
            let _ = gap.send(std::mem::take(&mut self.drawn));
        }
    }

    fn handle(&mut self, msg: Msg) -> io::Result<()> {
        for cmd in update(&mut self.model, msg) {
            self.obey(cmd)?;
        }
        Ok(())
    }

    fn obey(&mut self, cmd: Cmd) -> io::Result<()> {
        match cmd {
            Cmd::Estimate(wish) => self.estimate(wish),
            Cmd::Begin(wish) => self.begin(wish),
            Cmd::Find(tab) => self.wanted.push(tab),
            Cmd::Ask(ask) => self.control.ask(|requests| match ask {
                Ask::Skip(cell) => requests.skip.push(cell),
                Ask::Stop(cause) => requests.stop = Some(cause),
                Ask::Kill => requests.kill = true,
            }),
            Cmd::Copy(text) => copy(&text)?,
            Cmd::Suspend => self.wants.suspend = true,
            Cmd::Redraw => self.screen.clear(),
            Cmd::Quit => self.wants.quit = true,
        }
        Ok(())
    }

    fn estimate(&mut self, wish: Wish) {
        let Some(host) = self.host else { return };
        let answer = self.estimates.0.clone();
        self.scope.spawn(move || {
            let estimate = host.estimate(&wish);
            // A UI that has closed does not want to know.
            let _ = answer.send((wish, estimate));
        });
    }

    /// Looks into the store, on a thread of its own, unless a session is under way: reading logs
    /// would disturb its rounds.
    fn find(&mut self) {
        let Some(host) = self.host.filter(|_| self.session.is_none()) else { return };
        for tab in self.wanted.drain(..) {
            let answer = self.found.0.clone();
            self.scope.spawn(move || {
                // A UI that has closed does not want to know.
                let _ = answer.send((tab, host.find(tab)));
            });
        }
    }

    fn begin(&mut self, wish: Wish) {
        let Some(host) = self.host else { return };
        let mode = host.ui_mode(&wish);
        let (link, session) = UiLink::new();
        let control = Control::default();
        self.control = control.clone();
        self.kill_on_panic = Some(KillOnPanic(control.clone()));
        self.session = Some(session);
        self.measuring = false;
        self.model.ui_mode = mode;
        self.scope.spawn(move || {
            let run = std::panic::AssertUnwindSafe(|| host.run(&wish, mode, &control, &link));
            let end = std::panic::catch_unwind(run).unwrap_or_else(|_| {
                Err("the session panicked; the log (l) has the message".to_owned())
            });
            link.end(end);
        });
    }
}

/// Puts a text on the clipboard of the terminal, even over ssh (OSC 52).
fn copy(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    write!(out, "\x1b]52;c;{}\x07", base64(text.as_bytes()))?;
    out.flush()
}

/// Base64 with padding, which OSC 52 wants.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = (0..3)
            .fold(0_u32, |word, at| word << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        for position in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * position)) as usize & 63];
            text.push(if position <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_pads() {
        assert_eq!(base64(b"run"), "cnVu");
        assert_eq!(base64(b"ru"), "cnU=");
        assert_eq!(base64(b"r"), "cg==");
    }
}
