//! Shoppers: who they are, where they live, how they can be reached.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::clock::instant;
use super::draw::{Draw, Subject, running};
use super::names::{CULTURES, Culture, ENGLISH, FRENCH, Name, SPANISH};
use super::story::Times;
use crate::sandbox::seed::model::Customer;

/// United States, Canada.
const MARKETS: [i64; 2] = [91_000_000_001, 91_000_000_002];

const US_AREAS: [u16; 36] = [
    201, 206, 212, 213, 214, 267, 303, 305, 312, 323, 347, 360, 404, 415, 425, 458, 469, 503, 509,
    512, 541, 602, 612, 617, 628, 646, 702, 703, 720, 737, 773, 801, 813, 917, 929, 971,
];
const CA_AREAS: [u16; 12] = [204, 236, 250, 403, 416, 438, 506, 514, 587, 604, 647, 902];
const HOSTS: [&str; 3] = ["example.com", "example.net", "example.org"];

/// Makes shoppers no two of whom share an address, number or token.
pub(super) struct Shoppers {
    draw: Draw,
    shop_id: Uuid,
    cultures: Vec<u64>,
    addresses: BTreeSet<String>,
    us_phones: Phones,
    ca_phones: Phones,
    shopify_customer_id: i64,
    sms: Share,
    push: Share,
}

impl Shoppers {
    pub(super) fn new(number: u64, shop_id: Uuid) -> Self {
        let mut draw = Draw::new(number, Subject::Customers);
        let us_phones = Phones::new(&mut draw, &US_AREAS);
        let ca_phones = Phones::new(&mut draw, &CA_AREAS);
        Self {
            draw,
            shop_id,
            cultures: running(CULTURES.iter().map(|culture| culture.weight)),
            addresses: BTreeSet::new(),
            us_phones,
            ca_phones,
            shopify_customer_id: 7_301_000_000_000,
            sms: Share::new(143),
            push: Share::new(70),
        }
    }

    /// A shopper who signs up for the first time at that instant, and the channel chosen.
    pub(super) fn next(&mut self, at: i64, times: Times) -> (Customer, &'static str) {
        let culture = self.draw.weighted(&self.cultures);
        let home = culture == ENGLISH || self.draw.percent(72);
        let (country, dialling, locale, market) = self.place(culture, home);
        let sms = self
            .sms
            .turn(&mut self.draw, times.has_sms() && market.is_some());
        let push = self.push.turn(&mut self.draw, times.has_push() && !sms);
        let channel = match (sms, push) {
            (true, _) => "sms",
            (false, true) => "push",
            (false, false) => "email",
        };
        let culture = CULTURES.get(culture);
        let given = self.draw.pick(culture.map_or(&[], |own| own.given));
        let family = self.draw.pick(culture.map_or(&[], |own| own.family));

        let with_email = channel == "email" || self.draw.percent(45);
        let with_phone = channel == "sms" || (market.is_some() && self.draw.percent(26));
        let email = with_email.then(|| self.address(given, family));
        let phone = if with_phone {
            self.phone(country)
        } else {
            None
        };
        let customer = Customer {
            id: self.draw.uuid(),
            shop_id: self.shop_id,
            email,
            phone,
            push: (channel == "push").then(|| format!("push-{}", self.draw.hex())),
            name: self.name(culture, given, family),
            country: Some(country.to_owned()),
            country_code: Some(dialling.to_owned()),
            locale: Some(locale.to_owned()),
            accepts_marketing: self.draw.percent(34),
            shopify_customer_id: self.shopify_id(),
            shopify_market_id: market,
            unsubscribed_at: None,
            created_at: instant(at),
        };
        (customer, channel)
    }

    /// Country, dialling code, locale and market.
    fn place(
        &mut self,
        culture: usize,
        home: bool,
    ) -> (&'static str, &'static str, &'static str, Option<i64>) {
        let [us, ca] = MARKETS;
        // French names live in Canada more often than not.
        let canadian = if culture == FRENCH { 70 } else { 17 };
        match CULTURES.get(culture) {
            Some(own) if !home => (own.country, own.dialling, own.locale, None),
            _ if self.draw.percent(canadian) => {
                let locale = if culture == FRENCH { "fr-CA" } else { "en-CA" };
                ("ca", "1", locale, Some(ca))
            }
            _ if culture == SPANISH && self.draw.percent(40) => ("us", "1", "es-US", Some(us)),
            _ => ("us", "1", "en-US", Some(us)),
        }
    }

    fn phone(&mut self, country: &str) -> Option<String> {
        match country {
            "us" => self.us_phones.next(),
            "ca" => self.ca_phones.next(),
            _ => None,
        }
    }

