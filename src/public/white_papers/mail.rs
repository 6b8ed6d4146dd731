//! Mail of white papers.

crate::mail! {
    /// The link to a paper.
    pub struct WhitePaperReady {
        /// Who reads it.
        pub recipient_name: String,
        /// Title of the paper.
        pub title: String,
        /// The link.
        pub url: String,
        /// Until when it works.
        pub until: String,
    }
    name: "white_paper_ready", text: "mail/white_paper_ready.txt", html: "mail/white_paper_ready.html", class: Transactional,
    subject: |_mail| "The paper that you asked for".into()
}
