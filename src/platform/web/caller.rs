//! Who is calling, as far as the network tells: address, country, browser, request id.

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use ipnet::{IpNet, Ipv6Net};
use tracing_actix_web::RequestId;
use uuid::Uuid;

use crate::platform::app::App;
use crate::platform::audit::Circumstances;

/// Longest browser name that is kept, in characters.
const USER_AGENT_KEPT: usize = 300;

/// The circumstances of one request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Client address; a forwarded one only if a trusted proxy says so.
    pub ip: IpAddr,
    /// ISO 3166 country of the address, if known.
    pub country: Option<String>,
    /// Browser as it calls itself, shortened.
    pub user_agent: String,
    /// The request, as it stands in logs and error pages.
    pub request_id: Uuid,
}

impl Caller {
    /// Reads the circumstances from a request.
    pub fn of(request: &HttpRequest) -> Self {
        let app = request.app_data::<web::Data<App>>().expect("every server has its App");
        let ip = client_ip(request, &app.config.trusted_proxies);
        let user_agent =
            request.headers().get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        Self {
            ip,
            country: app.geo.country(ip),
            user_agent: user_agent.unwrap_or_default().chars().take(USER_AGENT_KEPT).collect(),
            request_id: request.extensions().get::<RequestId>().map_or(Uuid::nil(), |id| **id),
        }
    }

    /// The network that limits count by: the address, or the /64 of an IPv6 address.
    pub fn network(&self) -> String {
        match self.ip {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => Ipv6Net::new(ip, 64).map(|net| net.trunc().to_string()).unwrap_or_default(),
        }
    }

    /// The /48 of an IPv6 address: so much one customer of a provider has at most, as a rule.
    pub fn site(&self) -> Option<String> {
        match self.ip {
            IpAddr::V4(_) => None,
            IpAddr::V6(ip) => Ipv6Net::new(ip, 48).ok().map(|net| net.trunc().to_string()),
        }
    }

    /// For the audit log.
    pub fn circumstances(&self) -> Circumstances {
        Circumstances {
            request_id: Some(self.request_id),
            ip: Some(IpNet::from(self.ip)),
            country: self.country.clone(),
            user_agent: Some(self.user_agent.clone()),
        }
    }

    /// Browser and system in a few words, for people.
    pub fn browser(&self) -> String {
        describe_browser(&self.user_agent)
    }

    /// Country and address in a few words, for people.
    pub fn place(&self) -> String {
        format!("{} ({})", self.country.as_deref().unwrap_or("unknown country"), self.ip)
    }
}

impl FromRequest for Caller {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

/// Browser and system of a user agent in a few words, as in `Firefox on Linux`.
pub fn describe_browser(user_agent: &str) -> String {
    match woothee::parser::Parser::new().parse(user_agent) {
        Some(found) if found.os != "UNKNOWN" => format!("{} on {}", found.name, found.os),
        Some(found) if found.name != "UNKNOWN" => found.name.to_owned(),
        _ if user_agent.is_empty() => "an unnamed browser".into(),
        _ => user_agent.split(['/', ' ']).next().unwrap_or("a program").chars().take(40).collect(),
    }
}

/// The nearest address that is no trusted proxy, walking `X-Forwarded-For` from the right.
fn client_ip(request: &HttpRequest, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|network| network.contains(ip));
    let peer = request.peer_addr().map_or(IpAddr::from([127, 0, 0, 1]), |peer| canonical(peer.ip()));
    if !is_trusted(&peer) {
        return peer;
    }
    let mut nearest = peer;
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for hop in forwarded.iter().rev() {
        let Ok(ip) = hop.trim().parse::<IpAddr>() else { break };
        nearest = canonical(ip);
        if !is_trusted(&nearest) {
            break;
        }
    }
    nearest
}

/// `::ffff:192.0.2.1` is 192.0.2.1.
fn canonical(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn ip_of(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
        for value in forwarded {
            request = request.append_header(("x-forwarded-for", *value));
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        client_ip(&request.to_http_request(), &trusted).to_string()
    }

    #[test]
    fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
        assert_eq!(ip_of("203.0.113.9", &["198.51.100.1"], &["10.0.0.0/8"]), "203.0.113.9");
        assert_eq!(ip_of("10.0.0.1", &["198.51.100.1"], &["10.0.0.0/8"]), "198.51.100.1");
    }

    #[test]
    fn what_a_client_claims_before_the_last_untrusted_hop_is_ignored() {
        assert_eq!(ip_of("10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.0.0.2"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(ip_of("10.0.0.1", &["1.1.1.1", "198.51.100.1"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(ip_of("10.0.0.1", &["nonsense"], &["10.0.0.0/8"]), "10.0.0.1");
    }
}
