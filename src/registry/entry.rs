//! The entry format of `tools.registry.json`, as types.
//!
//! The meta-schema beside the registry file is generated from this module, so an editor checks what
//! the loader would refuse. Every enum is closed and matched exhaustively elsewhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::piece::Piece;

/// The whole registry file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "stoq-mcp action registry")]
pub struct RegistryFile {
    /// Where an editor finds the meta-schema.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Version of the API the actions belong to, as the manifest prints it.
    pub version: String,
    /// Path of the v2 base below the host root.
    pub base_path: String,
    /// Shared schema pieces: paging, windows, money, the signup shape.
    #[serde(rename = "$defs")]
    pub defs: Map<String, Value>,
    /// The actions, in the order of the manifest.
    pub actions: Vec<Entry>,
}

/// One action.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Unique tool name: static path segments and action joined by `_`, at most 48 characters.
    #[schemars(length(min = 1, max = 48), regex(pattern = r"^[a-z][a-z0-9_]*$"))]
    pub name: String,
    /// Longer names that stay callable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_known_as: Vec<String>,
    /// Short name, as the manifest prints it; repeated across resources.
    pub action: String,
    /// Two to six words for people.
    pub title: String,
    /// What it does and when to use it; the first sentence stands alone. At most 1,024 characters.
    #[schemars(length(max = 1024))]
    pub description: String,
    /// The sentence the manifest prints, where it differs from `description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_description: Option<String>,
    /// Caveats; printed by the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Natural-language phrases the vendor documents; printed by the manifest.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// 5 to 12 ways a merchant would ask for it; they feed search.
    #[schemars(length(min = 5, max = 12))]
    pub phrases: Vec<String>,
    /// Group the action belongs to, e.g. `back_in_stock.signups`.
    pub toolset: String,
    /// Which API serves it.
    pub api: Api,
    /// HTTP verb.
    pub method: Method,
    /// Path below the base, with `:placeholders`.
    pub path: String,
    /// Where the parameters travel, when not where the verb has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters_in: Option<ParametersIn>,
    /// The same call with the shop's key, of a public action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyed: Option<Keyed>,
    /// Schema of each placeholder, by name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub path_schema: Map<String, Value>,
    /// JSON Schema of the query (GET) or body, without placeholders. `x-verbatim` marks texts that are
    /// kept as sent; `x-null-clears` at the root, a body other than a PATCH's in which null clears;
    /// `x-any-of` at the root, fields of which a body must have one; `x-shapes`, a parameter that does
    /// not filter but says how the `rows` come or which `fields` they have; `x-default-window`, how long
    /// the window is when this end of it is not given.
    pub request_schema: Piece,
    /// The vendor's published form of `request_schema`, where it differs; printed by the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire_schema: Option<Piece>,
    /// JSON Schema of a successful answer; `x-pii` and `x-untrusted` mark fields, `x-verbatim` texts of
    /// several lines that the merchant wrote and writes back as they were read, `x-sum` fields of rows
    /// that can be added up (numbers, or texts that are `x-decimal`).
    pub response_schema: Piece,
    /// Status codes of a success, where they are not those of the verb: 200 of v1 and of reads, 202 of
    /// the other calls of v2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<u16>,
    /// Whether a list may be answered with its one row alone, without the list around it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bare_row: bool,
    /// Row fields of a list, dotted, that are shown unless more is asked for: what the next step needs.
    /// Left out where the whole row is short.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concise: Vec<String>,
    /// How its answer is drawn, where a picture says something; only of reads that one request answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<Chart>,
    /// Effect class: the worst case over all arguments that `raises` does not name.
    pub class: Class,
    /// How the engine runs it.
    pub handler: Handler,
    /// Argument rules under which one call is of a higher class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raises: Vec<Raise>,
    /// Whether a second identical call leaves the same state.
    pub idempotent: bool,
    /// What may be repeated after a fault.
    pub retry: Retry,
    /// How to see whether a write happened; required unless `retry` is `safe`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_back: Option<ReadBack>,
    /// Where the blast radius is read from; required for `send`, `money` and `destroy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<Targets>,
    /// What v2 has instead of a v1 action, a row for each way of calling it; only of v1 actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub successors: Vec<Successor>,
    /// What must hold before.
    #[serde(default)]
    pub preconditions: Vec<String>,
    /// Names of actions that usually follow.
    #[serde(default)]
    pub next: Vec<String>,
    /// Where the facts come from.
    pub provenance: Provenance,
    /// Arguments that validate, with what they are for.
    #[schemars(length(min = 1))]
    pub examples: Vec<Example>,
}

