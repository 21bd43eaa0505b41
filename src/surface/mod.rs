//! What a client sees of the registry: how its actions are named, shown and reached.

pub mod find;
