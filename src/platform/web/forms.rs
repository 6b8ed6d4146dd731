//! Forms: what a field is, how it is drawn again with what was typed, and what is wrong beside it.

/// One choice of a select.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Chosen now.
    pub selected: bool,
}

impl Choice {
    /// Those of a select, each by what is sent and what is read; selected is the one that was chosen.
    pub fn list<'a>(of: impl IntoIterator<Item = (&'a str, &'a str)>, chosen: &str) -> Vec<Self> {
        of.into_iter()
            .map(|(value, label)| Self {
                value: value.into(),
                label: label.into(),
                selected: value == chosen,
            })
            .collect()
    }
}

/// One field, as `components/field.html` draws it.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Name in the form.
    pub name: &'static str,
    /// Label above it.
    pub label: String,
    /// `text email tel password code checkbox checkboxes date search textarea select files hidden`.
    pub kind: &'static str,
    /// What was typed; always empty for a password or a code.
    pub value: String,
    /// A ticked checkbox.
    pub checked: bool,
    /// Help under the label.
    pub hint: String,
    /// What is wrong; empty when nothing is.
    pub error: String,
    /// Token for the browser and password manager (WCAG 1.3.5).
    pub autocomplete: &'static str,
    /// May not be left empty.
    pub required: bool,
    /// Longest value in characters.
    pub maxlength: Option<u32>,
    /// Gets the focus when the page opens.
    pub autofocus: bool,
    /// Choices of a select or of checkboxes.
    pub options: Vec<Choice>,
    /// Endings of the files that the browser offers.
    pub accept: String,
}

impl Field {
    fn new(kind: &'static str, name: &'static str, label: &str) -> Self {
        Self { kind, name, label: label.to_owned(), required: true, ..Self::default() }
    }

    /// A line of text.
    pub fn text(name: &'static str, label: &str) -> Self {
        Self { maxlength: Some(200), ..Self::new("text", name, label) }
    }

    /// An e-mail address.
    pub fn email(name: &'static str, label: &str) -> Self {
        Self { maxlength: Some(254), autocomplete: "email", ..Self::new("email", name, label) }
    }

    /// A telephone number.
    pub fn tel(name: &'static str, label: &str) -> Self {
        Self { maxlength: Some(40), autocomplete: "tel", ..Self::new("tel", name, label) }
    }

    /// The password somebody has.
    pub fn current_password(name: &'static str, label: &str) -> Self {
        Self { autocomplete: "current-password", ..Self::new("password", name, label) }
    }

    /// A password to be.
    pub fn new_password(name: &'static str, label: &str) -> Self {
        Self { autocomplete: "new-password", ..Self::new("password", name, label) }
    }

    /// A one-time code.
    pub fn code(name: &'static str, label: &str) -> Self {
        Self { autocomplete: "one-time-code", maxlength: Some(32), ..Self::new("code", name, label) }
    }

    /// A box to tick.
    pub fn checkbox(name: &'static str, label: &str, checked: bool) -> Self {
        Self { checked, ..Self::new("checkbox", name, label) }
    }

    /// Several lines of text.
    pub fn textarea(name: &'static str, label: &str) -> Self {
        Self { maxlength: Some(2000), ..Self::new("textarea", name, label) }
    }

    /// A search box.
    pub fn search(name: &'static str, label: &str) -> Self {
        Self { maxlength: Some(254), ..Self::new("search", name, label) }
    }

    /// A day, written as year-month-day.
    pub fn date(name: &'static str, label: &str) -> Self {
        Self::new("date", name, label)
    }

    /// Any number of several, each a box to tick. Each is sent under the same name.
    pub fn checkboxes(name: &'static str, label: &str, options: Vec<Choice>) -> Self {
        Self { options, ..Self::new("checkboxes", name, label) }
    }

    /// One of several.
    pub fn select(name: &'static str, label: &str, options: Vec<Choice>) -> Self {
        Self { options, ..Self::new("select", name, label) }
    }

    /// Any number of files. Its form is `multipart/form-data`.
    pub fn files(name: &'static str, label: &str, accept: &str) -> Self {
        Self { accept: accept.to_owned(), ..Self::new("files", name, label) }
    }

    /// Sent along unseen.
    pub fn hidden(name: &'static str, value: &str) -> Self {
        Self { value: value.to_owned(), ..Self::new("hidden", name, "") }
    }

    /// With what was typed.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// With help under the label.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// May be left empty.
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// With a token for the browser.
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = token;
        self
    }

    /// Gets the focus when the page opens.
    pub fn focused(mut self) -> Self {
        self.autofocus = true;
        self
    }
}

/// A form with its fields and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Fields in the order of the page.
    pub fields: Vec<Field>,
    /// What is wrong with the form as a whole; empty when nothing is.
    pub error: String,
}

impl Form {
    /// A form of these fields.
    pub fn new(fields: Vec<Field>) -> Self {
        Self { fields, error: String::new() }
    }

    /// Notes what is wrong with a field. The first word on a field stands.
    pub fn fail(&mut self, name: &str, message: impl Into<String>) {
        match self.fields.iter_mut().find(|field| field.name == name) {
            Some(field) if field.error.is_empty() => field.error = message.into(),
            Some(_) => {}
            None => self.error = message.into(),
        }
    }

    /// Notes what is wrong with the form as a whole.
    pub fn fail_whole(&mut self, message: impl Into<String>) {
        self.error = message.into();
    }

    /// Whether anything is wrong.
    pub fn has_errors(&self) -> bool {
        !self.error.is_empty() || self.fields.iter().any(|field| !field.error.is_empty())
    }

    /// The first of the forms of a page that has something wrong, for the head of the page; else one without fields.
    pub fn first_wrong<'a>(forms: impl IntoIterator<Item = &'a Option<Self>>) -> Self {
        forms.into_iter().flatten().find(|form| form.has_errors()).cloned().unwrap_or_default()
    }

    /// The fields with something wrong.
    pub fn errors(&self) -> Vec<&Field> {
        self.fields.iter().filter(|field| !field.error.is_empty()).collect()
    }

    /// A field by its name. The page and the form are written together, so it is there.
    pub fn get(&self, name: &str) -> &Field {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .unwrap_or_else(|| panic!("the form has no field {name}"))
    }
}
