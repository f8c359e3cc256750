//! The page of a sweep, for people: each setting's picture, the knees that were found with their
//! intervals or why there is none, what failed, and what the words mean. It uses no colour and asks
//! no terminal.

use std::fmt::Write as _;

use super::judged::{JudgedGroup, Sweep};
use super::plot::{self, PlotSize};
use super::spec::SweepSpec;
use super::spell;
use crate::knee::{Definition, Finding, Location};
use crate::summary::mode_name;
use crate::table::grid;
use crate::units::Charset;

/// Spells a sweep, with pictures as wide as asked. Columns.
pub fn render(sweep: &Sweep, width: usize, charset: Charset) -> String {
    let spec = &sweep.spec;
    let (low, high) = spec.range;
    let range = format!("{} to {}", spell::number(low), spell::on_axis(high, spec));
    let mut text = format!("sweep of {}, {range}\n", spec.axis);
    for group in &sweep.groups {
        let _ = writeln!(text, "\n{}", group.series.setting.describe(charset));
        let size = PlotSize { columns: width, rows: plot::USUAL_ROWS };
        for picture in plot::render(group, sweep, size, charset) {
            let _ = writeln!(text, "{}\n", picture.join("\n"));
        }
        let _ = writeln!(text, "{}", table(group, sweep, charset));
        below(&mut text, group, spec, charset);
    }
    text.push_str(&legend(sweep, charset));
    text
}

/// The knees of a setting. Pairs that do not cross are told in lines below.
pub fn table(group: &JudgedGroup, sweep: &Sweep, charset: Charset) -> String {
    let (header, rows) = knees(group, sweep, charset);
    let named = |finding: &Finding| {
        spell::whose(finding, |subject| named(group, subject, charset), charset)
    };
    let shown = group.findings.iter().filter(|finding| !is_apart(finding));
    let rows = shown.zip(rows).map(|(finding, (_, mut fields))| {
        fields[1] = named(finding);
        fields
    });
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() { String::new() } else { grid(&header, rows, charset) }
}

/// A row of the table of knees: the subjects that it is of, and its fields.
pub(crate) type KneeRow = (Vec<String>, Vec<String>);

/// The header of the table of knees, and its rows, each with the subjects that it is of.
pub(crate) fn knees(
    group: &JudgedGroup,
    sweep: &Sweep,
    charset: Charset,
) -> (Vec<&'static str>, Vec<KneeRow>) {
    let placed = group.findings.iter().any(|finding| finding.placement.is_some());
    let mut header = vec!["knee", "whose"];
    header.extend(placed.then_some("placement"));
    header.extend(["point", "95% interval", "visits", "points", "remarks"]);
    let shown = group.findings.iter().filter(|finding| !is_apart(finding));
    let rows = shown.map(|finding| {
        let mut row = vec![
            spell::definition_title(finding.definition).to_owned(),
            spell::whose(finding, str::to_owned, charset),
        ];
        row.extend(placed.then(|| match finding.placement {
            Some(mode) => mode_name(mode).to_owned(),
            None => charset.absent().to_owned(),
        }));
        row.extend([
            spell::location(&finding.location, &sweep.spec),
            spell::interval(&finding.location, charset),
            finding.visits.to_string(),
            finding.points.to_string(),
            remarks(finding, sweep),
        ]);
        (finding.subjects.clone(), row)
    });
    let rows = rows.collect();
    (header, rows)
}

/// A subject with its shape.
fn named(group: &JudgedGroup, subject: &str, charset: Charset) -> String {
    let position = group.series.subjects.iter().position(|known| known == subject);
    let shape = position.map(|at| spell::shape(at, charset));
    shape.map_or_else(|| subject.to_owned(), |shape| format!("{shape} {subject}"))
}

/// Whether a pair that does not cross: of many maps there are too many for a table.
pub(crate) fn is_apart(finding: &Finding) -> bool {
    finding.definition == Definition::Crossover && finding.location == Location::None
}

/// Whether its threads take turns, and the parameters of its model: of a crossover's they say
/// nothing to a reader.
fn remarks(finding: &Finding, sweep: &Sweep) -> String {
    let beyond = |point| sweep.is_oversubscribed(point);
    let mut remarks = Vec::new();
    if finding.location.point().is_some_and(beyond) {
        remarks.push("oversubscribed".to_owned());
    }
    if finding.definition != Definition::Crossover {
        remarks.extend(Some(spell::parameters(finding)).filter(|spelled| !spelled.is_empty()));
    }
    remarks.join("; ")
}

