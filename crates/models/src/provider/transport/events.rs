//! A streamed answer, whatever its framing: bytes go into a decoder, chunks come out. The decoder knows no network, so
//! that every way of cutting the bytes can be tested; the stream around it knows the clock.

use super::Body;
use crate::error::Error;
use crate::reply::ChunkStream;
use futures_util::StreamExt;
use usecase::Chunk;

/// Turns the bytes of a streamed answer into chunks.
pub(crate) trait Decode: Send + 'static {
    /// Takes the next bytes.
    fn push(&mut self, bytes: &[u8]);

    /// The bytes are over, properly or not. An answer that has not ended is then an error ([`Error::CutOff`]).
    fn finish(&mut self);

    /// The next chunk that is complete; an error is the last thing that comes.
    fn next(&mut self) -> Option<Result<Chunk, Error>>;

    /// Whether nothing more will come: the end was reached, or an error.
    fn is_done(&self) -> bool;

    /// Whether the answer is whole, though the bytes may go on.
    fn is_complete(&self) -> bool;

    /// Ends the answer with an error from outside, such as a timeout.
    fn fail(&mut self, error: Error);
}

/// Chunks as they arrive; gives up at the clock's limits. Dropped before its end, it closes the connection.
pub(crate) fn stream(body: Body, decoder: impl Decode) -> ChunkStream {
    futures_util::stream::unfold((body, decoder, false), |(mut body, mut decoder, failed)| async move {
        loop {
            if let Some(piece) = decoder.next() {
                let failed = failed || piece.is_err();
                return Some((piece, (body, decoder, failed)));
            }
            if decoder.is_done() {
                if !failed {
                    body.read_out();
                }
                return None;
            }
            match body.next().await {
                Ok(Some(bytes)) => decoder.push(&bytes),
                Ok(None) => decoder.finish(),
                // What was complete before the break is an answer, wherever the connection ended.
                Err(Error::CutOff { .. }) if decoder.is_complete() => decoder.finish(),
                Err(error) => decoder.fail(error),
            }
        }
    })
    .boxed()
}
