//! Completion of arguments: ids with their names, as the shop has them, and the guide's topics.

use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::prompts;
use crate::engine::{Call, Engine, Outcome};
use crate::knowledge::figures::plain;
use crate::knowledge::{Kind, TOPIC_TEMPLATE, TOPICS};
use crate::text;

/// Rows read to choose from: one page of the API.
const ROWS: u64 = 200;
/// Most characters of a name.
const NAME: usize = 60;

/// What can be chosen.
#[derive(Debug, Default, PartialEq, Eq)]
struct Choices {
    /// Ids with their names, best first, each id once.
    found: Vec<(String, String)>,
    /// Whether there are no others.
    whole: bool,
}

/// Where choices are read from: the list, its keys of id and names.
struct Source {
    action: &'static str,
    id: &'static str,
    names: &'static [&'static str],
}

const WANTED: &str = "back_in_stock_reports_products_in_demand";
const HELD: &str = "preorders_product_variants_list";

const OFFERS: [Source; 1] = [Source {
    action: "preorders_offers_list",
    id: "id",
    names: &["name"],
}];
const VARIANTS: [Source; 2] = [variants(WANTED), variants(HELD)];
const PRODUCTS: [Source; 2] = [products(WANTED), products(HELD)];

const fn variants(action: &'static str) -> Source {
    Source {
        action,
        id: "shopify_variant_id",
        names: &["product_title", "variant_title"],
    }
}

const fn products(action: &'static str) -> Source {
    Source {
        action,
        id: "shopify_product_id",
        names: &["product_title"],
    }
}

/// What completes an argument.
pub(super) async fn complete(
    engine: &Arc<Engine>,
    request: CompleteRequestParams,
    cancel: &CancellationToken,
) -> Result<CompleteResult, ErrorData> {
    let name = request.argument.name.as_str();
    let given = request.context.and_then(|context| context.arguments);
    let product = given.and_then(|given| {
        given
            .get("product")?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    });
    let choices = match request.r#ref {
        Reference::Prompt(prompt) => {
            let workflow = prompts::find(engine, &prompt.name)?;
            let known = workflow.arguments.iter().find(|known| known.name == name);
            let known = known.ok_or_else(|| no_argument(name, &prompt.name))?;
            of_kind(engine, known.kind, product, cancel).await?
        }
        Reference::Resource(resource) if resource.uri == TOPIC_TEMPLATE => {
            if name != "topic" {
                return Err(no_argument(name, TOPIC_TEMPLATE));
            }
            topics()
        }
        // Ids of jobs are given by the export that made them, and by nothing else.
        Reference::Resource(resource) if is_export(engine, &resource.uri) => Choices {
            whole: true,
            ..Choices::default()
        },
        other => {
            let shown = text::line(other.as_resource_uri().unwrap_or_default(), 120);
            let message =
                format!("{shown} is no template; resources/templates/list names them all");
            return Err(ErrorData::invalid_params(message, None));
        }
    };
    answer(&choices, &request.argument.value)
        .map_err(|error| ErrorData::internal_error(error, None))
}

fn is_export(engine: &Engine, uri: &str) -> bool {
    let mut templates = engine.export_templates().into_iter();
    templates.any(|(template, _)| template == uri)
}

fn no_argument(name: &str, of: &str) -> ErrorData {
    let shown = text::line(name, 64);
    ErrorData::invalid_params(format!("{of} has no argument `{shown}`"), None)
}

fn topics() -> Choices {
    let found = TOPICS.iter();
    Choices {
        found: found
            .map(|topic| (topic.name.to_owned(), String::new()))
            .collect(),
        whole: true,
    }
}

/// The shop's records of a kind; those that shoppers wait for first.
async fn of_kind(
    engine: &Arc<Engine>,
    kind: Kind,
    product: Option<u64>,
    cancel: &CancellationToken,
) -> Result<Choices, ErrorData> {
    let within = product.map_or_else(|| json!({}), |id| json!({"product_id": id}));
    match kind {
        Kind::Offer => read(engine, &OFFERS, json!({}), cancel).await,
        Kind::Variant => read(engine, &VARIANTS, within, cancel).await,
        Kind::Product => read(engine, &PRODUCTS, json!({}), cancel).await,
        Kind::Date => Ok(Choices {
            whole: true,
            ..Choices::default()
        }),
    }
}

