use jiff::{SignedDuration, Timestamp};
use series::Series;

use crate::support::{Flush, at, series};
use toban_tests::Chance;

const HOSTS: usize = 2;
const INSTANCES: usize = 3;
/// How far a flush may be late, in steps.
const WINDOW: usize = 5;

#[derive(Debug, Clone)]
pub enum Step {
    Flush(Flush),
    Tick,
    /// From here on nothing fails.
    Heal,
}

/// What happens when.
pub struct Course {
    pub steps: Vec<(Timestamp, Step)>,
}

impl Course {
    /// Some minutes of ups and downs that cross an hour, then minutes in which nothing changes any more.
    pub fn random(chance: &mut Chance) -> Self {
        let start =
            at("2026-11-20T09:56:00Z") + SignedDuration::from_secs(15 * chance.below(20) as i64);
        let mut loads = [0.0; HOSTS + INSTANCES];
        let mut course = Self { steps: Vec::new() };
        for round in 0..32_i64 {
            let now = start + SignedDuration::from_secs(15 * round);
            if round < 16 {
                for load in &mut loads {
                    if chance.once_in(3) {
                        *load = [0.0, 4.0, 9.0, f64::NAN][chance.below(4)];
                    }
                }
            }
            if round == 16 {
                course.steps.push((now, Step::Heal));
            }
            let times = [now.as_millisecond() - 7_500, now.as_millisecond()];
            for (host, load) in loads.iter().take(HOSTS).enumerate() {
                let name = format!("h{host}");
                let of_host = sampled(&name, *load, &times);
                course.push(now, Step::Flush(Flush::complete(&name, of_host)));
            }
            let mixed = loads.iter().skip(HOSTS).enumerate();
            let mixed = mixed.flat_map(|(n, load)| sampled(&format!("i{n}:9100"), *load, &times));
            course.push(now, Step::Flush(Flush::mixed(mixed.collect())));
            if round % 4 == 3 {
                course.push(now + SignedDuration::from_secs(5), Step::Tick);
            }
        }
        for minute in 1..=2 {
            course.push(
                course.end() + SignedDuration::from_mins(minute) / 2,
                Step::Tick,
            );
        }
        course
    }

    pub fn end(&self) -> Timestamp {
        self.steps.iter().map(|(now, _)| *now).max().unwrap()
    }

    fn push(&mut self, now: Timestamp, step: Step) {
        self.steps.push((now, step));
    }

    /// The same flushes, late, repeated and cut anew, until the calm begins.
    pub fn disordered(&self, chance: &mut Chance) -> Self {
        let calm = self
            .steps
            .iter()
            .position(|(_, step)| matches!(step, Step::Heal))
            .unwrap();
        let (wild, rest) = self.steps.split_at(calm);
        let mut placed: Vec<(usize, usize, Step)> = Vec::new();
        for (place, (_, step)) in wild.iter().enumerate() {
            let Step::Flush(flush) = step else {
                placed.push((place, 0, step.clone()));
                continue;
            };
            for _ in 0..1 + chance.below(3) {
                for part in cut(flush, chance) {
                    let place = place + chance.below(WINDOW);
                    placed.push((place, 1 + chance.below(100), Step::Flush(part)));
                }
            }
        }
        placed.sort_by_key(|(place, order, _)| (*place, *order));
        let last = wild.len() - 1;
        let steps = placed
            .into_iter()
            .map(|(place, _, step)| (self.steps[place.min(last)].0, step));
        Self {
            steps: steps.chain(rest.iter().cloned()).collect(),
        }
    }
}

/// A complete flush stays whole; a mixed one may be cut by series or by time.
fn cut(flush: &Flush, chance: &mut Chance) -> Vec<Flush> {
    if flush.host.is_some() || chance.once_in(2) {
        return vec![flush.clone()];
    }
    let mut parts = [Vec::new(), Vec::new()];
    let by_time = chance.once_in(2);
    for one in &flush.series {
        if by_time {
            for (part, sample) in parts.iter_mut().zip(&one.samples) {
                part.push(Series {
                    labels: one.labels.clone(),
                    samples: vec![*sample],
                });
            }
        } else {
            parts[chance.below(2)].push(one.clone());
        }
    }
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(Flush::mixed)
        .collect()
}

fn sampled(instance: &str, load: f64, times: &[i64]) -> Vec<Series> {
    ["load", "cap"]
        .map(|name| {
            let value = if name == "load" { load } else { 10.0 };
            let samples: Vec<(i64, f64)> = times.iter().map(|time| (*time, value)).collect();
            series(&[("__name__", name), ("instance", instance)], &samples)
        })
        .to_vec()
}