impl Entry {
    /// Every name it is called by.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.name).chain(&self.also_known_as)
    }
}

/// Which API serves an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// The v2 API.
    V2,
    /// The v1 API with key.
    V1,
    /// The public part of v1: shop domain header, no key.
    V1Public,
    /// None: this server answers by itself.
    Local,
}

impl Api {
    /// Path of the base below the host root (vendor docs: Overview; v1 Back in Stock API).
    pub const fn base_path(self) -> &'static str {
        match self {
            Self::V2 => "/api/v2/external",
            Self::V1 => "/api/v1/external",
            Self::V1Public => "/api/v1",
            Self::Local => "",
        }
    }

    /// Rate-limit cost of one request: reads 1, writes 2 (vendor docs: Rate Limits). Without a key
    /// no shop is charged, nor for what is answered here.
    pub const fn points(self, method: Method) -> u32 {
        match (self, method) {
            (Self::V1Public | Self::Local, _) => 0,
            (Self::V2 | Self::V1, Method::Get) => 1,
            (Self::V2 | Self::V1, Method::Post | Method::Put | Method::Patch | Method::Delete) => 2,
        }
    }

    /// Whether it is the older of the two APIs.
    pub const fn is_v1(self) -> bool {
        match self {
            Self::V2 | Self::Local => false,
            Self::V1 | Self::V1Public => true,
        }
    }
}

/// HTTP verb of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads; parameters in the query.
    Get,
    /// Effects; parameters in the body.
    Post,
    /// v1's partial writes; parameters in the body.
    Put,
    /// Deep-partial settings writes; parameters in the body.
    Patch,
    /// Removals; parameters in the body, unless the entry says otherwise.
    Delete,
}

impl Method {
    /// The verb as it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether what is not sent stays as it is, so that null and absent differ.
    pub const fn is_partial(self) -> bool {
        match self {
            Self::Put | Self::Patch => true,
            Self::Get | Self::Post | Self::Delete => false,
        }
    }

    /// Where the parameters of a request travel.
    pub const fn parameters_in(self) -> ParametersIn {
        match self {
            Self::Get => ParametersIn::Query,
            Self::Post | Self::Put | Self::Patch | Self::Delete => ParametersIn::Body,
        }
    }
}

/// Where the parameters of a request travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParametersIn {
    /// The query, lists as `name[]=a&name[]=b`.
    Query,
    /// The body, as JSON.
    Body,
}

impl Entry {
    /// Whether it reads the jobs of its toolset.
    pub fn reads_jobs(&self) -> bool {
        self.method == Method::Get && matches!(self.handler, Handler::Job | Handler::Export)
    }

    /// Rate-limit cost of one request.
    pub const fn points(&self) -> u32 {
        self.api.points(self.method)
    }

    /// Status codes of a success (vendor docs: API v2 Reference; v1 Back in Stock API).
    pub fn success(&self) -> Vec<u16> {
        match (self.answers.as_slice(), self.api, self.method) {
            ([], Api::V2, Method::Post | Method::Put | Method::Patch | Method::Delete) => vec![202],
            ([], Api::V2, Method::Get) | ([], Api::V1 | Api::V1Public | Api::Local, _) => vec![200],
            (codes, _, _) => codes.to_vec(),
        }
    }

    /// Where the parameters of a request travel.
    pub fn parameters_in(&self) -> ParametersIn {
        self.parameters_in
            .unwrap_or_else(|| self.method.parameters_in())
    }

    /// Names of the v2 actions that do what this v1 action does; none when v2 has no home for it.
    pub fn successor_names(&self) -> impl Iterator<Item = &str> {
        let names = self.successors.iter().flat_map(|row| &row.actions);
        names.map(String::as_str)
    }
}

