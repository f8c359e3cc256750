//! Where the events of a run go: the run log, a progress line, standard output, the terminal UI.

use mapbench_core::event::RunEvent;

/// Where the events of a run go. Called on the session's thread, in order.
pub trait Sink {
    /// Takes one event.
    fn event(&mut self, event: &RunEvent);
    /// Called between two rounds, while no worker runs: the time to draw and to flush. A UI that
    /// draws between rounds returns only when the terminal has done its work.
    fn between_rounds(&mut self) {}
    /// What the sink itself has for the run log, e.g. when it drew. Asked after
    /// [`Sink::between_rounds`]; each event is given once.
    fn own_events(&mut self) -> Vec<RunEvent> {
        Vec::new()
    }
}

/// Hands every event to several sinks, in their order.
#[derive(Default)]
pub struct Fanout<'a> {
    sinks: Vec<Box<dyn Sink + 'a>>,
}

impl<'a> Fanout<'a> {
    /// Adds a sink after the others.
    pub fn push(&mut self, sink: impl Sink + 'a) {
        self.sinks.push(Box::new(sink));
    }
}

impl Sink for Fanout<'_> {
    fn event(&mut self, event: &RunEvent) {
        for sink in &mut self.sinks {
            sink.event(event);
        }
    }

    fn between_rounds(&mut self) {
        for sink in &mut self.sinks {
            sink.between_rounds();
        }
    }

    fn own_events(&mut self) -> Vec<RunEvent> {
        self.sinks.iter_mut().flat_map(Sink::own_events).collect()
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn event(&mut self, event: &RunEvent) {
        (**self).event(event);
    }

    fn between_rounds(&mut self) {
        (**self).between_rounds();
    }

    fn own_events(&mut self) -> Vec<RunEvent> {
        (**self).own_events()
    }
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn event(&mut self, event: &RunEvent) {
        (**self).event(event);
    }

    fn between_rounds(&mut self) {
        (**self).between_rounds();
    }

    fn own_events(&mut self) -> Vec<RunEvent> {
        (**self).own_events()
    }
}

impl std::fmt::Debug for Fanout<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fanout").field("sinks", &self.sinks.len()).finish()
    }
}
