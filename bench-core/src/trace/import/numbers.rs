//! Key indices for recorded pods. Indices below the initial population's size are its pods'; the
//! rest are handed out so that a namespace's pods share one of the namespaces that keys are spelled
//! with, wherever that can be.

use super::history::{History, What};
use crate::key::NAMESPACES;
use crate::op::MAX_KEYS;

/// The key index of every pod.
pub(super) struct Numbers {
    /// By pod.
    pub(super) of: Vec<u32>,
    /// Every index is below.
    pub(super) keys: u32,
}

impl Numbers {
    /// Numbers the pods of a recording; says what is lost on the way.
    pub(super) fn of(history: &mut History<'_>, at_start: &[(u32, u32)]) -> Numbers {
        let lists = history.entries.iter().filter(|entry| entry.what == What::List).count() as u64;
        let plain = Numbers::plain(history, at_start);
        if lists == 0 {
            return plain;
        }
        let namespaces = history.namespaces.len();
        let mut approximate = |what: String| {
            history.approximations.insert(what, lists);
        };
        if namespaces > NAMESPACES {
            approximate(format!(
                "the list of a namespace: {namespaces} namespaces share {NAMESPACES}"
            ));
        }
        if !at_start.is_empty() {
            let what = "the list of a namespace: pods of the start are spread over all namespaces";
            approximate(what.to_owned());
        }
        Numbers::by_namespace(history, at_start).unwrap_or_else(|| {
            let what = "the list of a namespace: there are too many pods to keep namespaces apart";
            history.approximations.insert(what.to_owned(), lists);
            Numbers { keys: plain.keys.max(NAMESPACES), ..plain }
        })
    }

    /// The namespace, of those that keys are spelled with, of a recorded one.
    pub(super) fn slot(namespace: u32) -> u32 {
        namespace % NAMESPACES
    }

    fn plain(history: &History<'_>, at_start: &[(u32, u32)]) -> Numbers {
        let mut of = vec![u32::MAX; history.pods.len() as usize];
        for (number, &(pod, _)) in (0..).zip(at_start) {
            of[pod as usize] = number;
        }
        let unnumbered = of.iter_mut().filter(|number| **number == u32::MAX);
        for (number, place) in (at_start.len() as u32..).zip(unnumbered) {
            *place = number;
        }
        Numbers { keys: (of.len() as u32).max(1), of }
    }

    /// `None` if there are too few indices for it.
    fn by_namespace(history: &History<'_>, at_start: &[(u32, u32)]) -> Option<Numbers> {
        let mut of = vec![u32::MAX; history.pods.len() as usize];
        for (number, &(pod, _)) in (0..).zip(at_start) {
            of[pod as usize] = number;
        }
        let first = at_start.len() as u32;
        // The lowest free index of each namespace.
        let mut next: Vec<u32> = (0..NAMESPACES)
            .map(|slot| first + (NAMESPACES + slot - first % NAMESPACES) % NAMESPACES)
            .collect();
        let mut keys = NAMESPACES.max(first);
        for (place, &namespace) in of.iter_mut().zip(&history.namespace_of) {
            if *place == u32::MAX {
                let next = &mut next[Numbers::slot(namespace) as usize];
                *place = *next;
                keys = keys.max(*next + 1);
                *next += NAMESPACES;
            }
            if keys > MAX_KEYS {
                return None;
            }
        }
        Some(Numbers { of, keys })
    }
}
