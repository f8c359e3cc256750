//! How well what a detector called agrees with what was put in.

use mapbench_results::stats::Proportion;

use crate::synthetic::{Known, Noise, SERIES};

/// A call this many values from a change has found it.
pub(crate) const NEAR: usize = 2;

/// What one detector called: places by series.
#[derive(Debug, Clone)]
pub(crate) struct Calls {
    pub(crate) name: String,
    pub(crate) places: Vec<Vec<usize>>,
}

/// Figures of one detector over some series.
#[derive(Debug, Clone, Default)]
struct Tally {
    found: Proportion,
    right: Proportion,
    alarms: usize,
    quiet: usize,
    alarmed: Proportion,
    distance: usize,
}

/// Prints the tables.
pub(crate) fn print(corpus: &[Known], calls: &[Calls]) {
    println!(
        "| detector | recall | precision | F1 | false alarms per series without a change | such \
         series with any | mean distance of what was found |\n|---|---|---|---|---|---|---|"
    );
    for calls in calls {
        let tally = tally(corpus, calls, NEAR, |_| true);
        println!(
            "| {} | {} | {} | {:.3} | {:.3} | {} | {:.2} |",
            calls.name,
            tally.found,
            tally.right,
            f1(&tally),
            tally.alarms as f64 / tally.quiet.max(1) as f64,
            tally.alarmed,
            tally.distance as f64 / tally.found.k.max(1) as f64,
        );
    }
    println!("\nThe same with ±10 values as near enough:\n");
    println!("| detector | recall | precision | F1 |\n|---|---|---|---|");
    for calls in calls {
        let tally = tally(corpus, calls, 10, |_| true);
        println!("| {} | {} | {} | {:.3} |", calls.name, tally.found, tally.right, f1(&tally));
    }
    by_noise(corpus, calls);
    by_size(corpus, calls);
}

fn by_noise(corpus: &[Known], calls: &[Calls]) {
    println!("\nBy noise: recall, precision, share of series without a change that are called:\n");
    println!("| detector | {} |", Noise::ALL.map(Noise::name).join(" | "));
    println!("|---|---|---|---|---|");
    for calls in calls {
        let cells = Noise::ALL.map(|noise| {
            let tally = tally(corpus, calls, NEAR, |known| known.noise == noise);
            let share = |of: Proportion| of.share().unwrap_or(0.0);
            format!(
                "{:.3}, {:.3}, {:.3}",
                share(tally.found),
                share(tally.right),
                share(tally.alarmed)
            )
        });
        println!("| {} | {} |", calls.name, cells.join(" | "));
    }
}

fn by_size(corpus: &[Known], calls: &[Calls]) {
    println!("\nRecall by size of the change:\n");
    println!("| detector | 1 to 3 % | 3 to 6 % | 6 to 10 % |\n|---|---|---|---|");
    for calls in calls {
        let mut found = [Proportion::default(); 3];
        for (known, places) in corpus.iter().zip(&calls.places) {
            let matched = matched(known, places, NEAR);
            for (change, distance) in known.changes.iter().zip(matched) {
                let size = match (change.ratio - 1.0).abs() {
                    small if small < 0.03 => 0,
                    middle if middle < 0.06 => 1,
                    _ => 2,
                };
                found[size].count(distance.is_some());
            }
        }
        println!("| {} | {} |", calls.name, found.map(|of| of.to_string()).join(" | "));
    }
}

/// The harmonic mean of recall and precision.
fn f1(tally: &Tally) -> f64 {
    let (found, right) = (tally.found.share(), tally.right.share());
    let (found, right) = (found.unwrap_or(0.0), right.unwrap_or(0.0));
    if found + right > 0.0 { 2.0 * found * right / (found + right) } else { 0.0 }
}

/// F1 over all series.
pub(crate) fn overall(corpus: &[Known], calls: &Calls) -> f64 {
    f1(&tally(corpus, calls, NEAR, |_| true))
}

fn tally(corpus: &[Known], calls: &Calls, near: usize, of: impl Fn(&Known) -> bool) -> Tally {
    let mut tally = Tally::default();
    for (at, (known, places)) in corpus.iter().zip(&calls.places).enumerate() {
        if !of(known) {
            continue;
        }
        let matched = matched(known, places, near);
        let hits = matched.iter().flatten().count();
        for distance in matched {
            tally.found.count(distance.is_some());
            tally.distance += distance.unwrap_or(0);
        }
        (0..places.len()).for_each(|call| tally.right.count(call < hits));
        if at >= SERIES {
            tally.quiet += 1;
            tally.alarms += places.len();
            tally.alarmed.count(!places.is_empty());
        }
    }
    tally
}

/// How far the call is that found each change; a call finds one change at most.
fn matched(known: &Known, places: &[usize], near: usize) -> Vec<Option<usize>> {
    let mut free: Vec<usize> = places.to_vec();
    let of = |change: &crate::synthetic::Change| {
        let distance = |at: usize| at.abs_diff(change.at);
        let best = (0..free.len()).min_by_key(|at| distance(free[*at]))?;
        let distance = distance(free[best]);
        (distance <= near).then(|| {
            free.remove(best);
            distance
        })
    };
    known.changes.iter().map(of).collect()
}
