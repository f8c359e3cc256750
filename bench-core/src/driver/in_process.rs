//! A trial on a thread of this process, parked between rounds: for programs that interleave rounds by
//! themselves, as `doctor` and the floor example do. It is the worker's protocol without a process:
//! a map that hangs hangs its caller, so nothing that is to be judged is measured this way.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::Link;
use crate::event::{
    Failure, FailureKind, Order, RoundOrder, RoundReport, TrialSpec, WorkerMessage,
};
use crate::registry::TrialFn;
use crate::trace::Trace;

/// A trial of this process. Its thread ends when this is dropped.
#[derive(Debug)]
pub struct InProcess {
    orders: Sender<Order>,
    messages: Receiver<WorkerMessage>,
}

struct ChannelLink {
    orders: Receiver<Order>,
    messages: Sender<WorkerMessage>,
}

impl Link for ChannelLink {
    fn next_order(&mut self) -> Option<Order> {
        self.orders.recv().ok()
    }

    fn send(&mut self, message: &WorkerMessage) {
        // Whoever has dropped the trial does not want to know.
        let _ = self.messages.send(message.clone());
    }
}

impl InProcess {
    /// Starts a trial; it prefills by itself.
    pub fn start(trial: TrialFn, spec: TrialSpec, trace: &Arc<Trace>) -> Self {
        let (orders, order) = channel();
        let (message, messages) = channel();
        let trace = Arc::clone(trace);
        std::thread::spawn(move || {
            let mut link = ChannelLink { orders: order, messages: message };
            // A failure is a message as well, and read as one.
            let _ = trial(&spec, &trace, &mut link);
        });
        InProcess { orders, messages }
    }

    /// Runs one round.
    ///
    /// # Errors
    ///
    /// What the trial failed of, then or earlier.
    pub fn round(&self, order: RoundOrder) -> Result<RoundReport, Failure> {
        // A trial that has ended is noticed below.
        let _ = self.orders.send(Order::Round(order));
        loop {
            match self.messages.recv() {
                Ok(WorkerMessage::Round(report)) => return Ok(*report),
                Ok(WorkerMessage::Error(failure)) => return Err(failure),
                Ok(_) => {}
                Err(_) => {
                    let message = "the trial ended before its round".to_owned();
                    return Err(Failure { kind: FailureKind::Protocol, message });
                }
            }
        }
    }
}
