//! Answers that go on although their app went away (`on_disconnect = "drain"`): each in a task of its own, until it is
//! there and recorded, or until the server's own drain runs out of time.

use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// A handle on all of them; every clone is the same. Each task holds a receiver: when there is none, all have ended.
#[derive(Clone)]
pub(crate) struct Lasting(Arc<watch::Sender<bool>>);

impl Default for Lasting {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Lasting {
    /// What the work gave, or `None` when it was cut. Dropping this future does not end the work.
    pub(crate) async fn carry<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        tokio::spawn(self.until_cut(work)).await.ok().flatten()
    }

    /// Leaves the work to itself. Where no runtime is left to do it, it is dropped, as if it had been cut.
    pub(crate) fn leave(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(self.until_cut(work));
        }
    }

    fn until_cut<T, W: Future<Output = T> + Send>(
        &self,
        work: W,
    ) -> impl Future<Output = Option<T>> + Send + use<T, W> {
        let mut cut = self.0.subscribe();
        async move {
            tokio::select! {
                biased;
                _ = cut.wait_for(|cut| *cut) => None,
                done = work => Some(done),
            }
        }
    }

    /// Resolves when none goes on.
    pub(crate) async fn ended(&self) {
        self.0.closed().await;
    }

    /// Drops whatever goes on, and all that would from now on.
    pub(crate) fn cut(&self) {
        self.0.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::future::pending;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn work_outlasts_who_waits_for_it_until_it_is_cut() {
        let lasting = Lasting::default();
        lasting.ended().await;
        let (go, gone) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let work = async move {
            let _ = gone.await;
            tell.send(1)
        };
        assert!(lasting.carry(work).now_or_never().is_none(), "nobody waits for it any more");
        assert!(lasting.ended().now_or_never().is_none(), "it goes on");
        go.send(()).expect("the work waits");
        assert_eq!(told.await, Ok(1));
        lasting.ended().await;

        lasting.leave(pending());
        assert!(lasting.ended().now_or_never().is_none());
        lasting.cut();
        lasting.ended().await;
        assert_eq!(lasting.carry(pending::<()>()).await, None, "nothing begins after the cut");
    }
}
