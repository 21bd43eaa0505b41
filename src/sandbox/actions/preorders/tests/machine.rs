//! The offers' state machine against a model.
