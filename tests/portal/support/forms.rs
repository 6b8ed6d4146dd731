//! What staff publish for anybody, and sending public forms as a person does.

use chrono::Duration;

use super::{Browser, Page, TestApp};

impl TestApp {
    /// An event in a week with so many seats, planned by this browser of marketing. Answers its public path.
    pub async fn an_event(&self, marketing: &Browser, seats: u32) -> String {
        let at = |days| (self.clock.now() + Duration::days(days)).format("%Y-%m-%dT%H:%M").to_string();
        let (begins, ends, seats) = (at(7), at(8), seats.to_string());
        let fields = [
            ("title", "Claims at noon"),
            ("about", "One hour of questions."),
            ("place", "Online"),
            ("starts_at", begins.as_str()),
            ("ends_at", ends.as_str()),
            ("capacity", seats.as_str()),
        ];
        self.published(marketing, "/staff/events", &fields).await
    }

    /// A white paper. Answers its public path.
    pub async fn a_paper(&self, marketing: &Browser) -> String {
        let fields = [("title", "Faster claims"), ("summary", "In short."), ("body", "First.\n\nSecond.")];
        self.published(marketing, "/staff/white-papers", &fields).await
    }

    /// A survey with two questions. Answers its public path.
    pub async fn a_survey(&self, marketing: &Browser) -> String {
        let fields = [("title", "How do we do?"), ("about", "Two questions."), ("questions", "Well?\nWhy?")];
        self.published(marketing, "/staff/surveys", &fields).await
    }

    async fn published(&self, marketing: &Browser, desk: &str, fields: &[(&str, &str)]) -> String {
        let answer = marketing.post(&format!("{desk}/new"), fields).await;
        assert_eq!(answer.status, 303, "{}", answer.words());
        answer.location().trim_start_matches("/staff").to_owned()
    }

    /// Opens a public form, types for five seconds and sends it.
    pub async fn send_form(&self, visitor: &Browser, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = visitor.get(path).await;
        self.travel(Duration::seconds(5)).await;
        page.submit(fields).await
    }
}
