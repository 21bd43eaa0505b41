#[path = "../../../../src/upstream/retry.rs"]
mod retry;
