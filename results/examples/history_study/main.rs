//! How well changes are found in series whose changes are known: 300 with one or two changes of 1 to
//! 10 % at 2 to 3 % of noise, 300 without, 30 to 200 values long; a quarter each with independent
//! normal, AR(.3), lognormal and outlier-ridden noise. Beside it what other detectors called on the
//! same numbers. Measures no map.
//!
//! `cargo run -p mapbench-results --example history_study -- write SEED FILE` writes the series as
//! `series,index,value`; `… -- score SEED [CALLS.csv …]` prints the tables. Files of calls have the
//! columns `detector,series,index`, an index being that of the first value after the change, and
//! `-` as the index where a series has none. `… -- best SEED CALLS.csv` names the detector of a file
//! with the best F1: how a rival's setting is chosen, on another seed than the one that is reported.

mod score;
mod synthetic;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::path::Path;

use mapbench_results::history::detector::{HISTORY_LEVEL, find};

use score::Calls;
use synthetic::{Known, corpus};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["write", seed, path] => write(&corpus(seed.parse()?), Path::new(path)),
        ["score", seed, files @ ..] => {
            let corpus = corpus(seed.parse()?);
            let mut calls = vec![ours(&corpus)];
            for file in files {
                calls.extend(read(Path::new(file), corpus.len())?);
            }
            score::print(&corpus, &calls);
            Ok(())
        }
        ["best", seed, file] => {
            let corpus = corpus(seed.parse()?);
            let calls = read(Path::new(file), corpus.len())?;
            let f1 = |calls: &Calls| score::overall(&corpus, calls);
            let best = calls.iter().max_by(|a, b| f1(a).total_cmp(&f1(b)));
            println!("{}", best.ok_or("no detector in the file")?.name);
            Ok(())
        }
        _ => {
            Err("usage: history_study write SEED FILE | score SEED [CALLS...] | best SEED CALLS"
                .into())
        }
    }
}

fn ours(corpus: &[Known]) -> Calls {
    let places = |known: &Known| {
        find(&known.values, HISTORY_LEVEL).into_iter().map(|found| found.at).collect()
    };
    Calls { name: "mapbench".to_owned(), places: corpus.iter().map(places).collect() }
}

fn write(corpus: &[Known], path: &Path) -> Result<(), Box<dyn Error>> {
    let mut rows = csv::Writer::from_path(path)?;
    rows.write_record(["series", "index", "value"])?;
    for (series, known) in corpus.iter().enumerate() {
        for (index, value) in known.values.iter().enumerate() {
            rows.write_record([series.to_string(), index.to_string(), value.to_string()])?;
        }
    }
    Ok(rows.flush()?)
}

fn read(path: &Path, series: usize) -> Result<Vec<Calls>, Box<dyn Error>> {
    let mut calls: BTreeMap<String, Calls> = BTreeMap::new();
    for row in csv::Reader::from_reader(File::open(path)?).into_records() {
        let row = row?;
        let field = |at: usize| row.get(at).ok_or("a row has three fields");
        let name = field(0)?.to_owned();
        let of = calls
            .entry(name.clone())
            .or_insert_with(|| Calls { name, places: vec![Vec::new(); series] });
        if field(2)? != "-" {
            let at: usize = field(1)?.parse()?;
            of.places.get_mut(at).ok_or("a series that was not written")?.push(field(2)?.parse()?);
        }
    }
    Ok(calls.into_values().collect())
}
