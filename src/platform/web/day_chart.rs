//! A count a day, and a part of it, as a drawing and in words. The drawing is geometry only; its colours are classes.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};

use crate::platform::codes;

/// Days in the drawing, today the last of them.
pub const DAYS: u64 = 30;
/// Height of the drawing, and the place of one day and its bar in it.
const HEIGHT: i64 = 100;
const PLACE: i64 = 10;
const BAR: i64 = 8;

/// One day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// For people.
    pub label: String,
    /// For programs.
    pub iso: String,
    /// How many.
    pub count: i64,
    /// How many of them are of the part that is drawn apart.
    pub part: i64,
    /// Left edge of the bar.
    pub x: i64,
    /// Top of the bar.
    pub top: i64,
    /// Height of the bar.
    pub height: i64,
    /// Top of the part, which stands at the foot of the bar.
    pub part_top: i64,
    /// Height of the part.
    pub part_height: i64,
}

/// The drawing.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Day by day.
    pub days: Vec<Day>,
    /// All days together.
    pub count: i64,
    /// The part of all days together.
    pub part: i64,
    /// The highest count of a day, which is the height of the drawing.
    pub most: i64,
    /// Width of the drawing.
    pub width: i64,
    /// Height of the drawing.
    pub height: i64,
    /// Width of a bar.
    pub bar: i64,
}

/// The first of the days that end with this one.
pub fn first_day(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(today)
}

impl Chart {
    /// How many there were on all days together, for people.
    pub fn counted(&self) -> String {
        codes::count(self.count)
    }

    /// The part of all days together, for people.
    pub fn counted_part(&self) -> String {
        codes::count(self.part)
    }

    /// Draws what was counted. Days without a count had nothing.
    pub fn draw(today: NaiveDate, counts: &HashMap<NaiveDate, (i64, i64)>) -> Self {
        let days: Vec<NaiveDate> = first_day(today).iter_days().take_while(|day| *day <= today).collect();
        let count = |day: &NaiveDate| counts.get(day).copied().unwrap_or_default();
        let most = days.iter().map(|day| count(day).0).max().unwrap_or(0);
        let scale = most.max(1);
        // A day with anything at all is at least a line.
        let height = |count: i64| (count * HEIGHT / scale).max(i64::from(count > 0));
        let day = |(index, day): (i64, &NaiveDate)| {
            let (all, part) = count(day);
            let (tall, red) = (height(all), height(part));
            Day {
                label: day.format("%-d %B").to_string(),
                iso: day.to_string(),
                count: all,
                part,
                x: index * PLACE + (PLACE - BAR) / 2,
                top: HEIGHT - tall,
                height: tall,
                part_top: HEIGHT - red,
                part_height: red,
            }
        };
        let days: Vec<Day> = (0..).zip(&days).map(day).collect();
        Self {
            count: days.iter().map(|day| day.count).sum(),
            part: days.iter().map(|day| day.part).sum(),
            most,
            width: PLACE * i64::try_from(days.len()).unwrap_or(0),
            height: HEIGHT,
            bar: BAR,
            days,
        }
    }

    /// The first day.
    pub fn first(&self) -> &str {
        self.days.first().map_or("", |day| day.label.as_str())
    }

    /// The last day.
    pub fn last(&self) -> &str {
        self.days.last().map_or("", |day| day.label.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_end_today_and_the_fullest_is_as_tall_as_the_drawing() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 24).expect("a day");
        let (first, busy) = (first_day(today), today.pred_opt().expect("a day"));
        let counts = HashMap::from([(first, (1, 0)), (busy, (400, 100)), (today, (200, 200))]);
        let chart = Chart::draw(today, &counts);
        assert_eq!((chart.days.len(), chart.first(), chart.last()), (30, "26 October", "24 November"));
        assert_eq!((chart.count, chart.part, chart.most), (601, 300, 400));
        assert_eq!((chart.days[0].height, chart.days[1].height, chart.days[0].top), (1, 0, 99));
        assert_eq!((chart.days[28].top, chart.days[28].height, chart.days[28].part_top), (0, 100, 75));
        assert_eq!((chart.days[29].height, chart.days[29].part_height, chart.days[29].x), (50, 50, 291));
    }

    #[test]
    fn without_a_count_there_is_an_empty_drawing() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day");
        let chart = Chart::draw(today, &HashMap::new());
        assert!(chart.days.iter().all(|day| day.height == 0));
        assert_eq!((chart.most, chart.width), (0, 300));
    }
}
