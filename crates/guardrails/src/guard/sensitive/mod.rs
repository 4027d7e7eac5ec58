//! Sensitive subjects, self-harm above all, and regulated advice.
