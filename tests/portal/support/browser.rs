//! A browser without a screen: cookies, forms and links as a person has them, redirects one by one.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock, Mutex};

use actix_web::cookie::{Cookie, SameSite};
use portal::preferences::cookies;
use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, redirect};
use scraper::{ElementRef, Html, Selector};

use super::TestApp;

/// As Firefox calls itself; the portal shows it as 'Firefox on Linux'.
pub const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Connections are not kept, because each belongs to the runtime of the test that made it.
static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .expect("an HTTP client")
});

/// One person's browser. Cheap to clone; clones share their cookies, like two tabs.
#[derive(Clone, Debug)]
pub struct Browser(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    origin: String,
    host: String,
    address: String,
    user_agent: Mutex<String>,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl TestApp {
    /// A visitor with no cookies, from a network address that no other browser of this test has.
    pub fn browser(&self) -> Browser {
        let number = self.browsers.fetch_add(1, Ordering::Relaxed) + 1;
        self.browser_at(&format!("203.0.113.{number}"))
    }

    /// A visitor from this network address, as the trusted proxy in front of the tests says.
    pub fn browser_at(&self, address: &str) -> Browser {
        let host = self.config.base_url.split_once("://").expect("a scheme").1.to_owned();
        Browser(Arc::new(Inner {
            origin: format!("http://{}", self.address),
            host,
            address: address.to_owned(),
            user_agent: Mutex::new(FIREFOX.to_owned()),
            cookies: Mutex::default(),
        }))
    }
}

impl Browser {
    /// Calls itself this from now on.
    pub fn call_yourself(&self, user_agent: &str) {
        user_agent.clone_into(&mut self.0.user_agent.lock().unwrap());
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Page {
        self.answer(self.request(Method::GET, path)).await
    }

    /// Sends a form from a page of the portal.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.answer(self.request(Method::POST, path).header("sec-fetch-site", "same-origin").form(fields))
            .await
    }

    /// Sends a form with files in the field `of`, as a browser does: without any, as a file without a name.
    pub async fn post_with_files(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        of: &str,
        files: &[(&str, &[u8])],
    ) -> Page {
        let begin = "--boundary-of-the-form\r\nContent-Disposition: form-data; name=";
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("{begin}\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
        }
        let none: &[(&str, &[u8])] = &[("", b"")];
        for (name, content) in if files.is_empty() { none } else { files } {
            let head = format!(
                "{begin}\"{of}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
            );
            body.extend(head.into_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--boundary-of-the-form--\r\n");
        let request = self.request(Method::POST, path).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "multipart/form-data; boundary=boundary-of-the-form");
        self.answer(request.body(body)).await
    }

    /// A request with this browser's cookies and address, to be filled in further and given to [`Browser::answer`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<String> =
            self.0.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = CLIENT
            .request(method, format!("{}{path}", self.0.origin))
            .header("host", &self.0.host)
            .header("user-agent", self.0.user_agent.lock().unwrap().as_str())
            .header("x-forwarded-for", &self.0.address);
        if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) }
    }

    /// Sends a request and keeps the cookies of its answer.
    pub async fn answer(&self, request: RequestBuilder) -> Page {
        let request = request.build().expect("a request");
        let path = request.url().path().to_owned();
        let response = CLIENT.execute(request).await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("an ASCII cookie");
            assert_registered(cookie, self.0.host.contains("localhost"));
            self.keep(cookie);
        }
        let body = response.bytes().await.expect("a whole answer").to_vec();
        Page { browser: self.clone(), path, status, headers, body }
    }

    fn keep(&self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').expect("name=value");
        let gone =
            value.is_empty() || attributes.split(';').any(|a| a.trim().eq_ignore_ascii_case("max-age=0"));
        let mut cookies = self.0.cookies.lock().unwrap();
        if gone {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.0.cookies.lock().unwrap().get(name).cloned()
    }

    /// Every cookie.
    pub fn cookies(&self) -> Vec<(String, String)> {
        self.0.cookies.lock().unwrap().clone().into_iter().collect()
    }

    /// Sets a cookie, or with an empty value removes it.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.keep(&format!("{name}={value}"));
    }

    /// A second browser with the same cookies as now, which from here on go their own way: a stolen or an old copy.
    pub fn copy(&self) -> Self {
        Self(Arc::new(Inner {
            origin: self.0.origin.clone(),
            host: self.0.host.clone(),
            address: self.0.address.clone(),
            user_agent: Mutex::new(self.0.user_agent.lock().unwrap().clone()),
            cookies: Mutex::new(self.0.cookies.lock().unwrap().clone()),
        }))
    }
}

