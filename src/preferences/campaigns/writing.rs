//! From Markdown to a mail: two parts, safe HTML only, and at the foot why it came and how to stop it.
//!
//! What is the same for everybody is made once; each recipient's name and links are put in afterwards.
//! There are no pixels that tell of opening and no links that lead past a counter.

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd, html};

use crate::platform::mail::{Part, Parts};

/// Stand for what differs. No text that somebody types can hold them: they have a control character.
const NAME: &str = "\u{1}NAME\u{1}";
const PREFERENCES: &str = "\u{1}PREFERENCES\u{1}";
const UNSUBSCRIBE: &str = "\u{1}UNSUBSCRIBE\u{1}";

/// What the writer types where the reader's name stands.
pub const NAME_MARK: &str = "{name}";

/// Both parts, still without a recipient.
#[derive(Clone, Debug)]
pub struct Draft {
    text: Part,
    html: Part,
}

/// Who reads it.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Name, where we know it.
    pub name: &'a str,
    /// Their preferences.
    pub preferences_url: &'a str,
    /// The page that unsubscribes.
    pub unsubscribe_url: &'a str,
}

#[derive(askama::Template)]
#[template(path = "mail/campaign.html")]
struct Html<'a> {
    subject: &'a str,
    body: askama::filters::Safe<&'a str>,
    topic: &'a str,
    postal_address: &'a str,
    preferences_url: &'a str,
    unsubscribe_url: &'a str,
}

#[derive(askama::Template)]
#[template(path = "mail/campaign.txt")]
struct Text<'a> {
    body: &'a str,
    topic: &'a str,
    postal_address: &'a str,
    preferences_url: &'a str,
    unsubscribe_url: &'a str,
}

/// Makes both parts. `topic` is its name in words.
pub fn draft(subject: &str, markdown: &str, topic: &str, postal_address: &str) -> Draft {
    let typed =
        |text: &str| text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect::<String>();
    let (subject, postal_address) = (&*typed(subject), &*typed(postal_address));
    let markdown = typed(markdown).replace(NAME_MARK, NAME);
    let (preferences_url, unsubscribe_url) = (PREFERENCES, UNSUBSCRIBE);
    let body = html_of(&markdown);
    let body = askama::filters::Safe(body.as_str());
    let html = Html { subject, body, topic, postal_address, preferences_url, unsubscribe_url };
    let text = Text { body: &text_of(&markdown), topic, postal_address, preferences_url, unsubscribe_url };
    let text = askama::Template::render(&text).expect("writing to a string");
    let html = askama::Template::render(&html).expect("writing to a string");
    Draft { text: Part::new(text), html: Part::new(html) }
}

impl Draft {
    /// Both parts for a reader: text and HTML.
    pub fn write(&self, reader: &Reader<'_>) -> (String, String) {
        let (called, escaped) = reader.called();
        (
            self.text.write(|field| reader.value(field, called)),
            self.html.write(|field| reader.value(field, &escaped)),
        )
    }

    /// Both parts as they travel to a reader.
    pub fn encode(&self, reader: &Reader<'_>) -> Parts<'static> {
        let (called, escaped) = reader.called();
        Parts::Encoded {
            text: self.text.encode(|field| reader.value(field, called)),
            html: self.html.encode(|field| reader.value(field, &escaped)),
        }
    }
}

impl<'a> Reader<'a> {
    /// What a reader is called, in text and in HTML.
    fn called(&self) -> (&'a str, String) {
        let name = self.name.trim();
        let called = if name.is_empty() { "reader" } else { name };
        (called, escaped(called))
    }

