/// Whether a series of this metric says that the host itself spoke. What a scraper says *about* a target
/// (`up`, how the scrape went) arrives also when the target is dead.
#[must_use]
pub fn speaks_for_host(metric_name: &str) -> bool {
    metric_name != "up" && metric_name != "ALERTS" && !metric_name.starts_with("scrape_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scraper_says_about_a_dead_target_is_no_sign_of_life() {
        assert!(!speaks_for_host("up") && !speaks_for_host("scrape_duration_seconds"));
        assert!(speaks_for_host("node_load1") && speaks_for_host("uptime"));
    }
}
