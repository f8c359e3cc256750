//! The worker's end of the line: orders from standard input, messages to standard output, one
//! JSON object per line. It neither runs nor judges a trial.

use std::io::{BufRead, Write};

use mapbench_core::driver::Link;
use mapbench_core::event::{Order, WorkerMessage};

/// A link over a reader and a writer; in a worker they are standard input and output.
#[derive(Debug)]
pub struct WorkerLink<R, W> {
    orders: R,
    messages: W,
    line: String,
}

impl<R: BufRead, W: Write> WorkerLink<R, W> {
    /// A link over both ends.
    pub fn new(orders: R, messages: W) -> Self {
        WorkerLink { orders, messages, line: String::new() }
    }
}

impl<R: BufRead, W: Write> Link for WorkerLink<R, W> {
    fn next_order(&mut self) -> Option<Order> {
        loop {
            self.line.clear();
            // An unreadable line ends the trial as a closed pipe does: without its parent's
            // orders a worker has nothing to do.
            if self.orders.read_line(&mut self.line).ok()? == 0 {
                return None;
            }
            let line = self.line.trim();
            if line.is_empty() {
                continue;
            }
            match serde_json::from_str(line) {
                Ok(order) => return Some(order),
                Err(error) => {
                    eprintln!("mapbench worker: not an order: {error}: {line}");
                    return None;
                }
            }
        }
    }

    fn send(&mut self, message: &WorkerMessage) {
        if let Ok(mut line) = serde_json::to_vec(message) {
            line.push(b'\n');
            let _ = self.messages.write_all(&line).and_then(|()| self.messages.flush());
        }
    }
}
