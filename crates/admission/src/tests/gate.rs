//! The gate against a model of what it promises, step by step; and from many runtimes at once.

use crate::{Denied, Gate, Pass, Priority};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use usecase::Period;
use usecase::declared::LimitsSection;

fn gate(places: usize, queue: usize) -> Gate {
    let queue_wait = Period::from_secs(3600);
    Gate::new(&LimitsSection { max_in_flight: Some(places), max_queue: queue, queue_wait, breaker: true })
}

type Entering<'a> = Pin<Box<dyn Future<Output = Result<Pass, Denied>> + 'a>>;

/// What the gate should do, with numbers for requests.
#[derive(Default)]
struct Model {
    places: usize,
    queue: usize,
    inside: Vec<(usize, Priority)>,
    waiting: Vec<(usize, Priority)>,
    turned_away: Vec<usize>,
}

impl Model {
    fn place_for(&self, priority: Priority) -> bool {
        let low = self.inside.iter().filter(|(_, priority)| *priority == Priority::Low).count();
        self.inside.len() < self.places && (priority != Priority::Low || low < (self.places / 2).max(1))
    }

    /// The most urgent, and among them who came first.
    fn next(&self) -> Option<usize> {
        let urgent = self.waiting.iter().map(|(_, priority)| *priority).max()?;
        self.waiting.iter().position(|(_, priority)| *priority == urgent)
    }

    fn enter(&mut self, number: usize, priority: Priority) {
        let sooner = self.waiting.iter().any(|(_, other)| *other >= priority);
        if !sooner && self.place_for(priority) {
            return self.inside.push((number, priority));
        }
        if self.waiting.len() >= self.queue {
            let least = self.waiting.iter().map(|(_, other)| *other).min().filter(|least| *least < priority);
            let youngest = least.and_then(|least| self.waiting.iter().rposition(|(_, other)| *other == least));
            match youngest {
                Some(place) => self.turned_away.push(self.waiting.remove(place).0),
                None => return self.turned_away.push(number),
            }
        }
        self.waiting.push((number, priority));
    }

    fn leave(&mut self, place: usize) {
        self.inside.remove(place);
        while let Some(next) = self.next().filter(|next| self.place_for(self.waiting[*next].1)) {
            let called = self.waiting.remove(next);
            self.inside.push(called);
        }
    }
}

/// The real requests, polled by hand.
#[derive(Default)]
struct Real<'a> {
    entering: VecDeque<(usize, Entering<'a>)>,
    inside: Vec<(usize, Pass)>,
    turned_away: Vec<usize>,
}

impl Real<'_> {
    fn poll(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..self.entering.len() {
            let Some((number, mut entering)) = self.entering.pop_front() else { return };
            match entering.as_mut().poll(&mut context) {
                Poll::Pending => self.entering.push_back((number, entering)),
                Poll::Ready(Ok(pass)) => self.inside.push((number, pass)),
                Poll::Ready(Err(_)) => self.turned_away.push(number),
            }
        }
    }
}

fn sorted(numbers: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut numbers: Vec<usize> = numbers.collect();
    numbers.sort_unstable();
    numbers
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Enter(Priority),
    /// One inside leaves, one that waits goes away.
    Leave(usize),
    GiveUp(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let priority = prop::sample::select(Priority::ALL.to_vec());
    let step = prop_oneof![
        4 => priority.prop_map(Step::Enter),
        2 => (0_usize..100).prop_map(Step::Leave),
        1 => (0_usize..100).prop_map(Step::GiveUp),
    ];
    prop::collection::vec(step, 1..120)
}

proptest! {
    #[test]
    fn it_lets_in_whom_the_model_lets_in(places in 1_usize..6, queue in 0_usize..6, steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let _inside_of_runtime = runtime.enter();
        let gate = gate(places, queue);
        let (mut real, mut model) = (Real::default(), Model { places, queue, ..Model::default() });
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Enter(priority) => {
                    model.enter(number, priority);
                    real.entering.push_back((number, Box::pin(gate.enter(priority))));
                }
                Step::Leave(which) if !model.inside.is_empty() => {
                    let place = which % model.inside.len();
                    let number = model.inside[place].0;
                    model.leave(place);
                    real.inside.retain(|(other, _)| *other != number);
                }
                Step::GiveUp(which) if !model.waiting.is_empty() => {
                    let place = which % model.waiting.len();
                    let (number, _) = model.waiting.remove(place);
                    real.entering.retain(|(other, _)| *other != number);
                }
                Step::Leave(_) | Step::GiveUp(_) => {}
            }
            // Twice: who comes later may take the place of one that was looked at before.
            real.poll();
            real.poll();
            prop_assert_eq!(
                sorted(real.inside.iter().map(|(number, _)| *number)),
                sorted(model.inside.iter().map(|(number, _)| *number))
            );
            prop_assert_eq!(sorted(real.turned_away.iter().copied()), sorted(model.turned_away.iter().copied()));
            let standing = gate.standing();
            prop_assert_eq!((standing.in_flight, standing.waiting), (model.inside.len(), model.waiting.len()));
        }
        drop(real);
        let standing = gate.standing();
        prop_assert_eq!((standing.in_flight, standing.waiting), (0, 0), "everything was given back");
    }
}

#[test]
fn who_waits_too_long_is_turned_away_and_forgotten() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let limits =
        LimitsSection { max_in_flight: Some(1), queue_wait: Period::from_millis(20), ..LimitsSection::default() };
    let gate = Gate::new(&limits);
    runtime.block_on(async {
        let inside = gate.enter(Priority::Normal).await.expect("a place");
        let denied = gate.enter(Priority::High).await.expect_err("nobody leaves");
        assert!(matches!(denied, Denied::Overloaded { .. }));
        assert_eq!((gate.standing().waiting, gate.standing().turned_away), (0, 1));
        drop(inside);
        gate.enter(Priority::Low).await.expect("a place");
    });
}

#[test]
fn it_holds_across_runtimes_on_many_threads() {
    let gate = gate(3, 1_000);
    let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (gate, inside, most) = (&gate, &inside, &most);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
                let request = |number: usize| async move {
                    let pass = gate.enter(Priority::ALL[(number + thread) % 3]).await.expect("room in the queue");
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(pass);
                };
                runtime.block_on(futures_of((0..50).map(request).collect()));
            });
        }
    });
    assert!(most.load(Ordering::SeqCst) <= 3);
    assert_eq!((gate.standing().in_flight, gate.standing().waiting), (0, 0));
}

/// All of them beside one another, on one thread.
async fn futures_of<F: Future<Output = ()>>(futures: Vec<F>) {
    let mut running: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|context| {
        running.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
