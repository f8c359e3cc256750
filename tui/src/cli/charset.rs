//! Which characters a plain page may have: all of UTF-8, or ASCII only where the terminal or the
//! locale is known to show no others.

use mapbench_results::units::Charset;

/// The characters of a page; `ascii` is the flag that asks for ASCII.
pub(crate) fn detect(ascii: bool) -> Charset {
    if ascii { Charset::Ascii } else { of(|name| std::env::var(name).ok()) }
}

/// An unset locale says nothing: minimal systems have none, and their terminals show UTF-8.
fn of(variable: impl Fn(&str) -> Option<String>) -> Charset {
    let set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find(|name| set(name));
    let locale = locale.and_then(|name| variable(name)).unwrap_or_default().to_lowercase();
    let is_utf8 = locale.is_empty() || locale.contains("utf-8") || locale.contains("utf8");
    let is_dumb = variable("TERM").is_some_and(|term| term == "dumb");
    if is_utf8 && !is_dumb { Charset::Utf8 } else { Charset::Ascii }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_that_is_set_decides() {
        let with = |variables: &[(&str, &str)]| {
            of(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(with(&[]), Charset::Utf8);
        assert_eq!(with(&[("LANG", "de_DE.UTF-8")]), Charset::Utf8);
        assert_eq!(with(&[("LANG", "de_DE.ISO-8859-1")]), Charset::Ascii);
        assert_eq!(with(&[("LC_ALL", "C"), ("LANG", "en_US.utf8")]), Charset::Ascii);
        assert_eq!(with(&[("LC_ALL", ""), ("LANG", "en_US.utf8")]), Charset::Utf8);
        assert_eq!(with(&[("LANG", "en_US.utf8"), ("TERM", "dumb")]), Charset::Ascii);
    }
}