/// Effect class, lowest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Looks.
    Read,
    /// Reversible settings and records.
    Write,
    /// Can message shoppers.
    Send,
    /// Charges, refunds, cancels with refund.
    Money,
    /// Deletes rows, lets goods go, loses knowledge.
    Destroy,
}

impl Class {
    /// Every class, lowest first.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Write,
        Self::Send,
        Self::Money,
        Self::Destroy,
    ];

    /// The name used in the registry and in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Send => "send",
            Self::Money => "money",
            Self::Destroy => "destroy",
        }
    }

    /// Whether an effect of this class can be taken back by another call.
    pub const fn is_reversible(self) -> bool {
        match self {
            Self::Read | Self::Write => true,
            Self::Send | Self::Money | Self::Destroy => false,
        }
    }
}

/// How the engine runs an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Handler {
    /// One request, one answer.
    Request,
    /// Submits a bulk job, or (GET) reads one: polled to its end.
    Job,
    /// As `job`, and the finished file is fetched and given back as rows.
    Export,
    /// Answered here from what the program knows; nothing is sent and nothing is paid.
    Local,
}

/// How the answer of a report is drawn.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// What stands along the axis.
    pub kind: ChartKind,
    /// Fields of a row that name it, joined; only of a ranking.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub label: Vec<String>,
    /// Figures that are told beside the picture, dotted from the answer's root.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Measure>,
    /// Its parts, each with an axis of its own. A ranking shows the first, and the others where a reader
    /// can switch to them.
    #[schemars(length(min = 1))]
    pub panels: Vec<ChartPanel>,
}

/// What stands along the axis of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChartKind {
    /// The rows, in their order.
    Ranking,
    /// The buckets, by their `date`.
    Timeline,
    /// The measures themselves: fields of the answer, dotted from its root.
    Figures,
}

/// One part of a picture: measures of one unit.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartPanel {
    /// What is measured.
    pub title: String,
    /// The field that says what the stacked series make up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<String>,
    /// The measures; several of a row are stacked.
    #[schemars(length(min = 1, max = 6))]
    pub series: Vec<Measure>,
}

/// A field that is drawn or told.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The field.
    pub field: String,
    /// Its name beside the picture.
    pub name: String,
}

/// What may be repeated after a fault (see the retry table in the docs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Reads, polls, exports: repeat.
    Safe,
    /// Read back; repeat once only if unchanged.
    ReadBack,
    /// Look the record up by its natural key; never repeat after an ambiguous fault.
    NaturalKey,
    /// Never repeat after an ambiguous fault.
    Once,
}

/// How to see whether a write happened.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadBack {
    /// The read that shows it.
    pub action: String,
    /// Its arguments; `"{name}"` stands for an argument of the write (left out when absent),
    /// `"{name.part}"` for a part of one, `"{name.0}"` for the first member of a list and
    /// `"{call_time}"` for the moment of the call.
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// Arguments of the write of which one must be given for the read to tell its record from
    /// others'; empty when it always can.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// What in the answer proves that the write happened.
    pub proof: Proof,
    /// What the answer (for `created`: its new row) must hold, nested as it is there, with templates as
    /// in `arguments`. When it is empty, `patched` looks for the arguments themselves.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub holds: Map<String, Value>,
}

/// What proves that a write happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Every field sent, or everything in `holds`, reads back with the value sent.
    Patched,
    /// The record is no longer there.
    Gone,
    /// A row created after the call is listed.
    Created,
    /// A person or an agent has to look.
    Inspect,
}

/// Where the blast radius of a call is read from.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Targets {
    /// Exactly one record, the one the arguments name.
    One {
        /// What the call does to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<Subject>,
    },
    /// The distinct members of an array argument.
    Ids {
        /// Name of that argument.
        argument: String,
        /// What the call does to them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<Subject>,
    },
    /// The total count of a list read.
    Query {
        /// The list action.
        action: String,
        /// Its arguments, templates as in `read_back`.
        arguments: Map<String, Value>,
        /// What the call does to what is listed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<Subject>,
    },
}

