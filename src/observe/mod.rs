//! What operators see of the server at work: figures that are counted, and spans that are traced.
//!
//! The rooms above tell it what they do, and it imports none of them. It takes names of actions, classes,
//! kinds and counts, and nothing else: no argument, no body, no address with ids, no shop and no caller
//! passes through here, so none can end in a figure or a span. Who is shown the figures, and where spans
//! are sent, is settled above.

mod figures;
mod labels;
mod listing;
mod process;
mod scope;
mod span;
mod traceparent;

pub(crate) use figures::{Reading, figures};
pub(crate) use labels::Acting;
pub(crate) use listing::table;
pub(crate) use scope::{Scope, carried, here, within};
pub(crate) use span::{Asked, Sending, Trace, send_spans_to, template};
pub(crate) use traceparent::TraceContext;
