//! The registry as a page for people: one HTML document, made by pure functions.
//!
//! Two forms of one thing. Alone ([`html`]) it is a file that needs no server: style and scripts are
//! within it, and the search filters the page. Served ([`served`]) it names its style and scripts, asks
//! the server's own search, and has a place to try a call. Either way the browser is told to run and
//! load nothing else ([`POLICY`]), every text is escaped in one place ([`markup`]), and the scripts
//! cannot turn a text into markup, because the policy takes that away from them too.

mod action;
mod example;
mod markup;
mod shape;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::registry::entry::{Class, Provenance};
use crate::registry::{Action, Registry};
use action::heading;
use markup::Markup;

/// What a browser may do with the served page: load its own style and scripts, and ask its own server.
/// The last two leave the scripts no way to make markup out of a text.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The style.
pub const STYLE: &str = concat!(
    include_str!("assets/base.css"),
    include_str!("assets/action.css"),
    include_str!("assets/find.css"),
    include_str!("assets/try.css"),
);
/// The script that runs before anything shows, so that the page never flashes in the other theme.
pub const THEME: &str = include_str!("assets/theme.js");
/// The scripts of the served page.
pub const SCRIPT: &str = concat!(
    include_str!("assets/page.js"),
    include_str!("assets/found.js"),
    include_str!("assets/door.js"),
    include_str!("assets/search.js"),
    include_str!("assets/show.js"),
    include_str!("assets/try.js"),
);
/// Those of the page alone.
const SCRIPT_ALONE: &str = concat!(
    include_str!("assets/page.js"),
    include_str!("assets/filter.js"),
);

/// What a served page talks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Talks {
    /// The sandbox inside the server.
    Sandbox,
    /// An API on the server's own machine, such as a sandbox of its own; its address.
    Nearby(String),
    /// The shop's API; its host.
    Shop(String),
}

/// Which credential a server asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A bearer token that the operator gave out.
    Token,
    /// The shop's own key.
    ShopKey,
}

/// What a page shows.
struct Page<'a> {
    registry: &'a Registry,
    keep: &'a dyn Fn(&Action) -> bool,
    /// The tool that runs an action; its own, or one of its class.
    tool: &'a dyn Fn(&Action) -> String,
    /// `None` = no server.
    talks: Option<&'a Talks>,
    /// Classes of calls that the page tries.
    tries: &'a [Class],
}

/// The actions that `keep` holds, as a file that stands alone.
pub fn html(registry: &Registry, keep: impl Fn(&Action) -> bool) -> String {
    let page = Page {
        registry,
        keep: &keep,
        tool: &|action| action.name().to_owned(),
        talks: None,
        tries: &[],
    };
    let mut out = Markup::default();
    let policy = format!(
        "default-src 'none'; script-src {} {}; style-src {}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        fingerprint(THEME),
        fingerprint(SCRIPT_ALONE),
        fingerprint(STYLE)
    );
    head(&mut out);
    out.within(
        "<meta http-equiv=Content-Security-Policy content=\"",
        &policy,
        "\">",
    );
    out.raw("<style>").raw(STYLE).raw("</style>");
    out.raw("<script>").raw(THEME).raw("</script>");
    top(&mut out);
    content(&mut out, &page);
    out.raw("<script>").raw(SCRIPT_ALONE).raw("</script>\n");
    out.finish()
}

/// The actions that `keep` holds, for a caller of a server; `tool` names the tool that runs one there,
/// and `tries` the classes of calls that the page tries.
pub fn served(
    registry: &Registry,
    keep: impl Fn(&Action) -> bool,
    tool: impl Fn(&Action) -> String,
    talks: &Talks,
    tries: &[Class],
) -> String {
    let page = Page {
        registry,
        keep: &keep,
        tool: &tool,
        talks: Some(talks),
        tries,
    };
    let mut out = Markup::default();
    served_head(&mut out);
    content(&mut out, &page);
    out.finish()
}

/// The page that asks for a credential. It says nothing of a shop, nor of what the server offers.
pub fn sign_in(asked: Asked) -> String {
    let (label, about) = match asked {
        Asked::Token => (
            "Bearer token",
            "This server tells its callers apart. Enter the token that its operator gave you to see the actions it is for.",
        ),
        Asked::ShopKey => (
            "API key of the shop",
            "This server serves whoever has a shop's key. Enter the key that the STOQ app shows under Settings (API keys).",
        ),
    };
    let mut out = Markup::default();
    served_head(&mut out);
    out.raw("<div id=content><main id=actions class=door tabindex=-1><h1>Actions</h1>");
    out.within("<p>", about, "</p>");
    out.raw("<form id=door><label for=token>").text(label);
    out.raw("</label><input id=token type=password autocomplete=off spellcheck=false required><button type=submit class=main>Show the actions</button></form><p id=refused role=alert></p><p class=quiet>It stays in this page's memory and is gone when the page is closed or loaded again; it is never stored.</p><noscript><p>This page needs JavaScript to send it.</p></noscript></main></div>");
    out.finish()
}

