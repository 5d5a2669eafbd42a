use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Tenant;

/// What Prometheus adds to each scrape of its own.
const REPORTS: [&str; 5] = [
    "scrape_duration_seconds",
    "scrape_samples_post_metric_relabeling",
    "scrape_samples_scraped",
    "scrape_series_added",
    "up",
];

/// The stored scrapes of one target.
#[derive(Debug, Default)]
pub struct Scrapes {
    /// Stored samples in all.
    pub samples: u64,
    /// Stored stale markers, as far as they show: one for each series that is no more to be found, and one
    /// for each series of a scrape before one that failed.
    pub stale_markers: u64,
    /// Scrapes in all.
    pub scrapes: usize,
    /// Scrapes of which not everything is stored: time, samples found, samples that there were.
    pub torn: Vec<(u64, u64, u64)>,
}

impl Scrapes {
    /// Reads back the last ten minutes of the job `node` and counts.
    ///
    /// Each scrape says of itself how many samples it had, so that a missing one shows even where the
    /// sender's own counts agree.
    #[must_use]
    pub fn stored(tenant: &Tenant, at_ms: i64) -> Self {
        let found = tenant.query("{job=\"node\"}[10m]", at_ms);
        let living = tenant.query("{job=\"node\"}", at_ms);
        Self::count(list(&found), list(&living).len())
    }

    fn count(found: &[Value], living: usize) -> Self {
        let mut of_target: BTreeMap<u64, u64> = BTreeMap::new();
        let mut reports: BTreeMap<String, BTreeMap<u64, f64>> = BTreeMap::new();
        let mut told = Self {
            stale_markers: found.len().saturating_sub(living) as u64,
            ..Self::default()
        };
        for one in found {
            let name = one["metric"]["__name__"].as_str().unwrap_or_default();
            let values = points(&one["values"]);
            told.samples += values.len() as u64;
            if REPORTS.contains(&name) {
                reports.insert(name.to_owned(), values);
            } else {
                for at in values.keys() {
                    *of_target.entry(*at).or_default() += 1;
                }
            }
        }
        let empty = BTreeMap::new();
        let count = reports
            .get("scrape_samples_post_metric_relabeling")
            .unwrap_or(&empty);
        told.scrapes = count.len();
        told.compare(count, &of_target, &reports);
        told
    }

    fn compare(
        &mut self,
        count: &BTreeMap<u64, f64>,
        of_target: &BTreeMap<u64, u64>,
        reports: &BTreeMap<String, BTreeMap<u64, f64>>,
    ) {
        let mut before = 0;
        let last = count.keys().next_back();
        let times: BTreeSet<u64> = count.keys().chain(of_target.keys()).copied().collect();
        for at in times {
            let found = of_target.get(&at).copied().unwrap_or_default();
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a count"
            )]
            let expected = count.get(&at).copied().unwrap_or(-1.0) as u64;
            let has_reports = REPORTS.iter().all(|name| {
                reports
                    .get(*name)
                    .is_some_and(|values| values.contains_key(&at))
            });
            if found != expected || !has_reports {
                self.torn.push((at, found, expected));
            }
            // What ended with the last scrape is no more to be found, and counted by that.
            if expected == 0 && Some(&at) != last {
                self.stale_markers += before;
            }
            before = found;
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Values by time in milliseconds.
fn points(values: &Value) -> BTreeMap<u64, f64> {
    list(values)
        .iter()
        .filter_map(|pair| {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a time of this century"
            )]
            let time_ms = (pair[0].as_f64()? * 1000.0).round() as u64;
            Some((time_ms, pair[1].as_str()?.parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Two series of the target and the reports, scraped at 1, 2 and 3 s; what `is_there` does not want is not.
    fn scraped(up: [u8; 3], is_there: impl Fn(&str, usize) -> bool) -> Vec<Value> {
        let series = |name: &str| {
            let is_report = REPORTS.contains(&name);
            let values: Vec<Value> = (0..3)
                .filter(|nth| (is_report || up[*nth] == 1) && is_there(name, *nth))
                .map(|nth| json!([nth + 1, (2 * up[nth]).to_string()]))
                .collect();
            json!({"metric": {"__name__": name}, "values": values})
        };
        ["a", "b"]
            .iter()
            .chain(&REPORTS)
            .map(|name| series(name))
            .collect()
    }

    #[test]
    fn whole_scrapes_are_counted_with_the_markers_after_them() {
        let told = Scrapes::count(&scraped([1, 1, 1], |_, _| true), 7);
        assert_eq!((told.samples, told.stale_markers, told.scrapes), (21, 0, 3));
        let ended = Scrapes::count(&scraped([1, 1, 1], |_, _| true), 0);
        assert_eq!((ended.samples, ended.stale_markers), (21, 7));
        let failed = Scrapes::count(&scraped([1, 0, 1], |_, _| true), 7);
        assert_eq!((failed.samples, failed.stale_markers), (19, 2));
        let ended_early = Scrapes::count(&scraped([1, 1, 0], |_, _| true), 0);
        assert_eq!((ended_early.samples, ended_early.stale_markers), (19, 7));
        for told in [told, ended, failed, ended_early] {
            assert_eq!(told.torn, [], "{told:?}");
        }
    }

    #[test]
    fn any_sample_that_is_missing_tears_its_scrape() {
        for missing in ["a", "b"].iter().chain(&REPORTS) {
            for nth in 0..3 {
                let found = scraped([1, 1, 1], |name, at| (name, at) != (*missing, nth));
                let told = Scrapes::count(&found, 7);
                let torn: Vec<u64> = told.torn.iter().map(|torn| torn.0).collect();
                assert_eq!(torn, [1000 * (nth as u64 + 1)], "{missing} {told:?}");
            }
        }
    }
}
