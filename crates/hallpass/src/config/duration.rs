//! Durations as people write them: `10m`, `30d`.

/// The longest that makes sense anywhere here: ten years.
const LONGEST: i64 = 10 * 365 * DAY;
const DAY: i64 = 24 * 60 * 60;
const UNITS: [(char, i64); 4] = [('d', DAY), ('h', 60 * 60), ('m', 60), ('s', 1)];

/// What a duration must look like.
pub(crate) const HINT: &str = "write \"90s\", \"10m\", \"12h\", \"30d\" or whole seconds, ten years at most";

/// Seconds from `10m` and the like.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor)?;
    let digits = &text[..text.len() - unit.len_utf8()];
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    within(digits.parse::<i64>().ok()?.checked_mul(factor)?)
}

/// The seconds, unless they are fewer than none or more than ten years.
pub(super) fn within(seconds: i64) -> Option<i64> {
    (0..=LONGEST).contains(&seconds).then_some(seconds)
}

/// The shortest way to write it.
pub(crate) fn print(seconds: i64) -> String {
    let fits = |factor: i64| seconds != 0 && seconds % factor == 0;
    match UNITS.iter().find(|(_, factor)| fits(*factor)) {
        Some((unit, factor)) => format!("{}{unit}", seconds / factor),
        None => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_and_what_it_means() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("12h", 43_200), ("30d", 2_592_000), ("0s", 0)] {
            assert_eq!((parse(text), print(seconds).as_str()), (Some(seconds), text));
        }
    }

    #[test]
    fn what_is_no_duration() {
        for text in
            ["", "m", "10", "10 m", "-1m", "1.5h", "10min", "1h30m", "4000d", "99999999999999999999d", "1é"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
