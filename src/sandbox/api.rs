//! One request to the API, step by step in the order of the contract: key, points, dispatch, body,
//! contract, records and state, effect, answer. Faults strike between them where their rule says.

use chrono::{DateTime, Utc};
use http::Method;
use serde_json::{Map, Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::actions::v1::V1Refusal;
use super::core::{Core, Shop};
use super::dispatch::{Route, unregistered};
use super::faults::{self, Fault, Fired, Place, Seen};
use super::journal::{self, Entry};
use super::rate::{Standing, second};
use super::reply::{Refusal, Refuses, Reply};
use super::scope::Args;
use super::wire::{Answer, Ask, Delivery, Done};
use super::{actions, contract, control, hosted, jobs, params};
use crate::registry::Action;
use crate::registry::manifest::{Extra, manifest};

/// Names the shop of a request without a key (vendor docs: v1 Back in Stock API).
const SHOP_DOMAIN: &str = "x-shopify-shop-domain";

impl Core {
    /// Answers one request, whatever it is for.
    pub(super) fn handle(&mut self, ask: &Ask) -> Delivery {
        let registry = std::sync::Arc::clone(&self.registry);
        let mut delivery = match Route::of(&registry, ask) {
            Route::Control(path) => {
                let (status, body) =
                    control::over_http(self, ask.method.as_str(), &path, &ask.query, &ask.body);
                Delivery::whole(Answer::json(status, &body))
            }
            Route::Elsewhere => Delivery::whole(refused(&Refusal::NotFound("Not found".into()))),
            route => self
                .in_transaction(|core| core.api(ask, &route))
                .unwrap_or_else(|refusal| Delivery::whole(refused(&refusal))),
        };
        let date = self.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let headers = &mut delivery.answer.headers;
        headers.push(("date", date));
        headers.push(("x-request-id", Uuid::new_v4().to_string()));
        delivery
    }

    fn api(&mut self, ask: &Ask, route: &Route<'_>) -> Result<Delivery, Refusal> {
        let now = self.now();
        let now_ms = now.timestamp_millis();
        self.settle(now)?;
        let shop = if route.is_keyed() {
            self.shop_of_key(key(ask, route))?
        } else if matches!(route, Route::V1Public(_)) {
            self.shop_of_domain(ask.header(SHOP_DOMAIN))?
        } else {
            None
        };
        let admitted = match &shop {
            Some(shop) if route.is_keyed() => self
                .points
                .entry(shop.id.clone())
                .or_default()
                .admits(now_ms, ask.points(), &self.env.config),
            Some(_) | None => !route.is_keyed(),
        };
        let seen = Seen {
            method: ask.method.as_str(),
            path: &ask.path,
            shop: shop.as_ref().map(|shop| shop.domain.as_str()),
            admitted,
            submits_job: route.submits_job(),
            fetches_file: matches!(route, Route::File(_)),
        };
        let fired = self.faults.fire(&seen, &mut self.ids);
        let mut entry = Entry {
            shop: shop.as_ref().map(|shop| shop.domain.as_str()),
            method: Some(ask.method.as_str()),
            path: Some(&ask.path),
            points: Some(0),
            fault: fired.names(),
            ..Entry::default()
        };
        let mut delivery = match fired.at(Place::Early) {
            Some(fault) => self.early(fault, now_ms),
            None => {
                let (delivery, effects, points) =
                    self.keyed(ask, route, shop.as_ref(), now, &fired)?;
                entry.effects = effects;
                entry.points = Some(points);
                delivery
            }
        };
        delivery.delay += fired.delay;
        entry.status = Some(delivery.answer.status).filter(|status| *status > 0);
        journal::record(&self.db, now_ms, &entry)?;
        Ok(delivery)
    }

    /// A fault that strikes before the key is looked at.
    fn early(&self, fault: &Fault, now_ms: i64) -> Delivery {
        match fault {
            Fault::RateLimit {
                retry_after,
                omit,
                body,
            } => Delivery::whole(faults::over_budget(
                *retry_after,
                omit,
                *body,
                second(now_ms),
                &self.env.config,
            )),
            other => faults::spoil(other, unanswered()),
        }
    }

    /// From the key on: refused, or charged and served.
    fn keyed(
        &mut self,
        ask: &Ask,
        route: &Route<'_>,
        shop: Option<&Shop>,
        now: DateTime<Utc>,
        fired: &Fired,
    ) -> Result<(Delivery, Vec<Value>, u32), Refusal> {
        if route.is_keyed() && shop.is_none() {
            return Ok((Delivery::whole(no_key(route)), Vec::new(), 0));
        }
        let payer = shop.filter(|_| route.is_keyed());
        let standing = payer.map(|shop| self.charge(shop, ask.points(), now));
        let points = standing.map_or(0, |_| ask.points());
        let with_standing = |answer: Answer| match &standing {
            Some(standing) => answer.with_standing(standing),
            None => answer,
        };
        if let Some(wait) = standing.and_then(|standing| standing.retry_after) {
            let config = &self.env.config;
            let answer = Answer::over_budget(wait, config.rate_limit, config.rate_window_s);
            return Ok((Delivery::whole(with_standing(answer)), Vec::new(), points));
        }
        if let Some(fault) = fired.at(Place::Before) {
            let delivery = faults::spoil(fault, with_standing(unanswered()));
            return Ok((delivery, Vec::new(), points));
        }
        self.env.job_fault = match &fired.fault {
            Some(Fault::Job(fault)) => Some(fault.clone()),
            Some(_) | None => None,
        };
        let (answer, effects) = match self.serve(ask, route, shop, now) {
            Ok(done) => done,
            Err(mut refusal) => (refused(&refusal), refusal.take_effects()),
        };
        let answer = with_standing(answer);
        let delivery = match fired.at(Place::After) {
            Some(fault) => faults::spoil(fault, answer),
            None => Delivery::whole(answer),
        };
        Ok((delivery, effects, points))
    }

    fn charge(&mut self, shop: &Shop, cost: u32, now: DateTime<Utc>) -> Standing {
        self.points.entry(shop.id.clone()).or_default().charge(
            now.timestamp_millis(),
            cost,
            &self.env.config,
        )
    }

    /// The request as if there were no faults.
    fn serve(
        &mut self,
        ask: &Ask,
        route: &Route<'_>,
        shop: Option<&Shop>,
        now: DateTime<Utc>,
    ) -> Result<Done, Refusal> {
        let nothing = Vec::new();
        match (route, shop) {
            (Route::Help(scope), Some(_)) => {
                let body = manifest(&self.registry, scope, Extra::None);
                Ok((Answer::json(200, &body), nothing))
            }
            (Route::Action(action, values), Some(shop)) => {
                let max_body = self.max_body();
                let sent = params::sent(ask, action.request_schema(), max_body)?;
                let (body, effects) = self.act(action, values, sent, shop, now)?;
                let status = if ask.method == Method::GET { 200 } else { 202 };
                Ok((Answer::json(status, &body), effects))
            }
            (Route::Mcp, Some(shop)) => hosted::answer(self, ask, shop, now),
            (Route::Unregistered(path), Some(_)) => {
                Err(Refusal::NotFound(unregistered(&ask.method, path)))
            }
            (Route::V1(action, values), Some(shop)) => Ok(self.v1(ask, action, values, shop, now)),
            (Route::V1Public(action), Some(shop)) => Ok(self.v1(ask, action, &[], shop, now)),
            (Route::V1Public(_), None) if ask.header(SHOP_DOMAIN).is_empty() => {
                Ok((v1_error(401, "Unauthorized"), nothing))
            }
            (Route::V1Unregistered | Route::V1Public(_), _) => {
                Ok((v1_error(404, "Not found"), nothing))
            }
            (Route::File(job_id), _) => Ok((self.file(ask, job_id, now)?, nothing)),
            (Route::Help(_) | Route::Action(..) | Route::Mcp, None)
            | (Route::Unregistered(_) | Route::V1(..), None) => Err(Refusal::NoKey),
            (Route::Control(_) | Route::Elsewhere, _) => Err(Refusal::NotFound("Not found".into())),
        }
    }

    /// Largest body in bytes.
    pub(super) fn max_body(&self) -> usize {
        usize::try_from(self.env.config.max_body_bytes).unwrap_or(usize::MAX)
    }

    /// Contract, then the action itself; its payload and effects.
    pub(super) fn act(
        &mut self,
        action: &Action,
        values: &[(String, String)],
        sent: Map<String, Value>,
        shop: &Shop,
        now: DateTime<Utc>,
    ) -> Result<(Value, Vec<Value>), Refusal> {
        let mut checked = contract::check(action, sent)?;
        checked.extend(with_text(values));
        let args = Args(checked);
        self.in_scope(shop, now, |scope| -> Reply {
            actions::run(action.name(), scope, &args).unwrap_or_else(|| {
                let entry = action.entry();
                let verb = entry.method.as_str();
                Err(Refusal::NotFound(format!(
                    "No v2 action registered for {verb} {}",
                    entry.path
                )))
            })
        })
    }

    /// The same for v1, whose actions answer with statuses of their own.
    fn v1(
        &mut self,
        ask: &Ask,
        action: &Action,
        values: &[(String, String)],
        shop: &Shop,
        now: DateTime<Utc>,
    ) -> Done {
        let done = params::sent(ask, action.request_schema(), self.max_body())
            .and_then(|sent| contract::check(action, sent))
            .map_err(|refusal| match refusal {
                Refusal::Invalid(texts) => actions::v1::broken(action.name(), texts),
                other => other.into(),
            })
            .and_then(|mut checked| {
                checked.extend(with_text(values));
                let args = Args(checked);
                self.in_scope(shop, now, |scope| {
                    actions::v1::run(action.name(), scope, &args)
                        .unwrap_or_else(|| Err(V1Refusal::because(404, "Not found")))
                })
            });
        let (answer, effects) = match done {
            Ok(done) => done,
            Err(mut refusal) => {
                let effects = refusal.take_effects();
                let (answer, reason) = refusal.into_answer();
                reason.inspect(|reason| log_failure(reason));
                (answer, effects)
            }
        };
        let answer = match &answer.body {
            Some(body) => Answer::json(answer.status, body),
            None => Answer::empty(answer.status),
        };
        (answer, effects)
    }

    fn file(&self, ask: &Ask, job_id: &str, now: DateTime<Utc>) -> Result<Answer, Refusal> {
        let mut expires = 0;
        let mut signature = String::new();
        for (name, value) in form_urlencoded::parse(ask.query.as_bytes()) {
            match &*name {
                "expires" => expires = value.parse::<i64>().unwrap_or_default(),
                "signature" => signature = value.into_owned(),
                _ => {}
            }
        }
        let now_ms = now.timestamp_millis();
        let open =
            second(now_ms) < expires && self.env.links.is_genuine(job_id, expires, &signature);
        let found = match open {
            true => jobs::file(&self.db, job_id, now_ms, &self.env.config)?,
            false => None,
        };
        Ok(match found {
            Some((name, csv)) => {
                let mut answer = Answer::text(200, "text/csv; charset=utf-8", csv);
                answer.headers.push((
                    "content-disposition",
                    format!("attachment; filename=\"{name}\""),
                ));
                answer
            }
            None => faults::store_error(403, "AccessDenied"),
        })
    }
}

/// The key a request carries. Plain REST knows one header; the MCP server takes a bearer as well.
fn key<'a>(ask: &'a Ask, route: &Route<'_>) -> &'a str {
    let token = ask.header("x-auth-token");
    if token.is_empty() && matches!(route, Route::Mcp) {
        let bearer = ask.header("authorization").split_once(' ');
        return match bearer {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
            Some(_) | None => "",
        };
    }
    token
}

fn no_key(route: &Route<'_>) -> Answer {
    match route {
        Route::V1(..) | Route::V1Unregistered | Route::V1Public(_) => v1_error(401, "Unauthorized"),
        Route::Help(_)
        | Route::Action(..)
        | Route::Mcp
        | Route::Unregistered(_)
        | Route::File(_)
        | Route::Control(_)
        | Route::Elsewhere => refused(&Refusal::NoKey),
    }
}

/// A request that never gets an answer of its own.
const fn unanswered() -> Answer {
    Answer::empty(0)
}

/// A refusal as an answer; a fault of the sandbox itself goes to the log.
fn refused(refusal: &Refusal) -> Answer {
    if let Refusal::Broken(reason) = refusal {
        log_failure(reason);
    }
    Answer::json(refusal.status(), &refusal.body())
}

fn log_failure(reason: &str) {
    tracing::error!(%reason, "the sandbox failed to serve a request");
}

/// A refusal in the form of v1.
fn v1_error(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({"error": text}))
}

/// Placeholders as parameters.
fn with_text(values: &[(String, String)]) -> impl Iterator<Item = (String, Value)> {
    let text = |(name, value): &(String, String)| (name.clone(), Value::String(value.clone()));
    values.iter().map(text)
}