/// One page of each source that the registry has.
async fn read(
    engine: &Arc<Engine>,
    sources: &[Source],
    filter: Value,
    cancel: &CancellationToken,
) -> Result<Choices, ErrorData> {
    let mut choices = Choices {
        whole: true,
        ..Choices::default()
    };
    let mut failed = None;
    for source in sources {
        if engine.find(source.action).is_none() {
            continue;
        }
        let mut arguments: Map<String, Value> = filter.as_object().cloned().unwrap_or_default();
        let fields: Vec<&str> = std::iter::once(source.id)
            .chain(source.names.iter().copied())
            .collect();
        arguments.insert("limit".into(), json!(ROWS));
        arguments.insert("fields".into(), json!(fields));
        let call = Call {
            cancel: cancel.clone(),
            ..Call::new(source.action, arguments)
        };
        match engine.call(call).await {
            Ok(outcome) => choices.take(source, &outcome),
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) if choices.found.is_empty() => {
            Err(ErrorData::internal_error(error.to_string(), None))
        }
        // The other source still helps.
        Some(_) => Ok(Choices {
            whole: false,
            ..choices
        }),
        None => Ok(choices),
    }
}

impl Choices {
    fn take(&mut self, source: &Source, outcome: &Outcome) {
        let page = outcome.page.as_ref();
        self.whole &= page.is_some_and(|page| page.next_cursor.is_none());
        let data = outcome.data.as_ref();
        let rows = outcome.rows_key.as_ref().and_then(|key| data?.get(key));
        for row in rows.and_then(Value::as_array).into_iter().flatten() {
            self.add(source, row);
        }
    }

    fn add(&mut self, source: &Source, row: &Value) {
        let Some(id) = row.get(source.id).map(plain) else {
            return;
        };
        if self.found.iter().any(|(known, _)| *known == id) {
            return;
        }
        let names: Vec<String> = source
            .names
            .iter()
            .filter_map(|name| Some(row.get(*name)?.as_str()?.to_owned()))
            .collect();
        self.found.push((id, text::line(&names.join(" / "), NAME)));
    }
}

/// The choices that begin with the id that was typed, or have what was typed in their name.
fn answer(choices: &Choices, typed: &str) -> Result<CompleteResult, String> {
    let typed = typed.trim().to_lowercase();
    let mut values: Vec<String> = choices
        .found
        .iter()
        .map(|(id, name)| (format!("{id} {name}").trim_end().to_owned(), name))
        .filter(|(value, name)| {
            value.to_lowercase().starts_with(&typed) || name.to_lowercase().contains(&typed)
        })
        .map(|(value, _)| value)
        .collect();
    let count = values.len();
    values.truncate(CompletionInfo::MAX_VALUES);
    let more = count > values.len() || !choices.whole;
    let total = u32::try_from(count).ok().filter(|_| choices.whole);
    CompletionInfo::with_pagination(values, total, more).map(CompleteResult::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(count: usize, whole: bool) -> Choices {
        let found = (1..=count).map(|n| (format!("{n:03}"), format!("Jacket {n} / Olive")));
        Choices {
            found: found.collect(),
            whole,
        }
    }

    fn completed(choices: &Choices, typed: &str) -> (Vec<String>, Option<u32>, Option<bool>) {
        let info = answer(choices, typed).unwrap().completion;
        (info.values, info.total, info.has_more)
    }

    #[test]
    fn an_id_is_found_by_its_beginning_and_by_its_name() {
        let three = choices(3, true);
        let whole = |n: usize| format!("00{n} Jacket {n} / Olive");
        for (typed, wanted) in [
            ("", vec![whole(1), whole(2), whole(3)]),
            ("002", vec![whole(2)]),
            ("02", vec![]),
            (" jacket 3", vec![whole(3)]),
            ("OLIVE", vec![whole(1), whole(2), whole(3)]),
            (&whole(1), vec![whole(1)]),
        ] {
            let total = u32::try_from(wanted.len()).unwrap();
            assert_eq!(
                completed(&three, typed),
                (wanted, Some(total), Some(false)),
                "{typed}"
            );
        }
    }

    #[test]
    fn no_more_than_a_hundred_are_given_and_the_rest_is_told() {
        let (values, total, more) = completed(&choices(120, true), "");
        assert_eq!((values.len(), total, more), (100, Some(120), Some(true)));
        // What was not read may match too: then nobody knows how many do.
        let (values, total, more) = completed(&choices(3, false), "001");
        assert_eq!((values.len(), total, more), (1, None, Some(true)));
    }

    #[test]
    fn a_record_stands_once_and_its_name_shows() {
        let mut found = Choices::default();
        for row in [
            json!({"shopify_variant_id": 7, "product_title": "A\u{202e}b", "variant_title": "C"}),
            json!({"shopify_variant_id": 7, "product_title": "Other", "variant_title": null}),
            json!({"product_title": "No id"}),
        ] {
            let [source, _] = &VARIANTS;
            found.add(source, &row);
        }
        assert_eq!(found.found, [("7".to_owned(), "Ab / C".to_owned())]);
    }
}
