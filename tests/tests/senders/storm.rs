//! An outage of the table, kills of the function in each of its states, and a deployment.

use std::thread::sleep;
use std::time::Duration;

use toban_tests::{Faults, Stack, is_thorough, kill_function, wait_for};

const FUNCTION: &str = "ingest-metrics";
/// More calls than any sender makes in an outage.
const ALL: u32 = 1_000_000;

/// What happened.
#[derive(Debug)]
pub struct Happened {
    /// Calls to the table that were refused.
    pub refused: u32,
}

/// Lets it all pass over the tenants: an outage of 15 s (60 s with `make prove`), then the rest.
pub fn pass_over(stack: &Stack, tenants: &[&str]) -> Happened {
    let faults = stack.faults();
    let refused = outage(&faults, tenants);
    sleep(Duration::from_secs(5));
    for state in ["before the write", "between write and answer", "idle"] {
        let killed = kill(stack, &faults, tenants, state);
        eprintln!("killed {killed} processes {state}");
        sleep(Duration::from_secs(3));
    }
    stack.engine().deploy_anew(FUNCTION);
    sleep(Duration::from_secs(3));
    Happened { refused }
}

/// Every call of the function to the table fails for every tenant.
fn outage(faults: &Faults, tenants: &[&str]) -> u32 {
    for tenant in tenants {
        faults.add("unavailable", tenant, FUNCTION, ".*", ALL);
    }
    sleep(Duration::from_secs(if is_thorough() { 60 } else { 15 }));
    let refused = tenants.iter().map(|tenant| ALL - faults.left(tenant)).sum();
    tenants.iter().for_each(|tenant| faults.clear(tenant));
    refused
}

fn kill(stack: &Stack, faults: &Faults, tenants: &[&str], state: &str) -> usize {
    let action = match state {
        "before the write" => "refuse",
        "between write and answer" => "drop_answer",
        _ => return kill_function(stack.home(), &stack.stack_name, FUNCTION),
    };
    // The function asks again some times, and while it does, it is killed.
    for tenant in tenants {
        faults.add(action, tenant, FUNCTION, "PutItem", 3);
    }
    wait_for("a call in this state", 30, || {
        tenants
            .iter()
            .any(|tenant| faults.left(tenant) < 3)
            .then_some(())
    });
    let killed = kill_function(stack.home(), &stack.stack_name, FUNCTION);
    tenants.iter().for_each(|tenant| faults.clear(tenant));
    killed
}
