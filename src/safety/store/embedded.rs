//! The store of one machine: an SQLite file with private permissions, or memory alone.
