//! How a history is spelled for people. Finds nothing and judges nothing.

use jiff::Timestamp;

use super::{ChangePoint, Commits, Confirmation, Shift, State};
use crate::units::Charset;

/// A hash as people write it.
pub fn short(sha: &str) -> String {
    one_line(sha.char_indices().nth(7).map_or(sha, |(end, _)| &sha[..end]))
}

/// The day of a time; the time itself where it is none.
pub fn day(time: &str) -> String {
    let is_day = time.parse::<Timestamp>().is_ok() && time.is_char_boundary(10);
    one_line(if is_day { &time[..10] } else { time })
}

/// What a series is called, or its setting alone.
pub fn name(name: &impl ToString, charset: Charset) -> String {
    let name = one_line(&name.to_string());
    match charset {
        Charset::Utf8 => name,
        Charset::Ascii => name.replace(Charset::Utf8.separator(), charset.separator()),
    }
}

/// A share with its sign: `-6.1 %`, `+0.4 %`.
pub fn signed(share: f64) -> String {
    format!("{:+.1} %", share * 100.0)
}

/// What changes, with its interval: `-6.1 % (-7.0 to -5.2)`.
pub fn shift(shift: Option<Shift>, charset: Charset) -> String {
    let Some(shift) = shift else { return charset.absent().to_owned() };
    let interval = shift.interval.map_or_else(String::new, |interval| {
        let [low, high] = [interval.low, interval.high].map(|ratio| (ratio - 1.0) * 100.0);
        format!(" ({low:+.1} to {high:+.1})")
    });
    format!("{}{interval}", signed(shift.share()))
}

/// A chance: `0.004`, `< 0.0001`.
pub fn chance(p: Option<f64>, charset: Charset) -> String {
    match p {
        None => charset.absent().to_owned(),
        Some(p) if p < 0.0001 => "< 0.0001".to_owned(),
        Some(p) => format!("{p:.4}"),
    }
}

/// What people made of a change, with the reason or the run.
pub fn state(change: &ChangePoint) -> String {
    match &change.state {
        State::Open => "open".to_owned(),
        State::Accepted(accepted) => {
            let by = accepted.by.as_deref().map(|by| by.split(" <").next().unwrap_or(by));
            let by = by.map_or_else(String::new, |by| format!(" by {by}"));
            format!("accepted{by}: {}", one_line(&accepted.reason))
        }
        State::Confirmed(found) => format!("confirmed by {}", rerun(found)),
        State::Refuted(found) => format!("refuted by {}", rerun(found)),
    }
}

/// The run of a re-run and what it found: `run k3x9q2, -5.7 %, FAIL`.
fn rerun(found: &Confirmation) -> String {
    // The gate's word is on slowdowns, and on those that are there only.
    let is_slower = found.confirmed && found.slowdown > 0.0;
    let verdict = if is_slower { format!(", {}", one_line(&found.verdict)) } else { String::new() };
    format!("run {}, {}{verdict}", one_line(&found.run), signed(found.share()))
}

/// Text from elsewhere as one line that no terminal takes for an order.
pub fn one_line(text: &str) -> String {
    let visible = |character: char| if character.is_control() { ' ' } else { character };
    text.trim().chars().map(visible).collect()
}

/// How old something is that came with a commit: commits since, and days.
pub fn age(position: usize, time: &str, commits: &Commits, now: Timestamp) -> (usize, Option<i64>) {
    let since = commits.len().saturating_sub(position + 1);
    let days =
        time.parse::<Timestamp>().ok().map(|then| (now.as_second() - then.as_second()) / 86_400);
    (since, days)
}

/// The last values as one character each, the least of them lowest.
pub fn sparkline(values: &[f64]) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let height = |value: &f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        HEIGHTS[((share * 8.0) as usize).min(7)]
    };
    values.iter().map(height).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_spelled_with_their_sign() {
        assert_eq!(signed(-0.061), "-6.1 %");
        assert_eq!(chance(Some(0.000_01), Charset::Utf8), "< 0.0001");
        assert_eq!(sparkline(&[1.0, 2.0, 1.0]), "▁█▁");
        assert_eq!(
            [short("é12345678"), short("ab"), short("\u{1b}[2J")],
            ["é123456", "ab", " [2J"]
        );
        assert_eq!([day("2026-01-02T03:04:05+01:00"), day("r142")], ["2026-01-02", "r142"]);
        assert_eq!(name(&"a · b\n", Charset::Ascii), "a, b");
        assert_eq!(one_line("a\u{1b}[31m\nb"), "a [31m b");
    }
}
