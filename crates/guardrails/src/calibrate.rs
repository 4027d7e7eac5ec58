//! Thresholds that keep a stated error rate on a use case's own answers.
