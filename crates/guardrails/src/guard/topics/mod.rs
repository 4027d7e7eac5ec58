//! What a use case is about, by example sentences: `allowed` holds a question against them and against what the world asks
//! otherwise (`background`), by what `features` sees and `classifier` learns; `small_talk` is always on topic.

mod allowed;
mod background;
mod classifier;
mod features;
mod small_talk;

pub(crate) use allowed::AllowedTopics;
pub(crate) use small_talk::looks_like_small_talk;

#[cfg(test)]
mod tests;
