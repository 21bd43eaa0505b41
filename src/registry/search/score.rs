//! Which action a request is nearest to.
//!
//! Two measures are added. The words of an action's fields count by BM25, fields weighted; and every
//! phrase is a small document of its own, of which the best counts by how much of the request and of
//! the phrase meet. The cues of the request then weigh the sum.

use super::cues::Cues;
use super::dials::{
    ACT_AT_READ, BULK_FOR_ONE, BULK_NOT_ASKED, COVER, COVERAGE, ENOUGH, FILE_ASKED, JOB_NOT_ASKED,
    K1, LOOK_AT_EFFECT, NO_FIGURES_ASKED, NO_FILE_ASKED, NO_TIME_NAMED, NOT_OF_THE_ORDER,
    NOT_THE_WHOLE, OLD, ONE_FOR_MANY, OPEN_AT_EFFECT, OTHER_DOMAIN, PHRASE, PUBLIC, SECOND,
    SETTINGS_FOR_ONE,
};
use super::index::{Index, Traits};
use super::mood::Mood;
use super::request::Request;

/// The actions that fit a text, by position, best first; none when the text is not ours.
pub(super) fn rank(index: &Index, text: &str) -> Vec<usize> {
    let request = Request::of(text, index);
    let (scores, cover) = scores(index, &request);
    // Who says a title or a phrase word for word is understood, however little it says.
    let said = index.of_saying(text);
    if said.is_none() && request.evidence() + COVER * cover < request.least_evidence() {
        return Vec::new();
    }
    let mut ranked: Vec<(usize, f32)> = scores
        .into_iter()
        .enumerate()
        .filter(|(_, score)| *score > 0.0)
        .collect();
    // Of equals the first in the registry goes first.
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let others = ranked.into_iter().map(|(doc, _)| doc);
    said.into_iter()
        .chain(others.filter(|doc| Some(*doc) != said))
        .collect()
}

/// The score of every action, and how much of the request its best phrase covers.
fn scores(index: &Index, request: &Request) -> (Vec<f32>, f32) {
    let mut fields = vec![0.0_f32; index.traits.len()];
    let mut met = vec![0.0_f32; index.phrases.len()];
    let mut mass = 0.0;
    for (term, weight) in &request.terms {
        let rare = index.rareness(*term);
        mass += rare * weight;
        for (doc, amount) in index.docs_with(*term) {
            if let Some(sum) = fields.get_mut(*doc) {
                *sum += weight * rare * amount * (K1 + 1.0) / (K1 + amount);
            }
        }
        for (phrase, amount) in index.phrases_with(*term) {
            if let Some(sum) = met.get_mut(*phrase) {
                *sum += rare * weight.min(*amount);
            }
        }
    }
    let whole = (mass + request.strangeness()).max(0.01);
    let mut cover = 0.0_f32;
    let mut best = vec![(0.0_f32, 0.0_f32); index.traits.len()];
    for (phrase, met) in index.phrases.iter().zip(met) {
        cover = cover.max(met / whole);
        let of_request = met / mass.max(0.01);
        let of_phrase = met / phrase.mass.max(0.01);
        let score = met * (COVERAGE * of_request + (1.0 - COVERAGE) * of_phrase);
        if let Some(best) = best.get_mut(phrase.doc) {
            if score > best.0 {
                *best = (score, best.0);
            } else if score > best.1 {
                best.1 = score;
            }
        }
    }
    let scores = fields
        .into_iter()
        .zip(best)
        .zip(&index.traits)
        .map(|((fields, (best, second)), traits)| {
            (fields + PHRASE * (best + SECOND * second)) * fit(&request.cues, traits)
        })
        .collect();
    // A verb alone is covered by much, and says little.
    (scores, cover * (mass / ENOUGH).min(1.0))
}

/// How well an action fits the cues, at most 1.
fn fit(cues: &Cues, traits: &Traits) -> f32 {
    let mut fit = match (cues.mood, traits.reads) {
        (Mood::Look, false) => LOOK_AT_EFFECT,
        (Mood::Act, true) if !(cues.progress || (cues.file && traits.export)) => ACT_AT_READ,
        (Mood::Open, false) => OPEN_AT_EFFECT,
        (Mood::Look | Mood::Act | Mood::Open, _) => 1.0,
    };
    let mut unless = |fits: bool, dial: f32| {
        if !fits {
            fit *= dial;
        }
    };
    unless(cues.file || !traits.export, NO_FILE_ASKED);
    unless(
        !cues.file || traits.export || (traits.job && cues.progress),
        FILE_ASKED,
    );
    unless(cues.many || !traits.bulk, BULK_NOT_ASKED);
    unless(!cues.one || cues.many || !traits.bulk, BULK_FOR_ONE);
    unless(!cues.many || !traits.single, ONE_FOR_MANY);
    unless(!cues.numbered || traits.order, NOT_OF_THE_ORDER);
    unless(cues.progress || !traits.job, JOB_NOT_ASKED);
    let preorders = cues.preorder && !cues.waitlist;
    unless(
        !preorders || !traits.waitlist || traits.preorder,
        OTHER_DOMAIN,
    );
    let waitlists = cues.waitlist && !cues.preorder;
    unless(
        !waitlists || !traits.preorder || traits.waitlist,
        OTHER_DOMAIN,
    );
    unless(cues.dated || !traits.timed, NO_TIME_NAMED);
    unless(cues.figures || !traits.report, NO_FIGURES_ASKED);
    unless(!cues.person || !traits.settings, SETTINGS_FOR_ONE);
    let looks = traits.reads && cues.mood == Mood::Look;
    unless(!cues.mixed || traits.whole || looks, NOT_THE_WHOLE);
    unless(cues.old || !traits.old, OLD);
    unless(cues.public || !traits.public, PUBLIC);
    fit
}
