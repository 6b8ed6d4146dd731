//! The claims of the demo, and what was written about them. The numbers of telephones and the domains are of those that
//! belong to nobody.

/// Whose records are restricted.
pub(super) const RESTRICTED: &str = "nadia.verne@example.com";
/// Whose records were deleted again.
pub(super) const DELETED: &str = "tomas.rask@example.com";

/// A claim.
pub(super) struct Case {
    pub number: &'static str,
    pub insurer: &'static str,
    pub policy: &'static str,
    pub friendly_name: Option<&'static str>,
    pub state: &'static str,
    /// How many days ago it was stored.
    pub days: i64,
    pub name: &'static str,
    pub email: &'static str,
    pub phone: &'static str,
    pub street: &'static str,
    pub city: &'static str,
    pub country: &'static str,
    pub witness: Option<&'static str>,
    pub vin: &'static str,
    pub make: &'static str,
    pub model: &'static str,
    pub year: i32,
    /// Lender and number of the account.
    pub loan: Option<(&'static str, &'static str)>,
    /// In the smallest unit of the currency, as what was paid.
    pub claimed: i64,
    pub settled: Option<i64>,
    pub currency: &'static str,
    pub notes: Option<&'static str>,
    pub letters: &'static [Letter],
}

/// Something that was written to the claimant, or by them.
pub(super) struct Letter {
    pub channel: &'static str,
    pub direction: &'static str,
    /// So many hours after the claim.
    pub hours: i64,
    pub status: &'static str,
    pub friendly_name: Option<&'static str>,
    pub body: Option<&'static str>,
}

const fn sent(channel: &'static str, hours: i64, status: &'static str, body: &'static str) -> Letter {
    Letter { channel, direction: "outbound", hours, status, friendly_name: None, body: Some(body) }
}

const fn received(channel: &'static str, hours: i64, body: &'static str) -> Letter {
    Letter {
        channel,
        direction: "inbound",
        hours,
        status: "delivered",
        friendly_name: None,
        body: Some(body),
    }
}

