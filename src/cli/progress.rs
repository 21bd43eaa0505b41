//! Progress of jobs, exports and long lists: a bar where somebody watches, plain lines elsewhere.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::style::tell;
use crate::engine::{OnProgress, Progress};

/// The bar, in the columns of a narrow terminal.
const BAR: &str = "{bar:24} {pos} of {len} ({msg})";

/// Tells how far something is, on standard error.
#[derive(Debug, Clone)]
pub(super) struct Bar(Arc<Inner>);

#[derive(Debug)]
enum Inner {
    /// Drawn over itself.
    Drawn(ProgressBar),
    /// One line a change.
    Lines(Mutex<Option<Progress>>),
    /// Nobody wants to know.
    Silent,
}

impl Bar {
    /// As standard error can show it.
    pub(super) fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(Arc::new(Inner::Lines(Mutex::new(None))));
        }
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(BAR);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(Arc::new(Inner::Drawn(bar)))
    }

    /// Never shown.
    pub(super) fn silent() -> Self {
        Self(Arc::new(Inner::Silent))
    }

    /// Shows how far it is.
    pub(super) fn show(&self, progress: &Progress) {
        match &*self.0 {
            Inner::Drawn(bar) => {
                bar.set_length(progress.total);
                bar.set_position(progress.done);
                bar.set_message(progress.message.clone());
            }
            Inner::Lines(last) => {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if last.as_ref() != Some(progress) {
                    tell(&line(progress));
                    *last = Some(progress.clone());
                }
            }
            Inner::Silent => {}
        }
    }

    /// For the engine, which tells it.
    pub(super) fn listener(&self) -> OnProgress {
        let bar = self.clone();
        Arc::new(move |progress| bar.show(&progress))
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        match &*self.0 {
            Inner::Drawn(bar) => bar.finish_and_clear(),
            Inner::Lines(_) | Inner::Silent => {}
        }
    }
}

fn line(progress: &Progress) -> String {
    format!(
        "… {} of {} ({})\n",
        progress.done, progress.total, progress.message
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is() {
        let progress = Progress {
            done: 3,
            total: 10,
            message: "30 %".to_owned(),
        };
        assert_eq!(line(&progress), "… 3 of 10 (30 %)\n");
    }
}
