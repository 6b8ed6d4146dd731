//! What people do on their way to what a test is about: over HTTP, in one line.

use portal::staff::permissions::Role;

use super::{Browser, PASSWORD, Page, TestApp};

impl TestApp {
    /// The browser of a new member of staff with this role.
    pub async fn desk_of(&self, role: Role) -> Browser {
        self.sign_in_as(&self.staff(role).await).await
    }

    /// A browser in which the password of somebody was right and the second step is open.
    pub async fn in_second_step(&self, email: &str) -> Browser {
        let browser = self.browser();
        browser.enter_password(email).await;
        browser
    }

    /// Asks for another address as whoever is signed in there. Answers the link that is mailed to it.
    pub async fn ask_to_move(&self, browser: &Browser, to: &str) -> String {
        let page = browser.get("/settings/email").await.submit(&[("email", to)]).await;
        assert_eq!((page.status, page.location()), (303, "/settings/email"), "{}", page.words());
        self.mail_to(to).await.link("/settings/email/")
    }

    /// Changes the address of whoever is signed in there, by the link that is mailed to the new one.
    pub async fn change_address(&self, browser: &Browser, to: &str) {
        let link = self.ask_to_move(browser, to).await;
        assert_eq!(self.browser().get(&link).await.submit(&[]).await.status, 303);
    }

    /// As [`TestApp::change_address`]. Answers the link that takes it back, from the mail to the old address.
    pub async fn change_address_from(&self, browser: &Browser, from: &str, to: &str) -> String {
        self.change_address(browser, to).await;
        self.mail_to(from).await.link("/email-change/")
    }
}

impl Browser {
    /// Enters the password of somebody who is then asked for a second step.
    pub async fn enter_password(&self, email: &str) {
        let page = self.post("/sign-in", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(page.location(), "/sign-in/code");
    }

    /// Claims the item on this page of a desk, and answers the page again.
    pub async fn claim(&self, path: &str) -> Page {
        self.get(path).await.submit_to("/claim", &[]).await.follow().await
    }
}