    /// As people write themselves into a small form: most in full, some not at all.
    fn name(&mut self, culture: Option<&Culture>, given: Name, family: Name) -> Option<String> {
        let full = if culture.is_some_and(|own| own.family_first) {
            format!("{}{}", family.0, given.0)
        } else {
            format!("{} {}", given.0, family.0)
        };
        match self.draw.below(100) {
            0..11 => None,
            11..19 => Some(given.0.to_owned()),
            19..24 => Some(full.to_lowercase()),
            24..26 => Some(full.to_uppercase()),
            _ => Some(full),
        }
    }

    fn address(&mut self, given: Name, family: Name) -> String {
        let initial: String = given.1.chars().take(1).collect();
        let local = match self.draw.below(10) {
            0..5 => format!("{}.{}", given.1, family.1),
            5 => format!("{initial}{}", family.1),
            6 => format!("{}{}", given.1, self.draw.between(1, 99)),
            7 => format!("{}_{}", given.1, family.1),
            8 => format!("{}.{initial}", family.1),
            _ => format!("{}{}{}", given.1, family.1, self.draw.between(60, 99)),
        };
        let host = self.draw.pick(&HOSTS);
        let mut address = format!("{local}@{host}");
        let mut taken = 1_u32;
        while !self.addresses.insert(address.clone()) {
            taken += 1;
            address = format!("{local}{taken}@{host}");
        }
        address
    }

    /// Two of three bought before or have an account.
    fn shopify_id(&mut self) -> Option<i64> {
        self.shopify_customer_id += self.draw.between(1_000, 90_000);
        self.draw.percent(66).then_some(self.shopify_customer_id)
    }
}

/// Lets so many of a thousand through, by chance but without straying far from the share.
struct Share {
    permille: u64,
    owed: u64,
}

impl Share {
    /// What can be owed at most, so that a pause is not made up for at once.
    const MOST: u64 = 3_000;

    const fn new(permille: u64) -> Self {
        Self { permille, owed: 0 }
    }

    /// Whether the next one is let through, if possible at all.
    fn turn(&mut self, draw: &mut Draw, possible: bool) -> bool {
        self.owed = (self.owed + self.permille).min(Self::MOST);
        let through = possible && self.owed >= 1_000 + draw.below(1_000);
        if through {
            self.owed -= 1_000;
        }
        through
    }
}

/// Numbers of the range kept for fiction, 1 xxx 555 01xx, in an order that looks like none.
struct Phones {
    areas: &'static [u16],
    at: usize,
}

impl Phones {
    /// Shares no factor with the numbers of either list, so all come before one comes again.
    const STEP: usize = 2_477;

    fn new(draw: &mut Draw, areas: &'static [u16]) -> Self {
        Self {
            areas,
            at: draw.index(areas.len() * 100),
        }
    }

    fn next(&mut self) -> Option<String> {
        self.at = (self.at + Self::STEP) % (self.areas.len() * 100);
        let area = self.areas.get(self.at / 100)?;
        Some(format!("1{area}55501{:02}", self.at % 100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_come_round_only_when_all_are_taken() {
        let lists: [&'static [u16]; 2] = [&US_AREAS, &CA_AREAS];
        for areas in lists {
            let all = areas.len() * 100;
            let mut phones = Phones { areas, at: 5 };
            let taken: BTreeSet<String> = (0..all).filter_map(|_| phones.next()).collect();
            assert_eq!(taken.len(), all);
        }
    }

    #[test]
    fn a_share_is_kept_closely_and_a_pause_is_not_made_up_for() {
        let mut draw = Draw::new(1, Subject::Customers);
        let mut share = Share::new(100);
        let mut through = |possible, times: u32| {
            (0..times)
                .filter(|_| share.turn(&mut draw, possible))
                .count()
        };
        assert!((97..=100).contains(&through(true, 1_000)));
        assert_eq!(through(false, 1_000), 0);
        assert!((100..=103).contains(&through(true, 1_000)));
    }

    #[test]
    fn named_places_are_those_of_the_table() {
        let locales = [ENGLISH, SPANISH, FRENCH].map(|at| CULTURES[at].locale);
        assert_eq!(locales, ["en-GB", "es-ES", "fr-FR"]);
    }

    #[test]
    fn latin_forms_fit_an_address() {
        for culture in CULTURES {
            for (written, latin) in culture.given.iter().chain(culture.family) {
                assert!(!written.is_empty());
                assert!(
                    !latin.is_empty() && latin.bytes().all(|byte| byte.is_ascii_lowercase()),
                    "{written}: {latin}"
                );
            }
        }
    }
}