    /// What stands for a field.
    fn value<'b>(&self, field: &str, called: &'b str) -> &'b str
    where
        'a: 'b,
    {
        match field {
            "NAME" => called,
            "PREFERENCES" => self.preferences_url,
            "UNSUBSCRIBE" => self.unsubscribe_url,
            _ => "",
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;").replace('"', "&#34;")
}

fn options() -> Options {
    Options::ENABLE_STRIKETHROUGH | Options::ENABLE_SMART_PUNCTUATION
}

/// Only where a reader expects to get: no scripts, no data, no files.
fn is_safe(address: &str) -> bool {
    let lower = address.trim().to_ascii_lowercase();
    ["https://", "http://", "mailto:", "tel:"].iter().any(|scheme| lower.starts_with(scheme))
}

/// HTML of Markdown. Raw HTML is shown as it was typed, pictures become their words (a picture from outside would
/// tell that the mail was opened), and links lead only to the web, a mailbox or a telephone.
fn html_of(markdown: &str) -> String {
    let mut unsafe_links = 0;
    let events = Parser::new_ext(markdown, options()).filter_map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Some(Event::Text(raw)),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::Link { ref dest_url, .. }) if !is_safe(dest_url) => {
            unsafe_links += 1;
            None
        }
        // A link holds no other link, so the next end is its own.
        Event::End(TagEnd::Link) if unsafe_links > 0 => {
            unsafe_links -= 1;
            None
        }
        other => Some(other),
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

/// Plain text of Markdown: paragraphs in lines of up to 76 characters, addresses of links after their words.
fn text_of(markdown: &str) -> String {
    let mut page = Plain::default();
    for event in Parser::new_ext(markdown, options()) {
        page.take(event);
    }
    page.end_block();
    page.lines.join("\n").trim().to_owned()
}

#[derive(Default)]
struct Plain {
    lines: Vec<String>,
    block: String,
    /// Number of the next item of each list that is open; nothing for one without numbers.
    lists: Vec<Option<u64>>,
    bullet: String,
    link: Option<String>,
    link_began: usize,
    quoted: usize,
}

impl Plain {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.block.push_str(&text);
            }
            Event::SoftBreak => self.block.push(' '),
            Event::HardBreak => self.block.push('\n'),
            Event::Rule => {
                self.end_block();
                self.lines.extend(["-".repeat(40), String::new()]);
            }
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::List(first) => {
                self.end_block();
                self.lists.push(*first);
            }
            Tag::Item => {
                self.end_block();
                let indent = "  ".repeat(self.lists.len().saturating_sub(1));
                self.bullet = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{indent}{}. ", *number - 1)
                    }
                    _ => format!("{indent}- "),
                };
            }
            Tag::BlockQuote(_) => {
                self.end_block();
                self.quoted += 1;
            }
            Tag::Link { link_type, dest_url, .. } => {
                let bare = matches!(link_type, LinkType::Autolink | LinkType::Email);
                self.link = (!bare && is_safe(dest_url)).then(|| dest_url.to_string());
                self.link_began = self.block.len();
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link => {
                if let Some(address) = self.link.take()
                    && self.block[self.link_began..] != address
                {
                    self.block.push_str(&format!(" ({address})"));
                }
            }
            TagEnd::Heading(_) => {
                let length = self.block.chars().count().min(76);
                self.end_block();
                // Under its last line instead of the empty one.
                self.lines.pop();
                self.lines.extend(["-".repeat(length), String::new()]);
            }
            TagEnd::List(_) => {
                self.end_block();
                self.lists.pop();
                self.lines.push(String::new());
            }
            TagEnd::BlockQuote(_) => {
                self.end_block();
                self.quoted = self.quoted.saturating_sub(1);
            }
            TagEnd::Paragraph | TagEnd::CodeBlock | TagEnd::Item => self.end_block(),
            _ => {}
        }
    }

    fn end_block(&mut self) {
        let block = std::mem::take(&mut self.block);
        if block.trim().is_empty() {
            return;
        }
        let bullet = std::mem::take(&mut self.bullet);
        let hang = " ".repeat(bullet.chars().count());
        for (index, line) in block.lines().flat_map(wrapped).enumerate() {
            let start = if index == 0 { &bullet } else { &hang };
            self.lines.push(format!("{}{start}{line}", "> ".repeat(self.quoted)));
        }
        if self.lists.is_empty() {
            self.lines.push(String::new());
        }
    }
}

fn wrapped(line: &str) -> Vec<String> {
    crate::platform::mail::wrapped(line).lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::mail::MARK;

    const READER: Reader<'_> = Reader {
        name: "Ada <Lovelace>",
        preferences_url: "https://portal.test/preferences/p",
        unsubscribe_url: "https://portal.test/unsubscribe/u",
    };

    fn written(markdown: &str) -> (String, String) {
        draft("News", markdown, "Newsletter", "1 Example Street").write(&READER)
    }

    #[test]
    fn nothing_dangerous_gets_through() {
        let (text, html) = written(
            "<script>alert(1)</script>\n\n[a](javascript:alert(1)) [b](https://b.example) ![pixel](https://spy.example/p.gif)\n\n<img src=x onerror=alert(1)>",
        );
        assert!(
            !html.contains("<script") && !html.contains("<img") && !html.contains("javascript:"),
            "{html}"
        );
        assert!(html.contains("&lt;script&gt;") && html.contains("pixel"), "{html}");
        assert!(html.contains("<a href=\"https://b.example\">b</a>"), "{html}");
        assert!(!html.contains("spy.example") && !text.contains("spy.example"), "{text}");
        assert!(text.contains("b (https://b.example)"), "{text}");
    }

    #[test]
    fn both_parts_name_the_reader_the_topic_the_address_and_the_ways_out() {
        let (text, html) = written("Hello {name},\n\nall is *well*.");
        assert!(text.contains("Hello Ada <Lovelace>,") && html.contains("Hello Ada &#60;Lovelace&#62;,"));
        for part in [&text, &html] {
            assert!(part.contains("Newsletter") && part.contains("1 Example Street"), "{part}");
            assert!(part.contains(READER.preferences_url) && part.contains(READER.unsubscribe_url), "{part}");
            assert!(!part.contains(MARK) && !part.contains("{name}"));
        }
        assert!(html.contains("<em>well</em>"));
    }

    #[test]
    fn whoever_has_no_name_is_a_reader_and_control_characters_are_dropped() {
        let made = draft("S\u{1}", "Hello {name}\u{1}NAME\u{1}!", "T", "\u{1}A");
        let (text, html) = made.write(&Reader { name: " ", ..READER });
        assert!(text.starts_with("Hello readerNAME!") && text.contains("LossExpress · A"), "{text}");
        assert!(html.contains("<title>S</title>") && html.contains("Hello readerNAME!"), "{html}");
    }

    #[test]
    fn plain_text_keeps_headings_lists_and_quotes() {
        let (text, _) = written("# Title\n\n1. one\n2. two\n   - inner\n\n> said\n\nlast");
        let expected = "Title\n-----\n\n1. one\n2. two\n  - inner\n\n\n> said\n\nlast";
        assert!(text.starts_with(expected), "{text}");
    }
}