/// Lines below the table: pairs apart, why something is unresolved, what failed.
fn below(text: &mut String, group: &JudgedGroup, spec: &SweepSpec, charset: Charset) {
    let parts =
        [apart(group, charset), unresolved(group, charset), failed(group, spec, charset)].concat();
    for line in &parts {
        let _ = writeln!(text, "{line}");
    }
    if !parts.is_empty() {
        text.push('\n');
    }
}

/// The placement mode of a finding, in brackets.
fn place(finding: &Finding) -> String {
    finding.placement.map_or_else(String::new, |mode| format!(" ({})", mode_name(mode)))
}

/// Which subjects are faster than which over the whole range: a line per faster one.
pub(crate) fn apart(group: &JudgedGroup, charset: Charset) -> Vec<String> {
    let named = |subject: &str| named(group, subject, charset);
    let mut apart: Vec<(String, Vec<String>)> = Vec::new();
    for finding in group.findings.iter().filter(|finding| is_apart(finding)) {
        let [faster, slower] = finding.subjects.as_slice() else { continue };
        let key = format!("{}{}", named(faster), place(finding));
        match apart.iter_mut().find(|(known, _)| *known == key) {
            Some((_, slower_ones)) => slower_ones.push(named(slower)),
            None => apart.push((key, vec![named(slower)])),
        }
    }
    let line = |(faster, slower): (String, Vec<String>)| {
        format!("faster over the whole range: {faster} than {}", slower.join(", "))
    };
    apart.into_iter().map(line).collect()
}

/// Why what is unresolved is, a line each.
pub(crate) fn unresolved(group: &JudgedGroup, charset: Charset) -> Vec<String> {
    let lines = group.findings.iter().filter_map(|finding| {
        let Location::Unresolved { why } = &finding.location else { return None };
        let title = spell::definition_title(finding.definition);
        let whose = spell::whose(finding, |subject| named(group, subject, charset), charset);
        Some(format!("unresolved: {title} of {whose}{}: {why}", place(finding)))
    });
    lines.collect()
}

/// What failed, a line each.
pub(crate) fn failed(group: &JudgedGroup, spec: &SweepSpec, charset: Charset) -> Vec<String> {
    let lines = group.series.gaps.iter().map(|gap| {
        format!(
            "failed: {} at {}, visit {}: {}: {}",
            named(group, &gap.subject, charset),
            spell::on_axis(gap.x, spec),
            gap.visit,
            gap.kind.name(),
            gap.message
        )
    });
    lines.collect()
}

/// What the words on the page mean, a line each.
pub(crate) fn legend(sweep: &Sweep, charset: Charset) -> String {
    let mut text = String::new();
    let findings = || sweep.groups.iter().flat_map(|group| &group.findings);
    let mut definitions: Vec<Definition> = findings().map(|finding| finding.definition).collect();
    definitions.sort();
    definitions.dedup();
    for definition in definitions {
        let sentence = spell::definition_sentence(definition, &sweep.spec, charset);
        let _ = writeln!(text, "{sentence}");
    }
    if findings().any(|finding| finding.placement.is_some()) {
        let _ = writeln!(
            text,
            "placement: near or far is what moving a cache line between two processors cost; \
             knees of the two are two findings"
        );
    }
    let any = |is: fn(&Location) -> bool| findings().any(|finding| is(&finding.location));
    if any(|location| *location == Location::None) {
        text.push_str("none: the evidence speaks against one within the range\n");
    }
    if any(|location| matches!(location, Location::BeyondRange { .. })) {
        text.push_str("beyond range: there is one, outside what was swept\n");
    }
    if any(|location| matches!(location, Location::Unresolved { .. })) {
        text.push_str("unresolved: the evidence does not tell\n");
    }
    let points = || sweep.groups.iter().flat_map(|group| &group.series.points);
    if let Some(processors) = sweep.processors
        && points().any(|point| sweep.is_oversubscribed(point.x))
    {
        let _ = writeln!(
            text,
            "oversubscribed: more threads than the machine's {processors} processors: they take \
             turns, and a lock's owner may not be running"
        );
    }
    text
}
