//! What words mean, as short vectors that lie in the binary.
