//! Frames of the terminal UI for measuring what they cost the round after them: on the terminal if
//! there is one, else into memory.

use std::io::{IsTerminal, Sink, sink, stdout};

use mapbench_core::event::{RunBegin, RunEvent, UiMode};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::ui::host::Choices;
use crate::ui::model::Model;
use crate::ui::screens;
use crate::ui::terminal::Screen;
use crate::ui::theme::{Depth, Palette, Theme};
use crate::ui::update::{Msg, update};

/// A frame without a terminal.
const SIZE: Rect = Rect { x: 0, y: 0, width: 120, height: 36 };

/// A screen of a run, drawn anew each time.
pub(super) struct Frames {
    model: Model,
    canvas: Canvas,
    drawn: u64,
}

enum Canvas {
    Terminal(Box<Screen>),
    Memory(Box<Terminal<CrosstermBackend<Sink>>>),
}

impl Frames {
    pub(super) fn of(begin: RunBegin) -> std::io::Result<Self> {
        let theme = Theme { depth: Depth::Full, palette: Palette::Dark, ascii: false };
        let mut model = Model::new(theme, Choices::default(), UiMode::BetweenRounds);
        update(&mut model, Msg::Event(Box::new(RunEvent::Begin(Box::new(begin)))));
        let canvas = if stdout().is_terminal() {
            Canvas::Terminal(Box::new(Screen::enter()?))
        } else {
            let options = TerminalOptions { viewport: Viewport::Fixed(SIZE) };
            let terminal = Terminal::with_options(CrosstermBackend::new(sink()), options)?;
            Canvas::Memory(Box::new(terminal))
        };
        Ok(Frames { model, canvas, drawn: 0 })
    }

    /// Draws one frame and waits until the terminal has done its work, as the UI does.
    pub(super) fn draw(&mut self) {
        self.drawn += 1;
        // A second passes from frame to frame, so that there is something new to draw.
        update(&mut self.model, Msg::Tick(self.drawn * 1_000_000_000));
        let model = &self.model;
        match &mut self.canvas {
            Canvas::Terminal(screen) => {
                // All of it, which is the dearest frame that the UI ever draws.
                screen.clear();
                screen.draw(|frame| screens::draw(model, frame));
                screen.settle();
            }
            Canvas::Memory(terminal) => {
                // Memory takes everything.
                let _ = terminal.clear();
                let _ = terminal.draw(|frame| screens::draw(model, frame));
            }
        }
    }

    /// Whether a terminal took part.
    pub(super) fn on_terminal(&self) -> bool {
        matches!(self.canvas, Canvas::Terminal(_))
    }
}
