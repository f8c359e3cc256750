//! How a picture looks: Okabe and Ito's colours, which people with every kind of colour vision tell
//! apart, on a light and on a dark ground, and one outline per shape. Places nothing.

use std::fmt::Write as _;

/// On a light ground; their yellow is darkened to be readable there.
pub(crate) const LIGHT: [&str; 8] =
    ["#b87a00", "#1f87c4", "#007f5c", "#8a8000", "#005a94", "#b84f00", "#a85582", "#262626"];
/// On a dark ground; their blue is lightened, and their black is a light grey.
pub(crate) const DARK: [&str; 8] =
    ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#3d8fd6", "#d55e00", "#cc79a7", "#c8c8c8"];

/// The class of the colour of the subject at a position.
pub(crate) fn class(position: usize) -> String {
    format!("mb-{}", position % LIGHT.len())
}

/// The style sheet.
pub(super) fn sheet() -> String {
    let mut sheet = String::from(
        ".mb-sweep{font-family:system-ui,sans-serif;font-size:12px}\
         .mb-sweep .ground{fill:#fff}.mb-sweep text{fill:#1c1c1c}.mb-sweep .faint{fill:#5c5c5c}\
         .mb-sweep .frame{stroke:#9a9a9a;fill:none}.mb-sweep .grid{stroke:#e4e4e4}\
         .mb-sweep .turns{fill:#000;fill-opacity:.05}\
         .mb-sweep .limit{stroke:#5c5c5c;stroke-dasharray:5 3}\
         .mb-sweep .small{font-size:11px}.mb-sweep .title{font-weight:600}\
         .mb-sweep .knee{stroke:#1c1c1c;stroke-width:1.6;fill:none}\
         .mb-sweep .line{fill:none;stroke-width:1.8;stroke-linejoin:round}\
         .mb-sweep .unmodelled{stroke-dasharray:2 3}\
         .mb-sweep .band{fill:none;stroke-width:9;stroke-opacity:.3;stroke-linejoin:round}\
         .mb-sweep .visit{fill-opacity:.45;stroke:none}\n",
    );
    colours(&mut sheet, &LIGHT);
    sheet.push_str(
        "@media (prefers-color-scheme:dark){.mb-sweep .ground{fill:#15181c}\
         .mb-sweep text{fill:#e6e6e6}.mb-sweep .faint{fill:#a8a8a8}\
         .mb-sweep .frame{stroke:#707070}.mb-sweep .grid{stroke:#2c3036}\
         .mb-sweep .turns{fill:#fff;fill-opacity:.06}.mb-sweep .limit{stroke:#a8a8a8}\
         .mb-sweep .knee{stroke:#e6e6e6}\n",
    );
    colours(&mut sheet, &DARK);
    sheet.push('}');
    sheet
}

fn colours(sheet: &mut String, colours: &[&str]) {
    for (at, colour) in colours.iter().enumerate() {
        let _ = writeln!(
            sheet,
            ".mb-sweep .fill.mb-{at}{{fill:{colour};stroke:{colour}}}\
             .mb-sweep .line.mb-{at},.mb-sweep .band.mb-{at},.mb-sweep .hollow.mb-{at}\
             {{stroke:{colour};fill:none}}"
        );
    }
}

/// The outline of the shape of the subject at a position around the origin, as path data, and
/// whether it is filled.
pub(crate) fn outline(position: usize, size: f64) -> (String, bool) {
    let position = position % 12;
    let is_filled = position < 6;
    let star = |at: u32| {
        let angle = f64::from(at) * std::f64::consts::PI / 5.0;
        let reach = if at.is_multiple_of(2) { 1.25 } else { 0.5 };
        (reach * angle.sin(), -reach * angle.cos())
    };
    let corners: Vec<(f64, f64)> = match position % 6 {
        0 => vec![(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)],
        1 => vec![(0.0, -1.1), (1.1, 0.9), (-1.1, 0.9)],
        2 => (0..24).map(|at| (f64::from(at) * std::f64::consts::TAU / 24.0).sin_cos()).collect(),
        3 => vec![(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        4 => vec![(0.0, 1.1), (1.1, -0.9), (-1.1, -0.9)],
        _ => (0..10).map(star).collect(),
    };
    let steps: Vec<String> =
        corners.iter().map(|(x, y)| format!("{:.1} {:.1}", x * size, y * size)).collect();
    (format!("M{}Z", steps.join("L")), is_filled)
}