/// Every cookie that any answer of any test sets is on the register, is kept no longer than it says there, and is out of
/// reach of scripts and of other sites.
fn assert_registered(cookie: &str, development: bool) {
    let cookie = Cookie::parse(cookie).expect("a cookie");
    let registered = cookies::find(cookie.name());
    let registered =
        registered.unwrap_or_else(|| panic!("{} is not on the register of cookies", cookie.name()));
    let kept = cookie.max_age().map_or(0, |age| age.whole_seconds());
    assert!(kept <= registered.lifetime.num_seconds(), "{} is kept for {kept} seconds", cookie.name());
    let bound = (cookie.http_only(), cookie.same_site(), cookie.path(), cookie.domain());
    assert_eq!(bound, (Some(true), Some(SameSite::Lax), Some("/"), None), "{}", cookie.name());
    let secure = cookie.secure() == Some(true) && cookie.name().starts_with("__Host-");
    assert!(secure || development, "{} travels in the clear", cookie.name());
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Page {
    browser: Browser,
    /// Path that was asked for.
    pub path: String,
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body as it came.
    pub body: Vec<u8>,
}

impl Page {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What a reader sees: the text of the body element, white space put together.
    pub fn words(&self) -> String {
        let html = self.html();
        let words =
            find(&html, "body").into_iter().flat_map(|body| body.text()).flat_map(str::split_whitespace);
        words.collect::<Vec<_>>().join(" ")
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("an ASCII header"))
    }

    /// Where the answer sends the browser.
    pub fn location(&self) -> &str {
        let location = self.header(LOCATION.as_str());
        assert!(
            !location.is_empty(),
            "{} was answered {} without a way on:\n{}",
            self.path,
            self.status,
            self.words()
        );
        location
    }

    /// Goes where the answer sends the browser.
    pub async fn follow(&self) -> Self {
        self.browser.get(self.location()).await
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// Title of the page, without the name of the product.
    pub fn title(&self) -> String {
        let title = self.first("title").unwrap_or_default();
        title.split(" – ").next().unwrap_or_default().to_owned()
    }

    /// The main heading.
    pub fn heading(&self) -> String {
        self.first("h1").unwrap_or_default()
    }

    /// What is wrong, out of the error summary: name of the field and message.
    pub fn errors(&self) -> Vec<(String, String)> {
        let html = self.html();
        let links = find(&html, ".error-summary-list a").into_iter();
        links
            .map(|link| {
                (
                    link.attr("href").unwrap_or_default().trim_start_matches("#field-").to_owned(),
                    words_of(link),
                )
            })
            .collect()
    }

    /// The headline of the error summary.
    pub fn error(&self) -> String {
        self.first(".error-summary-title").unwrap_or_default()
    }

    /// Messages above the content.
    pub fn notices(&self) -> Vec<String> {
        self.all(".notice-stack .notice")
    }

    /// The words of every element that a CSS selector finds.
    pub fn all(&self, css: &str) -> Vec<String> {
        find(&self.html(), css).into_iter().map(words_of).collect()
    }

    /// The words of the first element that a CSS selector finds.
    pub fn first(&self, css: &str) -> Option<String> {
        find(&self.html(), css).first().copied().map(words_of)
    }

    /// An attribute of the first element that a CSS selector finds.
    pub fn attr(&self, css: &str, name: &str) -> Option<String> {
        find(&self.html(), css).first().and_then(|element| element.attr(name)).map(str::to_owned)
    }

    /// An attribute of every element that a CSS selector finds and that has it.
    pub fn attrs(&self, css: &str, name: &str) -> Vec<String> {
        let html = self.html();
        find(&html, css).into_iter().filter_map(|element| element.attr(name)).map(str::to_owned).collect()
    }

    /// The first link with these words in it, as an address.
    pub fn link(&self, words: &str) -> String {
        let html = self.html();
        let found = find(&html, "a[href]").into_iter().find(|link| words_of(*link).contains(words));
        let href = found.and_then(|link| link.attr("href"));
        href.unwrap_or_else(|| panic!("no link {words:?} on {}:\n{}", self.path, self.words())).to_owned()
    }

    /// Value of a field as it stands.
    pub fn value(&self, field: &str) -> String {
        self.attr(&format!("[name=\"{field}\"]"), "value").unwrap_or_default()
    }

    /// Sends the page's own form: its first, apart from the button to sign out.
    pub async fn submit(&self, fields: &[(&str, &str)]) -> Self {
        let (action, all) = self.filled("", fields);
        self.send(&action, &all).await
    }

    /// Sends the form whose address ends like this.
    pub async fn submit_to(&self, action: &str, fields: &[(&str, &str)]) -> Self {
        let (action, all) = self.filled(action, fields);
        self.send(&action, &all).await
    }

    /// Sends the form whose address ends like this, with files chosen in its field for them: name and content.
    pub async fn submit_with_files(
        &self,
        action: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &[u8])],
    ) -> Self {
        assert_eq!(self.attr("form[enctype]", "enctype").as_deref(), Some("multipart/form-data"));
        let (action, all) = self.filled(action, fields);
        let of = self.attr("input[type=file]", "name").expect("a field for files");
        let fields: Vec<(&str, &str)> =
            all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.browser.post_with_files(&action, &fields, &of, files).await
    }

    async fn send(&self, action: &str, fields: &[(String, String)]) -> Self {
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.browser.post(action, &fields).await
    }

    /// Address and fields of a form, with these instead of what stands in it.
    fn filled(&self, ending: &str, fields: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
        let html = self.html();
        let mut forms = find(&html, "form[method=post]").into_iter();
        let form = forms.find(|form| {
            action_of(*form, &self.path) != "/sign-out" && action_of(*form, &self.path).ends_with(ending)
        });
        let form = form.unwrap_or_else(|| {
            panic!("no form {ending:?} on {} ({}):\n{}", self.path, self.status, self.words())
        });
        let mut all = standing_in(form);
        for (name, value) in fields {
            all.retain(|(standing, _)| standing != name);
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        (action_of(form, &self.path), all)
    }

    fn html(&self) -> Html {
        Html::parse_document(&self.text())
    }
}

