//! The study's arguments. Runs nothing.

use crate::question::{QUESTIONS, Question};

/// What to study.
#[derive(Debug, Clone)]
pub(crate) struct Arguments {
    pub(crate) questions: Vec<&'static Question>,
    pub(crate) noise_percents: Vec<f64>,
    pub(crate) has_memory: bool,
    pub(crate) repeats: u64,
    pub(crate) seconds: f64,
    pub(crate) precision: f64,
    pub(crate) most_visits: Option<u32>,
}

impl Arguments {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Arguments {
            questions: QUESTIONS.iter().collect(),
            noise_percents: vec![1.0, 2.0, 5.0, 10.0],
            has_memory: false,
            repeats: 1_000,
            seconds: 100.0,
            precision: 0.0,
            most_visits: None,
        };
        while let Some(option) = words.next() {
            if option == "--memory" {
                arguments.has_memory = true;
                continue;
            }
            let value = words.next().ok_or_else(|| format!("{option} needs a value"))?;
            match option.as_str() {
                "--only" => {
                    arguments.questions = value
                        .split(',')
                        .map(|name| {
                            QUESTIONS
                                .iter()
                                .find(|question| question.name == name)
                                .ok_or_else(|| format!("--only {name}: no such algorithm"))
                        })
                        .collect::<Result<_, _>>()?;
                }
                "--noise" => {
                    arguments.noise_percents = value
                        .split(',')
                        .map(|part| number(&option, part))
                        .collect::<Result<_, _>>()?;
                }
                "--repeats" => arguments.repeats = number(&option, &value)? as u64,
                "--seconds" => arguments.seconds = number(&option, &value)?,
                "--precision" => arguments.precision = number(&option, &value)?,
                "--visits" => arguments.most_visits = Some(number(&option, &value)? as u32),
                _ => return Err(format!("{option}: no such option")),
            }
        }
        Ok(arguments)
    }
}

fn number(option: &str, value: &str) -> Result<f64, String> {
    value
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number >= 0.0)
        .ok_or_else(|| format!("{option} {value}: not a number"))
}
