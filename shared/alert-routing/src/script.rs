//! How a decision that takes several reads and writes stays pure.
//!
//! A procedure is an `async` function that asks a [`Desk`] and waits for the answer. It knows no runtime and no
//! database: whoever runs its [`Script`] is handed one question after the other, each with a [`Reply`] to fill. The
//! function does so with DynamoDB; a simulation with a map, in any order, and ending any script between any two.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// A place for one value, filled by one side and emptied by the other.
struct Slot<T>(Arc<Mutex<Option<T>>>);

/// Where a procedure that asks `A` puts its questions.
pub struct Desk<A>(Slot<A>);

/// Where the answer to one question goes.
pub struct Reply<T>(Slot<T>);

/// A procedure on its way.
pub struct Script<'a, A, T> {
    procedure: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
    desk: Desk<A>,
}

/// How far a procedure came.
#[derive(Debug)]
pub enum Progress<A, T> {
    /// It goes on once this is answered.
    Asks(A),
    /// It ended.
    Ended(T),
    /// Its last question was not answered, or it waits for something else than its desk, which none may.
    Stuck,
}

impl<'a, A, T> Script<'a, A, T> {
    /// Runs nothing yet: the first [`Script::resume`] does.
    pub fn of<F>(procedure: impl FnOnce(Desk<A>) -> F) -> Self
    where
        F: Future<Output = T> + Send + 'a,
    {
        let desk = Desk(Slot::default());
        let procedure = Box::pin(procedure(Desk(desk.0.clone())));
        Self { procedure, desk }
    }

    /// Goes on until the next question.
    pub fn resume(&mut self) -> Progress<A, T> {
        let mut nobody = Context::from_waker(Waker::noop());
        match self.procedure.as_mut().poll(&mut nobody) {
            Poll::Ready(outcome) => Progress::Ended(outcome),
            Poll::Pending => self.desk.0.take().map_or(Progress::Stuck, Progress::Asks),
        }
    }

    /// Goes on to the end, each question answered at once. `None` where it is stuck.
    pub fn finish(mut self, mut answer: impl FnMut(A)) -> Option<T> {
        loop {
            match self.resume() {
                Progress::Asks(ask) => answer(ask),
                Progress::Ended(outcome) => return Some(outcome),
                Progress::Stuck => return None,
            }
        }
    }
}

impl<A> Desk<A> {
    /// Asks, and waits for the answer.
    pub async fn ask<T>(&self, question: impl FnOnce(Reply<T>) -> A) -> T {
        let answer = Slot::default();
        self.0.fill(question(Reply(answer.clone())));
        let wait = |_: &mut Context<'_>| answer.take().map_or(Poll::Pending, Poll::Ready);
        std::future::poll_fn(wait).await
    }
}

impl<T> Reply<T> {
    /// Answers.
    pub fn give(self, value: T) {
        self.0.fill(value);
    }
}

impl<T> Slot<T> {
    fn fill(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<A> fmt::Debug for Desk<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}

impl<A, T> fmt::Debug for Script<'_, A, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}
