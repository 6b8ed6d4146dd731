//! Mail of events.

crate::mail! {
    /// The link that takes a seat.
    pub struct ConfirmSeat {
        /// Who reads it.
        pub recipient_name: String,
        /// Title of the event.
        pub event: String,
        /// From when to when.
        pub when: String,
        /// Where.
        pub place: String,
        /// The link.
        pub url: String,
    }
    name: "confirm_seat", text: "mail/confirm_seat.txt", html: "mail/confirm_seat.html", class: Transactional,
    subject: |_mail| "Confirm your registration".into()
}

crate::mail! {
    /// Says that a seat is taken.
    pub struct SeatTaken {
        /// Who reads it.
        pub recipient_name: String,
        /// Title of the event.
        pub event: String,
        /// From when to when.
        pub when: String,
        /// Where.
        pub place: String,
        /// A file for the calendar.
        pub calendar_url: String,
        /// Where the seat is given back.
        pub url: String,
    }
    name: "seat_taken", text: "mail/seat_taken.txt", html: "mail/seat_taken.html", class: Transactional,
    subject: |_mail| "You have a seat".into()
}

crate::mail! {
    /// Says that an event was called off.
    pub struct EventCancelled {
        /// Who reads it.
        pub recipient_name: String,
        /// Title of the event.
        pub event: String,
        /// From when to when it would have been.
        pub when: String,
    }
    name: "event_cancelled", text: "mail/event_cancelled.txt", html: "mail/event_cancelled.html", class: Transactional,
    subject: |_mail| "The event does not take place".into()
}
