//! Tests of the whole path live with the real server; these are of the pieces that need none.
