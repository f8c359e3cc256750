//! The page of a sweep: each knee with its interval or why there is none, and a picture that fits
//! wherever it is printed.

mod sweep_sample;

use mapbench_core::event::Slo;
use mapbench_results::sweep::plot::{PlotSize, render as plot};
use mapbench_results::sweep::{LatencyNs, MeasuredPoint, Quantity, page};
use mapbench_results::units::Charset;
use proptest::prelude::*;

#[test]
fn the_page_of_the_sample_sweep() {
    let text = page::render(&sweep_sample::sweep(), 72, Charset::Utf8);
    let expected = "\
sweep of threads, 1 to 16 threads

curated/read-heavy
Mops/s by threads, near
 40┤                                                  ◆  ⣀╳
   │                                              ⣀⡤⠖⠊⠉⠉⠉ ⠈⠉⠉⠙⠒⠒⠒⠦⠤⠤⣄⣀◆
   │                                         ⣀⡤⠴⠚⠉    ╎
   │                                    ⢀⣠⠴⠒⠋⠁        ╎
 30┤                                ⣀⡤◆⠋⠁             ╎
   │                            ⢀⣠⠔⠊⠁                 ╎
   │                         ⣀⡤⠚⠉                     ╎
   │                     ⢀⡠⠔⠋⠁                        ╎
 20┤ ▲⠦⢄⣀             ⣀⠴⠚⠉                            ╎
   │    ⠈⠉⠓⠢⢤⣀⡀  ⣀⡤⠴⠒◆⠁                               ╎
   │        ⣀⡤⠽╳⠻⠥⣄⡀                                  ╎
   │   ⣀⡤⠴⠚⠉⠁      ⠈⠙▲⠢⠤⠤⠤⣀⣀⣀⣀                        ╎
 10┤ ◆⠉⠁                     ⠈⠉⠉⠉⠓⠒⠒⠲⠤▲⠤⠤⣄⣀⣀⣀⣀⣀       ╎
   │                                          ⠈⠉⠉⠉⠉⠉⠓⠒▲⠒⠒⠒⠒⠒⠲⠤⠤⠤⠤⠤⠤⠤⠤⠤▲
   │                                                  ╎
  0┤                                                  ╎
   └─┬───────────────┬────────────────┬───────────────┬───────────────┬─
     1               2                4               8              16
                             N* (USL) 9.50 threads ◆ ├────╳─────┤
             ├─╳──┤ crossover 1.50 threads ▲ ◆
◆ sharded  ▲ std/mutex  ╳ knee, with its 95% interval below the axis
╎ the 8 processors of the machine

knee         whose                    placement                 point  95% interval  visits  points  remarks
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
N* (USL)     ◆ sharded                near               9.50 threads  7.75 to 12.5      10       5  oversubscribed; alpha 0.043, beta 3.00e-4
N* (USL)     ▲ std/mutex              near       beyond range (below)             –      10       5
slope break  ◆ sharded                near                 unresolved             –      10       5
slope break  ▲ std/mutex              near                       none             –      10       5
crossover    ▲ std/mutex → ◆ sharded  near               1.50 threads  1.38 to 1.75      10       5

unresolved: slope break of ◆ sharded (near): the interval spans the whole range
failed: ▲ std/mutex at 16 threads, visit 2: hang: no progress in 30 s

N* (USL): threads of the highest throughput, sqrt((1 - alpha) / beta) of the Universal Scalability Law
slope break: where the slope of log throughput changes, with an interval from refitting its residuals
crossover: where two maps are equally fast; the first is the faster one below it
placement: near or far is what moving a cache line between two processors cost; knees of the two are two findings
none: the evidence speaks against one within the range
beyond range: there is one, outside what was swept
unresolved: the evidence does not tell
oversubscribed: more threads than the machine's 8 processors: they take turns, and a lock's owner may not be running
";
    assert_eq!(text, expected, "{text}");
}

#[test]
fn the_picture_in_ascii() {
    let sweep = sweep_sample::sweep();
    let size = PlotSize { columns: 48, rows: 8 };
    let pictures = plot(&sweep.groups[0], &sweep, size, Charset::Ascii);
    let expected = "\
Mops/s by threads, near
 40+                             ...*.X:......*
   |                       ...:'''  |
   |                  ..:'*'        |
   |              ..:''             |
 20+ ^':... ...*''                  |
   |  ...:'X''.^.....               |
   | *              ''''''^'''':....^.........^
  0+                                |
   +-+---------+----------+---------+---------+-
     1         2          4         8        16
           N* (USL) 9.50 threads * [--X----]
          [X-] crossover 1.50 threads ^ *
* sharded  ^ std/mutex
X knee, with its 95% interval below the axis
| the 8 processors of the machine";
    assert_eq!(pictures[0].join("\n"), expected, "{}", pictures[0].join("\n"));
}

#[test]
fn a_pair_that_does_not_cross_is_told_below_the_table() {
    use mapbench_results::knee::{Definition, Location};
    let mut sweep = sweep_sample::sweep();
    let subjects = ["sharded", "std/mutex"];
    sweep.groups[0].findings =
        vec![sweep_sample::finding(Definition::Crossover, &subjects, Location::None)];
    let text = page::render(&sweep, 72, Charset::Utf8);
    let line = "faster over the whole range: ◆ sharded (near) than ▲ std/mutex";
    assert!(text.lines().any(|known| known == line), "{text}");
    assert!(!text.contains("95% interval"), "{text}");
}

#[test]
fn a_load_is_judged_by_its_latency_and_the_limit_is_drawn() {
    let mut sweep = sweep_sample::sweep();
    sweep.spec.axis = "rate".to_owned();
    sweep.spec.unit = "/s".to_owned();
    sweep.spec.slo = Some(Slo { percentile: 99.0, limit_ns: 50_000 });
    sweep.groups[0].quantity = Quantity::Latency;
    for point in &mut sweep.groups[0].series.points {
        let asked = (point.x * 4_000.0) as u64;
        point.latency = Some(LatencyNs { p50: 1, p99: asked, p999: asked * 2, asked });
    }
    let text = page::render(&sweep, 72, Charset::Utf8);
    assert!(text.contains("p99 from due to done by rate (/s)"), "{text}");
    assert!(text.contains("50µs┤") && text.contains("╌ the limit"), "{text}");
}

/// Anything that a log may hold.
fn any_point() -> impl Strategy<Value = MeasuredPoint> {
    let number = prop_oneof![any::<f64>(), 0.0..100.0_f64, Just(1.0)];
    (number.clone(), 0_u32..3, number)
        .prop_map(|(x, visit, y)| sweep_sample::point("a", x, visit, y))
}

proptest! {
    #[test]
    fn a_picture_fits_its_width_whatever_the_points(
        points in prop::collection::vec(any_point(), 0..20),
        columns in 0_usize..140,
        rows in 0_usize..30,
        is_ascii in any::<bool>(),
    ) {
        let mut sweep = sweep_sample::sweep();
        sweep.groups[0].series.points.extend(points);
        sweep.groups[0].series.subjects.push("a".to_owned());
        let charset = if is_ascii { Charset::Ascii } else { Charset::Utf8 };
        let size = PlotSize { columns, rows };
        for line in plot(&sweep.groups[0], &sweep, size, charset).concat() {
            prop_assert!(!is_ascii || line.is_ascii(), "{}", line);
            let is_key = line.contains("95%") || line.contains("processors");
            prop_assert!(is_key || line.chars().count() <= columns.max(48), "{}", line);
        }
    }
}