impl Targets {
    /// What the call does to its targets.
    pub const fn subject(&self) -> Option<Subject> {
        match self {
            Self::One { subject } | Self::Ids { subject, .. } | Self::Query { subject, .. } => {
                *subject
            }
        }
    }
}

/// What a call does to its targets: which facts its plan reads and tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A shopper is put on a waitlist, and may get an opt-in message.
    NewSignup,
    /// Restock alerts of signups are sent.
    Alerts,
    /// Signups are deleted.
    DeletedSignups,
    /// Signups are moved to another variant.
    MovedSignups,
    /// Orders are let go to ship.
    ReleasedOrders,
    /// Orders are cancelled, with what was collected given back or not.
    CancelledOrders,
    /// The balance of an order is charged.
    ChargedOrders,
    /// Collected money of an order is given back.
    RefundedOrders,
    /// Links to pay the balance are mailed.
    PaymentLinks,
    /// A shipping update is mailed.
    ShippingUpdates,
    /// An offer is deleted.
    DeletedOffers,
    /// The balances of an offer's orders are charged from now on when they are due.
    AutomaticCharges,
    /// The preorder counters of variants are set to zero.
    ResetVariants,
}

impl Subject {
    /// The class of the calls it is of.
    pub const fn class(self) -> Class {
        match self {
            Self::NewSignup | Self::Alerts | Self::PaymentLinks | Self::ShippingUpdates => {
                Class::Send
            }
            Self::CancelledOrders
            | Self::ChargedOrders
            | Self::RefundedOrders
            | Self::AutomaticCharges => Class::Money,
            Self::DeletedSignups
            | Self::MovedSignups
            | Self::ReleasedOrders
            | Self::DeletedOffers
            | Self::ResetVariants => Class::Destroy,
        }
    }

    /// The reads without which its plan cannot be made.
    pub const fn readers(self) -> &'static [&'static str] {
        match self {
            Self::NewSignup => &["back_in_stock_settings_read"],
            Self::Alerts | Self::DeletedSignups => {
                &["back_in_stock_signups_read", "back_in_stock_signups_list"]
            }
            Self::MovedSignups => &["back_in_stock_signups_list"],
            Self::ReleasedOrders
            | Self::CancelledOrders
            | Self::ChargedOrders
            | Self::RefundedOrders
            | Self::PaymentLinks
            | Self::ShippingUpdates => &["preorders_orders_read", "preorders_orders_list"],
            Self::DeletedOffers | Self::AutomaticCharges => {
                &["preorders_offers_read", "preorders_orders_list"]
            }
            Self::ResetVariants => &[
                "preorders_product_variants_read",
                "preorders_product_variants_list",
            ],
        }
    }
}

/// An argument rule that raises the class of one call.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raise {
    /// Dotted path of the argument looked at.
    pub argument: String,
    /// The value under which the rule holds; any non-null value when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Value>,
    /// The class of the call then.
    pub class: Class,
    /// Why, in a few words.
    pub why: String,
}

/// What v2 has instead of a v1 action.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Successor {
    /// Which calls of the action the row is about; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Names of the v2 actions; empty when v2 has none.
    pub actions: Vec<String>,
    /// What differs, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differences: Option<String>,
    /// Where the pairing comes from.
    pub provenance: Provenance,
}

/// A public action called with the shop's key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keyed {
    /// Path below the keyed v1 base.
    pub path: String,
    /// What v2 has instead.
    pub successors: Vec<Successor>,
}

/// Where the facts of an entry come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// Stated by the vendor's documentation.
    Documented,
    /// The name is documented, the path follows a stated pattern.
    DocumentedName,
    /// Inferred from neighbouring facts.
    Inferred,
    /// Read from the shop's live manifest.
    Live,
}

impl Provenance {
    /// In words, as tables and descriptions say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::DocumentedName => "documented name",
            Self::Inferred => "inferred",
            Self::Live => "live",
        }
    }
}

/// Example arguments.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What the call is for.
    pub title: String,
    /// The arguments, placeholders included.
    pub arguments: Map<String, Value>,
}