fn action_of(form: ElementRef<'_>, page: &str) -> String {
    form.attr("action").filter(|action| !action.is_empty()).unwrap_or(page).to_owned()
}

/// What a browser would send of a form as it stands; passwords and boxes without a tick are left out.
fn standing_in(form: ElementRef<'_>) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for control in form.select(&selector("input[name], textarea[name], select[name]")) {
        let name = control.attr("name").unwrap_or_default().to_owned();
        let value = match control.value().name() {
            "textarea" => control.text().collect::<String>().trim_start_matches('\n').to_owned(),
            "select" => chosen(control),
            _ if control.attr("type") == Some("file") => continue,
            _ if matches!(control.attr("type"), Some("checkbox" | "radio"))
                && control.attr("checked").is_none() =>
            {
                continue;
            }
            _ => control.attr("value").unwrap_or_default().to_owned(),
        };
        fields.push((name, value));
    }
    fields
}

fn chosen(select: ElementRef<'_>) -> String {
    let chosen = select
        .select(&selector("option[selected]"))
        .next()
        .or_else(|| select.select(&selector("option")).next());
    chosen.and_then(|option| option.attr("value")).unwrap_or_default().to_owned()
}

fn words_of(element: ElementRef<'_>) -> String {
    element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

fn find<'h>(html: &'h Html, css: &str) -> Vec<ElementRef<'h>> {
    html.select(&selector(css)).collect()
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"))
}
