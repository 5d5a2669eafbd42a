//! How does a configuration become outlets, and what of the disk may fail?

use std::path::Path;
use std::sync::Mutex;

use crate::configuration::{Configuration, DestinationPlan};
use crate::outlet::Outlet;
use crate::queue::Queue;
use crate::sending::Destination;
use crate::spool::{Spool, SpoolError};
use crate::threshold_feed::ThresholdFeed;

/// One outlet for each destination; only an agent that `reports` touches the state directory.
///
/// A disk that can't be used does not keep an agent from reporting, or nobody would hear of the disk;
/// a spool that another agent uses does.
pub fn outlets(
    configuration: &mut Configuration,
    host_name: &str,
    reports: bool,
    log: fn(&str),
) -> Result<Vec<Outlet>, SpoolError> {
    let state = configuration.state_directory.clone().filter(|_| reports);
    let plans = std::mem::take(&mut configuration.destinations);
    let outlet = |plan: DestinationPlan| {
        let own = state.as_deref().map(|state| state.join(&plan.name));
        let spool = match own.as_deref() {
            Some(own) => spool(own, configuration.spool_bytes, log)?,
            None => None,
        };
        let thresholds = own.map(|own| own.join("thresholds.json"));
        Ok(Outlet {
            destination: Destination::new(&plan.url, plan.token, host_name, &plan.authorities),
            name: plan.name,
            filter: plan.filter,
            protocol: plan.protocol,
            rhythm: plan.rhythm,
            queue: Queue::new(configuration.queue_bytes),
            spool: spool.map(Mutex::new),
            thresholds: plan.thresholds.then(|| ThresholdFeed::new(thresholds)),
        })
    };
    plans.into_iter().map(outlet).collect()
}

fn spool(own: &Path, limit_bytes: u64, log: fn(&str)) -> Result<Option<Spool>, SpoolError> {
    match Spool::open(&own.join("spool"), limit_bytes) {
        Ok(spool) => Ok(Some(spool)),
        Err(in_use @ SpoolError::InUse(_)) => Err(in_use),
        Err(error) => {
            log(&format!("nothing will survive a restart: {error}"));
            Ok(None)
        }
    }
}
