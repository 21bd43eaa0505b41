//! The dials of the index, found by trying them on the development sets. None is sharp: a quarter up
//! or down moves the figures by less than a hundredth.

/// Weights of the fields of an action, in the order of [`super::index::FIELDS`].
pub(super) const NAME: f32 = 1.6;
pub(super) const TITLE: f32 = 2.0;
pub(super) const PHRASES: f32 = 1.0;
pub(super) const DESCRIPTION: f32 = 0.5;
pub(super) const PARAMETERS: f32 = 0.15;

/// BM25: how soon a word said again stops counting, and how much the length of a field counts.
pub(super) const K1: f32 = 1.8;
pub(super) const B: f32 = 0.4;

/// Weight of a concept, by its kind.
pub(super) const TOPICS: f32 = 1.0;
pub(super) const NEARS: f32 = 1.15;
pub(super) const SHOPS: f32 = 1.0;
pub(super) const ACTS: f32 = 1.0;
/// Weight of a word's own form beside its concepts.
pub(super) const OWN_FORM: f32 = 0.4;
/// Weight of a mended slip.
pub(super) const MENDED: f32 = 0.85;
/// Weight of a day or a season in a question.
pub(super) const WINDOW: f32 = 0.3;
/// Weight of a verb of doing in a question.
pub(super) const ASKED_VERB: f32 = 0.5;
/// Weight of a word in quotation marks.
pub(super) const QUOTED: f32 = 0.3;
/// Weight of a word in a name of several words.
pub(super) const NAMED: f32 = 0.5;
/// Weight of what is not to be done beside the matter itself.
pub(super) const ASIDE: f32 = 0.4;

/// Weight of the best phrase beside BM25, and of the second best beside the best.
pub(super) const PHRASE: f32 = 1.2;
pub(super) const SECOND: f32 = 0.5;
/// How much of a phrase's score is the share of the request that it meets; the rest is the share of
/// the phrase.
pub(super) const COVERAGE: f32 = 0.3;

/// What is left of the score of an action that does not fit a cue.
pub(super) const LOOK_AT_EFFECT: f32 = 0.62;
pub(super) const OPEN_AT_EFFECT: f32 = 0.9;
pub(super) const ACT_AT_READ: f32 = 0.72;
pub(super) const NO_FILE_ASKED: f32 = 0.65;
pub(super) const FILE_ASKED: f32 = 0.6;
pub(super) const BULK_NOT_ASKED: f32 = 0.8;
pub(super) const BULK_FOR_ONE: f32 = 0.8;
pub(super) const ONE_FOR_MANY: f32 = 0.65;
pub(super) const NOT_OF_THE_ORDER: f32 = 0.5;
pub(super) const JOB_NOT_ASKED: f32 = 0.75;
pub(super) const OTHER_DOMAIN: f32 = 0.55;
pub(super) const NOT_THE_WHOLE: f32 = 0.7;
pub(super) const NO_FIGURES_ASKED: f32 = 0.88;
pub(super) const SETTINGS_FOR_ONE: f32 = 0.75;
pub(super) const NO_TIME_NAMED: f32 = 0.7;
pub(super) const OLD: f32 = 0.3;
pub(super) const PUBLIC: f32 = 0.6;

/// How much each sort of word speaks for a request being ours, or against it; `ORDER` and `ADDRESS`
/// are how much of a near matter an order number and an address are.
pub(super) const TOPIC: f32 = 4.5;
pub(super) const NEAR: f32 = 1.5;
pub(super) const SHOP: f32 = 0.6;
pub(super) const ORDER: f32 = 1.4;
pub(super) const ADDRESS: f32 = 0.5;
pub(super) const FOREIGN: f32 = 3.0;
pub(super) const UNKNOWN: f32 = 0.65;
/// Weight of a foreign word long after the matter.
pub(super) const LATE: f32 = 0.5;
/// How much the share of the request speaks for it that the best phrase meets.
pub(super) const COVER: f32 = 3.9;
/// Least evidence that is answered, and of a request that holds no word of others.
pub(super) const EVIDENCE: f32 = 3.7;
pub(super) const EVIDENCE_OF_KNOWN: f32 = 2.2;
/// Weight of a word nobody knows, against the rareness of known ones.
pub(super) const STRANGER: f32 = 3.0;
/// Weight of a request that says enough for its cover to count in full.
pub(super) const ENOUGH: f32 = 6.0;
