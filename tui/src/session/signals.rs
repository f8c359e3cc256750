//! Turns signals into requests, on a thread that sleeps until one arrives: SIGINT asks to stop
//! and save and, the second time, to kill; SIGTERM and SIGHUP ask to stop and save.

use std::thread::JoinHandle;

use mapbench_core::event::EndCause;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use super::control::Control;

/// Listens to signals until it is dropped.
#[derive(Debug)]
pub struct SignalListener {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl SignalListener {
    /// Passes signals on to `control` from now on.
    pub fn start(control: Control) -> std::io::Result<Self> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let handle = signals.handle();
        let thread = std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                if signal == SIGINT {
                    control.interrupt();
                } else {
                    control.ask(|requests| {
                        requests.stop.get_or_insert(EndCause::Terminated);
                    });
                }
            }
        })?;
        Ok(SignalListener { handle, thread: Some(thread) })
    }
}

impl Drop for SignalListener {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