/// Of the account that stores what its messages say.
#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    Case {
        number: "EU-2026-0101", insurer: "Northern Mutual", policy: "NM-4410-7", friendly_name: Some("Rear bumper at a car park"),
        state: "open", days: 21, name: "Martha Keel", email: "martha.keel@example.com", phone: "+12025550111",
        street: "4 Harbour Row", city: "Dublin", country: "IE", witness: Some("Owen Pike"),
        vin: "WVWZZZ1K7AW100001", make: "Volkswagen", model: "Golf", year: 2010,
        loan: Some(("First Example Bank", "LN-10-100001")), claimed: 184_500, settled: None, currency: "EUR",
        notes: Some("Photos are with the garage. The other driver left a note under the wiper."),
        letters: &[
            sent("email", 2, "delivered", "Dear Ms. Keel, we have your report of the damage to your car. Please send us the photos."),
            received("email", 20, "Here are the photos. The garage says two weeks."),
            sent("sms", 30, "sent", "Your claim EU-2026-0101 is being looked at."),
        ],
    },
    Case {
        number: "EU-2026-0102", insurer: "Northern Mutual", policy: "NM-4410-9", friendly_name: Some("Hail on the motorway"),
        state: "settled", days: 64, name: "Ruben Holt", email: "ruben.holt@example.com", phone: "+12025550112",
        street: "19 Mill Street", city: "Utrecht", country: "NL", witness: None,
        vin: "VF1RFB004GC200002", make: "Renault", model: "Kadjar", year: 2016,
        loan: None, claimed: 96_000, settled: Some(91_200), currency: "EUR", notes: None,
        letters: &[
            sent("email", 3, "delivered", "Dear Mr. Holt, an assessor will look at the roof on Thursday."),
            sent("email", 200, "delivered", "Dear Mr. Holt, your claim was approved. The money is on its way."),
        ],
    },
    Case {
        number: "EU-2026-0103", insurer: "Old Bridge Insurance", policy: "OB-88-210", friendly_name: Some("Broken mirror"),
        state: "open", days: 12, name: "Nadia Verne", email: RESTRICTED, phone: "+12025550113",
        street: "7 Lime Court", city: "Lyon", country: "FR", witness: Some("Paul Arden"),
        vin: "WBA8E1106HK300003", make: "BMW", model: "320i", year: 2017,
        loan: Some(("Bridge Street Credit", "BSC-300003")), claimed: 41_000, settled: None, currency: "EUR",
        notes: Some("She says that she was not there on that day."),
        letters: &[
            sent("email", 1, "delivered", "Dear Ms. Verne, another driver named your car. Please tell us what you know."),
            received("email", 26, "I was not in Lyon on that day. Please do not use my data until this is cleared up."),
        ],
    },
    Case {
        number: "EU-2026-0104", insurer: "Old Bridge Insurance", policy: "OB-90-114", friendly_name: None,
        state: "approved", days: 40, name: "Ines Calder", email: "ines.calder@example.com", phone: "+12025550114",
        street: "2 Garden Steps", city: "Porto", country: "PT", witness: None,
        vin: "TMBJJ7NE0G0400004", make: "Skoda", model: "Octavia", year: 2016,
        loan: Some(("First Example Bank", "LN-16-400004")), claimed: 310_000, settled: Some(295_000), currency: "EUR",
        notes: Some("Repair in two parts: doors first, paint afterwards."),
        letters: &[
            sent("email", 5, "bounced", "Dear Ms. Calder, your claim was received."),
            sent("sms", 6, "delivered", "Our mail came back. Please tell us your present address."),
            received("sms", 9, "ines.calder@example.com is right, my mailbox was full."),
        ],
    },
    Case {
        number: "EU-2026-0105", insurer: "Northern Mutual", policy: "NM-4471-2", friendly_name: Some("Water in the garage"),
        state: "denied", days: 75, name: "Felix Aster", email: "felix.aster@example.com", phone: "+12025550115",
        street: "31 Canal View", city: "Hamburg", country: "DE", witness: None,
        vin: "ZFA312003J3500005", make: "Fiat", model: "500", year: 2018,
        loan: None, claimed: 720_000, settled: Some(0), currency: "EUR", notes: None,
        letters: &[sent("email", 90, "complained", "Dear Mr. Aster, floods are not part of your policy.")],
    },
    Case {
        number: "EU-2026-0106", insurer: "Old Bridge Insurance", policy: "OB-91-007", friendly_name: Some("Scratches on both sides"),
        state: "reported", days: 9, name: "Tomas Rask", email: DELETED, phone: "+12025550116",
        street: "12 Cedar Lane", city: "Tallinn", country: "EE", witness: None,
        vin: "YV1FS7100H2600006", make: "Volvo", model: "S60", year: 2017,
        loan: None, claimed: 58_000, settled: None, currency: "EUR", notes: None,
        letters: &[
            sent("email", 2, "delivered", "Dear Mr. Rask, we have your report."),
            received("email", 50, "I withdraw my claim. Please delete what you keep about me."),
        ],
    },
    Case {
        number: "EU-2026-0107", insurer: "Northern Mutual", policy: "NM-4502-5", friendly_name: Some("Front light"),
        state: "closed", days: 120, name: "Martha Keel", email: "martha.keel@example.com", phone: "+12025550111",
        street: "4 Harbour Row", city: "Dublin", country: "IE", witness: None,
        vin: "WVWZZZ1K7AW100001", make: "Volkswagen", model: "Golf", year: 2010,
        loan: Some(("First Example Bank", "LN-10-100001")), claimed: 12_900, settled: Some(12_900), currency: "EUR",
        notes: None, letters: &[],
    },
];

/// Of the account that is being tried out.
#[rustfmt::skip]
pub(super) const TRIAL: &[Case] = &[
    Case {
        number: "TRY-1", insurer: "Example Mutual", policy: "P-1", friendly_name: Some("First try"),
        state: "reported", days: 6, name: "Leo Marsh", email: "leo.marsh@example.org", phone: "+12025550117",
        street: "1 Sample Road", city: "Springfield", country: "US", witness: None,
        vin: "WF0AXXGCXAGA00007", make: "Ford", model: "Focus", year: 2010,
        loan: None, claimed: 10_000, settled: None, currency: "USD", notes: None,
        letters: &[Letter { channel: "email", direction: "outbound", hours: 1, status: "sent", friendly_name: Some("Receipt"), body: None }],
    },
    Case {
        number: "TRY-2", insurer: "Example Mutual", policy: "P-2", friendly_name: Some("Second try"),
        state: "withdrawn", days: 5, name: "Ida Frost", email: "ida.frost@example.org", phone: "+12025550118",
        street: "2 Sample Road", city: "Springfield", country: "US", witness: Some("Leo Marsh"),
        vin: "VSSZZZ5F9HR800008", make: "Seat", model: "Leon", year: 2017,
        loan: None, claimed: 25_000, settled: None, currency: "USD", notes: Some("Only a test of the desk."),
        letters: &[],
    },
];
