//! A share as a bar in one line of text, to an eighth of a column.

/// A bar of at most `columns` columns. A share that is not 0 is never drawn as nothing.
pub fn bar(share: f64, columns: u16, ascii: bool) -> String {
    let eighths = (share.clamp(0.0, 1.0) * f64::from(columns) * 8.0).round() as usize;
    let eighths = if share > 0.0 { eighths.max(1) } else { 0 };
    if ascii {
        return "#".repeat(eighths.div_ceil(8));
    }
    let ends = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    format!("{}{}", "█".repeat(eighths / 8), ends[eighths % 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        let drawn = [0.0, 0.001, 0.25, 0.5, 0.53, 1.0].map(|share| bar(share, 10, false));
        assert_eq!(drawn, ["", "▏", "██▌", "█████", "█████▎", "██████████"]);
        assert_eq!(bar(0.53, 10, true), "######");
        assert_eq!(bar(7.0, 3, false), "███");
    }
}
