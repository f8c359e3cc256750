//! The page of `doctor`: findings by group, aligned, at most 100 columns wide. Judges nothing.

use std::fmt::{self, Write};

use super::finding::{Examination, Finding, Group, Level};

const COLUMNS: usize = 100;
/// Where text begins: after level and name.
const INDENT: usize = 30;

/// An examination as a page; colours are escape sequences that a stream may strip.
pub(super) struct Page<'a>(pub(super) &'a Examination);

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Page(examination) = self;
        let count =
            |level| examination.findings.iter().filter(|found| found.level == level).count();
        let machine = &examination.machine;
        writeln!(f, "{}, {} processors, {}", machine.cpu, machine.cpus, machine.kernel)?;
        for (group, title) in [
            (Group::Clock, "clock"),
            (Group::Processors, "processors"),
            (Group::Memory, "memory"),
            (Group::Load, "load"),
            (Group::Measured, "measured"),
        ] {
            let mut of_group =
                examination.findings.iter().filter(|found| found.group == group).peekable();
            if of_group.peek().is_some() {
                writeln!(f, "\n\x1b[1m{title}\x1b[0m")?;
            }
            for finding in of_group {
                write_finding(f, finding)?;
            }
        }
        writeln!(
            f,
            "\n{}: {} problems, {} warnings, {} notes",
            examination.verdict.replace('-', " "),
            count(Level::Problem),
            count(Level::Warning),
            count(Level::Note),
        )
    }
}

fn write_finding(f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    let (colour, level) = match finding.level {
        Level::Ok => ("\x1b[32m", "ok"),
        Level::Note => ("\x1b[36m", "note"),
        Level::Warning => ("\x1b[33m", "warning"),
        Level::Problem => ("\x1b[31m", "problem"),
    };
    write!(f, "  {colour}{level:<8}\x1b[0m {:<18} ", finding.id)?;
    f.write_str(&wrapped(&finding.seen))?;
    if finding.level == Level::Ok && finding.group != Group::Measured {
        return Ok(());
    }
    if !finding.means.is_empty() {
        write!(f, "{:INDENT$}{}", "", wrapped(&finding.means))?;
    }
    if let Some(advice) = &finding.advice {
        write!(f, "{:INDENT$}{}", "", wrapped(&format!("do: {advice}")))?;
    }
    Ok(())
}

/// Words in lines that begin at the indent, the first of which is written already.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut column = INDENT;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > INDENT && column + 1 + length > COLUMNS {
            let _ = write!(lines, "\n{:INDENT$}", "");
            column = INDENT;
        } else if column > INDENT {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use mapbench_core::event::Machine;

    use super::*;

    #[test]
    fn a_page_groups_its_findings_and_keeps_to_its_width() {
        let finding = Finding::new(Group::Load, "steal", Level::Warning, "3 %")
            .means("word ".repeat(60))
            .advice("nothing");
        let page = Page(&Examination::new(Machine::default(), vec![finding], false)).to_string();
        let plain = anstream::adapter::strip_str(&page).to_string();
        assert!(plain.lines().all(|line| line.len() <= COLUMNS), "{plain}");
        let start = format!("{:<30}3 %\n{:30}word", "  warning  steal", "");
        assert!(plain.contains(&start), "{plain}");
        assert!(plain.contains("\nload\n") && !plain.contains("\nclock\n"));
        assert!(plain.ends_with("fit with warnings: 0 problems, 1 warnings, 0 notes\n"));
    }
}
