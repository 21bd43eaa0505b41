//! One action as an element that opens: what it does, its arguments, an example, its answer.

use serde_json::{Map, json};

use super::Page;
use super::example::{command, pretty, request, tools_call};
use super::markup::Markup;
use super::shape;
use crate::registry::Action;
use crate::registry::entry::{Api, Class, Handler, Provenance, Retry};

/// Writes the action.
pub(super) fn action(out: &mut Markup, page: &Page<'_>, action: &Action) {
    let entry = action.entry();
    out.within("<details class=a id=\"", &entry.name, "\"");
    if page.talks.is_none() {
        // What a page without a server finds the action by.
        let words = entry.aliases.iter().chain(&entry.phrases);
        let words: Vec<&str> = words.map(String::as_str).collect();
        out.within(" data-k=\"", &words.join(" "), "\"");
    }
    out.within("><summary><h3>", &entry.title, "</h3>");
    out.within("<code class=name>", &entry.name, "</code><span class=tags>");
    class(out, entry.class);
    provenance(out, entry.provenance);
    out.raw("</span></summary><div class=in><p class=lead>");
    out.prose(&entry.description).raw("</p>");
    if let Some(notes) = &entry.notes {
        out.raw("<p class=note>").prose(notes).raw("</p>");
    }
    facts(out, action);
    list(out, "<h4>Before</h4><ul>", &entry.preconditions);
    tries(out, page, entry.class);
    out.raw("<h4>Arguments</h4>");
    shape::arguments(out, action.input_schema());
    examples(out, page, action);
    out.raw("<h4>Answer</h4>");
    shape::sketch(out, action.response_schema());
    next(out, page, action);
    out.raw("</div></details>");
}

/// The class, in a word and a colour.
pub(super) fn class(out: &mut Markup, class: Class) {
    out.raw(match class {
        Class::Read => "<span class=\"b read\">read</span>",
        Class::Write => "<span class=\"b write\">write</span>",
        Class::Send => "<span class=\"b send\">send</span>",
        Class::Money => "<span class=\"b money\">money</span>",
        Class::Destroy => "<span class=\"b destroy\">destroy</span>",
    });
}

/// Where its facts come from, in a word and a border.
pub(super) fn provenance(out: &mut Markup, provenance: Provenance) {
    out.raw(match provenance {
        Provenance::Documented => "<span class=\"p sure\">documented</span>",
        Provenance::DocumentedName => "<span class=\"p name\">documented name</span>",
        Provenance::Inferred => "<span class=\"p guess\">inferred</span>",
        Provenance::Live => "<span class=\"p sure\">live</span>",
    });
}

fn facts(out: &mut Markup, action: &Action) {
    let entry = action.entry();
    out.raw("<ul class=facts>");
    match entry.api {
        Api::V2 | Api::V1 | Api::V1Public => {
            let path = format!(
                "{} {}{}",
                entry.method.as_str(),
                entry.api.base_path(),
                entry.path
            );
            out.within("<li><code>", &path, "</code></li>");
        }
        Api::Local => {
            out.raw("<li>answered by this program</li>");
        }
    }
    let points = match entry.points() {
        1 => "1 point".to_owned(),
        points => format!("{points} points"),
    };
    out.within("<li>", &points, "</li>");
    out.raw(match entry.handler {
        Handler::Request | Handler::Local => "",
        Handler::Job => "<li>a job, waited for</li>",
        Handler::Export => "<li>an export, fetched as rows</li>",
    });
    if entry.class != Class::Read {
        out.raw(match entry.idempotent {
            true => "<li>a second call changes nothing more</li>",
            false => "<li>a second call acts again</li>",
        });
        out.raw(match entry.retry {
            Retry::Safe => "<li>repeated after a fault</li>",
            Retry::ReadBack => "<li>read back after a fault</li>",
            Retry::NaturalKey => "<li>looked up after a fault, not repeated</li>",
            Retry::Once => "<li>not repeated after a fault</li>",
        });
    }
    for name in &entry.also_known_as {
        out.within("<li>also <code>", name, "</code></li>");
    }
    for rule in &entry.raises {
        out.raw("<li>");
        class(out, rule.class);
        out.within(" when <code>", &rule.argument, "</code>");
        match &rule.equals {
            Some(value) => out.within(" is <code>", &value.to_string(), "</code>"),
            None => {
                out.raw(" is given");
            }
        }
        out.within(": ", &rule.why, "</li>");
    }
    out.raw("</ul>");
}

fn list(out: &mut Markup, open: &'static str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    out.raw(open);
    for item in items {
        out.raw("<li>").prose(item).raw("</li>");
    }
    out.raw("</ul>");
}

/// The place of the form, or why there is none.
fn tries(out: &mut Markup, page: &Page<'_>, class: Class) {
    if page.talks.is_none() {
        return;
    }
    out.raw(match page.tries.contains(&class) {
        true => "<div class=try></div>",
        false => "<p class=not>This page tries reads alone. The operator can allow more with <code>--docs-writes</code>.</p>",
    });
}

fn examples(out: &mut Markup, page: &Page<'_>, action: &Action) {
    let none = Map::new();
    let examples = &action.entry().examples;
    out.raw(match examples.len() {
        0 | 1 => "<h4>Example</h4>",
        _ => "<h4>Examples</h4>",
    });
    for example in examples {
        out.within("<div class=ex><p>", &example.title, "</p>");
        block(out, "<pre class=json>", &pretty(&json!(example.arguments)));
        out.raw("</div>");
    }
    let arguments = examples.first().map_or(&none, |first| &first.arguments);
    out.raw(match examples.len() {
        0 | 1 => "<h5>As a tool call</h5>",
        _ => "<h5>The first as a tool call</h5>",
    });
    let tool = (page.tool)(action);
    block(out, "<pre>", &tools_call(action, &tool, arguments));
    out.raw("<h5>On the command line</h5>");
    block(out, "<pre>", &command(action, arguments));
    if let Some(request) = request(action, arguments) {
        out.raw("<h5>As the API's own request</h5>");
        block(out, "<pre>", &request);
    }
}

fn block(out: &mut Markup, open: &'static str, text: &str) {
    out.within(open, text, "</pre>");
}

/// What usually follows, as far as the page has it.
fn next(out: &mut Markup, page: &Page<'_>, action: &Action) {
    let names = action.entry().next.iter();
    let known = names.filter_map(|name| page.registry.get(name));
    let known: Vec<&Action> = known.filter(|action| (page.keep)(action)).collect();
    if known.is_empty() {
        return;
    }
    out.raw("<h4>Often next</h4><ul class=next>");
    for action in known {
        out.within("<li><a href=\"#", action.name(), "\">");
        out.text(&action.entry().title).raw("</a></li>");
    }
    out.raw("</ul>");
}

/// A toolset's name as a heading: `back_in_stock.signups` is "Back in stock · signups".
pub(super) fn heading(toolset: &str) -> String {
    let words = toolset.replace('_', " ").replace('.', " · ");
    let mut symbols = words.chars();
    match symbols.next() {
        Some(first) => first.to_uppercase().chain(symbols).collect(),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolset_reads_as_a_heading() {
        assert_eq!(heading("back_in_stock.signups"), "Back in stock · signups");
        assert_eq!(heading("storefront"), "Storefront");
        assert_eq!(heading(""), "");
    }
}