/// How a policy names a script or a style that stands in the page itself.
fn fingerprint(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

fn head(out: &mut Markup) {
    out.raw("<!doctype html>\n<html lang=en><head><meta charset=utf-8><title>Actions of stoq-mcp</title><meta name=viewport content=\"width=device-width, initial-scale=1\"><meta name=description content=\"What can be done with STOQ back-in-stock waitlists and preorders, generated from the action registry.\"><meta name=color-scheme content=\"light dark\">");
}

/// The addresses lie beside the page's own, so that a proxy may put it under any path.
fn served_head(out: &mut Markup) {
    head(out);
    out.raw("<link rel=stylesheet href=docs/page.css><script src=docs/theme.js></script><script src=docs/page.js defer></script>");
    top(out);
}

fn top(out: &mut Markup) {
    out.raw("</head><body><a class=skip href=#actions>Skip to the actions</a><header class=top><p class=mark><b>stoq-mcp</b> actions</p><div class=find role=search><label class=vh for=q>Search the actions</label><input id=q type=text role=combobox aria-expanded=false aria-controls=found aria-autocomplete=list autocomplete=off spellcheck=false enterkeyhint=search maxlength=200 placeholder=\"Say it in your own words\"><kbd aria-hidden=true>/</kbd><ul id=found role=listbox aria-label=\"Found actions\" hidden></ul><p id=told role=status></p></div><button id=theme type=button aria-pressed=false>Dark</button></header>");
}

fn content(out: &mut Markup, page: &Page<'_>) {
    let actions = page.registry.actions().iter();
    let kept: Vec<&Action> = actions.filter(|action| (page.keep)(action)).collect();
    let toolsets = page.registry.toolsets().into_iter();
    let of = |toolset: &str| -> Vec<&Action> {
        let kept = kept.iter().copied();
        kept.filter(|action| action.toolset() == toolset).collect()
    };
    let toolsets: Vec<(&str, Vec<&Action>)> = toolsets
        .map(|toolset| (toolset, of(toolset)))
        .filter(|(_, actions)| !actions.is_empty())
        .collect();
    out.raw("<div id=content><nav class=sets aria-label=Toolsets><ul>");
    for (toolset, actions) in &toolsets {
        out.within("<li><a href=\"#t-", toolset, "\">");
        out.text(&heading(toolset)).raw(" <span>");
        out.text(&actions.len().to_string()).raw("</span></a></li>");
    }
    out.raw("</ul></nav><main id=actions tabindex=-1><h1>Actions</h1>");
    intro(out, page, kept.len());
    for (toolset, actions) in &toolsets {
        out.within("<section class=set id=\"t-", toolset, "\"><h2>");
        out.text(&heading(toolset)).raw(" <code>");
        out.text(toolset).raw("</code></h2>");
        for action in actions {
            action::action(out, page, action);
        }
        out.raw("</section>");
    }
    out.raw("</main></div>");
}

fn intro(out: &mut Markup, page: &Page<'_>, count: usize) {
    if let Some(talks) = page.talks {
        where_to(out, talks, page.tries);
    }
    out.within(
        "<p>What an agent can do through stoq-mcp ",
        env!("CARGO_PKG_VERSION"),
        ": ",
    );
    out.text(&count.to_string());
    out.raw(" actions, generated from the registry that the tools are made of.</p><details class=legend><summary>What the badges say</summary><dl>");
    for class in Class::ALL {
        out.raw("<div><dt>");
        action::class(out, class);
        out.within("</dt><dd>", means(class), "</dd></div>");
    }
    for provenance in [
        Provenance::Documented,
        Provenance::DocumentedName,
        Provenance::Inferred,
        Provenance::Live,
    ] {
        out.raw("<div><dt>");
        action::provenance(out, provenance);
        out.within("</dt><dd>", comes_from(provenance), "</dd></div>");
    }
    out.raw("</dl></details>");
}

/// What is at the other end, and what may be tried there.
fn where_to(out: &mut Markup, talks: &Talks, tries: &[Class]) {
    match talks {
        Talks::Sandbox => {
            out.raw("<p class=\"talks sandbox\" id=talks><b>Sandbox</b> Calls from this page go to the made-up shop inside this server. Nobody is messaged and nothing is charged.");
        }
        Talks::Nearby(address) => {
            out.raw("<p class=\"talks near\" id=talks><b>This machine</b> Calls from this page go to the API at <code>");
            out.text(address).raw("</code>.");
        }
        Talks::Shop(host) => {
            out.raw("<p class=\"talks shop\" id=talks><b>Real shop</b> Calls from this page go to the shop's own data at <code>");
            out.text(host).raw("</code>.");
        }
    }
    out.raw(" It tries ");
    if let [Class::Read] = tries {
        out.raw("reads alone.</p>");
        return;
    }
    out.raw("calls of ");
    for (at, class) in tries.iter().enumerate() {
        out.raw(match at {
            0 => "",
            _ => ", ",
        });
        out.text(class.as_str());
    }
    out.raw(", with plans and confirmations as everywhere.</p>");
}

const fn means(class: Class) -> &'static str {
    match class {
        Class::Read => "Looks, and changes nothing.",
        Class::Write => "Changes settings and records; another call takes it back.",
        Class::Send => "Can message shoppers.",
        Class::Money => "Charges, refunds, or cancels with a refund.",
        Class::Destroy => "Deletes records, lets goods go, or loses what was known.",
    }
}

const fn comes_from(provenance: Provenance) -> &'static str {
    match provenance {
        Provenance::Documented => "The vendor's documentation states it.",
        Provenance::DocumentedName => {
            "The vendor documents the name; the path follows a stated pattern."
        }
        Provenance::Inferred => "Concluded from neighbouring facts; not stated anywhere.",
        Provenance::Live => "Read from the shop's own manifest.",
    }
}

#[cfg(test)]
mod tests;
