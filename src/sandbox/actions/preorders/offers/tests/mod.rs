//! What offers' actions do and refuse.

mod lifecycle;
mod products;
mod settings;
