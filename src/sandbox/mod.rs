//! The v2 API on SQLite, served over real HTTP on loopback, with a lifelike seed shop.

pub mod seed;
