//! A point in time for people to read: `2027-01-15 08:00:00Z` (the proleptic Gregorian calendar, UTC).

use hallpass_proto::env::Time;

const DAY: i64 = 24 * 60 * 60;
/// Four centuries have this many days, with their leap days, and then everything comes again.
const DAYS_OF_ERA: i64 = 146_097;

/// Date and time of day, in UTC.
pub(crate) fn print(time: Time) -> String {
    let (days, second) = (time.unix().div_euclid(DAY), time.unix().rem_euclid(DAY));
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day, of a day counted from 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    // Counted from the first of March of the year 0, a leap day is the last of its year, and of its era.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(DAYS_OF_ERA), days.rem_euclid(DAYS_OF_ERA));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March on, the months have 31, 30, 31, 30, 31 days, again and again: 153 for five.
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year_of_era + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_moments() {
        for (unix, text) in [
            (0, "1970-01-01 00:00:00Z"),
            (-1, "1969-12-31 23:59:59Z"),
            (951_782_399, "2000-02-28 23:59:59Z"),
            (951_782_400, "2000-02-29 00:00:00Z"),
            (951_868_800, "2000-03-01 00:00:00Z"),
            (1_800_000_000, "2027-01-15 08:00:00Z"),
            (4_107_542_399, "2100-02-28 23:59:59Z"),
            (4_107_542_400, "2100-03-01 00:00:00Z"),
        ] {
            assert_eq!(print(Time::from_unix(unix)), text);
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut before = date(-1);
        for days in 0..DAYS_OF_ERA {
            let (year, month, day) = date(days);
            let same_month = (before.0, before.1) == (year, month) && day == before.2 + 1;
            let next_month = day == 1 && (year * 12 + month) == (before.0 * 12 + before.1 + 1);
            assert!(same_month || (next_month && before.2 >= 28), "{days}");
            before = (year, month, day);
        }
        assert_eq!(before, (2369, 12, 31));
    }
}
