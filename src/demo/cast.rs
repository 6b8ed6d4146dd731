//! Who is in the demo.

use uuid::Uuid;

use super::DemoPerson;
use crate::platform::ids::PersonId;
use crate::staff::permissions::Role;

/// The state that somebody is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A customer.
    Customer,
    /// A customer who opened the slow lane of account recovery.
    RecoveryOptedIn,
    /// A customer whose recovery was asked for and waits.
    RecoveryPending,
    /// Not yet a person: the link in the mail was not opened.
    SignUpWaiting,
    /// Not yet a person: the address is confirmed, the code for the phone is under way.
    PhoneWaiting,
    /// A customer whose new address, this one, waits to be confirmed.
    EmailChangePending(&'static str),
    /// A customer who said that it was not them: the password is void.
    PasswordVoid,
    /// A customer with a passkey.
    PasskeyOwner,
    /// A member of staff.
    Staff(Role),
    /// Not yet a member of staff: the invitation was not accepted.
    Invited(Role),
}

/// Somebody in the demo.
pub(super) struct Part {
    /// Makes their id, so that they are recognised after a change of address.
    pub number: u8,
    pub state: State,
    pub name: &'static str,
    pub company: Option<&'static str>,
    pub phone: Option<&'static str>,
    pub email: &'static str,
    pub password: &'static str,
    pub totp_secret: Option<&'static str>,
    pub about: &'static str,
}

impl Part {
    /// Always the same id: 23 November 2026 and the number, in the form of a UUIDv7.
    pub fn id(&self) -> PersonId {
        PersonId(Uuid::from_u128(0x01a2_05b3_d000_7000_8000_0000_0000_0000 | u128::from(self.number)))
    }

    fn role(&self) -> &'static str {
        match self.state {
            State::Staff(role) | State::Invited(role) => role.as_str(),
            _ => "customer",
        }
    }
}

macro_rules! cast {
    ($($number:literal $state:expr, $name:literal $company:expr, $phone:expr, $email:literal $password:literal $secret:expr, $about:literal;)*) => {
        &[$(Part { number: $number, state: $state, name: $name, company: $company, phone: $phone, email: $email, password: $password, totp_secret: $secret, about: $about }),*]
    };
}

/// Everybody. Numbers of telephones are of the range that is kept free for stories.
#[rustfmt::skip]
pub(super) const CAST: &[Part] = cast! {
    1  State::Customer,        "Ada Lovelace"    Some("Analytical Engines"), Some("+12025550101"), "ada@example.com"    "copper lantern wide river"    None,
       "password only: set up two-factor, change everything";
    2  State::Customer,        "Grace Hopper"    Some("Compilers & Co"),     Some("+12025550102"), "grace@example.com"  "amber harbour quiet engine"   Some("MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U"),
       "authenticator app and ten recovery codes; owns accounts in every state, one with members, claims and communications";
    3  State::RecoveryOptedIn, "Alan Turing"     None,                       Some("+12025550103"), "alan@example.com"   "violet orchard seven bridges" Some("ORUGKIDROVUWG2ZAMJZG653OEBTG66BA"),
       "two-factor, account recovery open for later: lose the app";
    4  State::RecoveryPending, "Edith Clarke"    Some("Long Lines"),         Some("+12025550104"), "edith@example.com"  "silver meadow broken compass" Some("NJ2W24DTEBXXMZLSEB2GQZJANRQXU6JA"),
       "a recovery waits: cancel it, or move the clock by P3D";
    5  State::SignUpWaiting,   "Katherine Johnson" None,                     Some("+12025550105"), "katherine@example.com" "marble cactus distant orbit" None,
       "not signed up yet: the link is in the mailbox";
    6  State::PhoneWaiting,    "Mary Jackson"    None,                       Some("+12025550106"), "mary@example.com"   "orange tunnel careful wind"   None,
       "not signed up yet: address confirmed, the code for the phone is in the mailbox; go on from the link there";
    7  State::EmailChangePending("hedy.lamarr@example.com"), "Hedy Lamarr" Some("Frequency Hopping"), Some("+12025550107"), "hedy@example.com" "purple signal garden ladder" None,
       "a new address waits: the link to confirm it is in the mailbox";
    8  State::PasswordVoid,    "Barbara Liskov"  None,                       Some("+12025550108"), "barbara@example.com" "yellow puzzle winter bottle" None,
       "reported a break-in, so the password no longer works: the link for a new one is in the mailbox";
    9  State::PasskeyOwner,    "Joan Clarke"     Some("Hut Eight"),          Some("+12025550109"), "joan@example.com"   "crimson kettle hollow tower"  Some("KRUGKIDROVUWG2ZAMJZG653OEBTG66BA"),
       "authenticator app, and a passkey that no device holds: rename or remove it, add one of your own";
    11 State::Staff(Role::Reviewer),  "Rosa Reviewer"  None, None, "reviewer@lossexpress.example"  "ivory canyon patient judge"    Some("MRXWOIDKOVWXA4ZAN53GK4RAORUGKIDM"),
       "decides appeals against suspensions";
    12 State::Staff(Role::Privacy),   "Paul Privacy"   None, None, "privacy@lossexpress.example"   "hidden walnut steady curtain"  Some("PJQXU6JAMRXWOIDBNZSCA5DIMUQGM33Y"),
       "answers data requests, looks people up, reads the audit log";
    13 State::Staff(Role::Support),   "Sara Support"   None, None, "support@lossexpress.example"   "gentle thunder paper window"   Some("GEZDGNBVGY3TQOJQMFRGGZDFMZTWQ2LK"),
       "looks people up";
    14 State::Staff(Role::Marketing), "Milo Marketing" None, None, "marketing@lossexpress.example" "bright pebble rolling drum"    Some("NNWG23TPOBYXE43UOV3HO6DZPIYTEMZU"),
       "plans mailings";
    15 State::Staff(Role::Admin),     "Alma Admin"     None, None, "admin@lossexpress.example"     "granite feather morning tide"  Some("GU3DOOBZGBQWEY3EMVTGO2DJNJVWY3LO"),
       "manages the team, jobs and messages";
    16 State::Staff(Role::Support),   "Nora Newcomer"  None, None, "newcomer@lossexpress.example"  "linen rocket shallow forest"   None,
       "no second factor yet: nothing of the console opens before one is set up, and nothing about people before the undertaking is agreed to";
    17 State::Invited(Role::Reviewer), "Ivan Invited"  None, None, "invited@lossexpress.example"   "scarlet bucket early glacier"  None,
       "invited to the team: the link is in the mailbox; choose a name and this password with it";
};

/// Everybody in the demo.
pub fn people() -> Vec<DemoPerson> {
    let listed = |part: &Part| DemoPerson {
        email: part.email,
        password: part.password,
        totp_secret: part.totp_secret,
        role: part.role(),
        about: part.about,
    };
    CAST.iter().map(listed).collect()
}
