//! Does a person on duty see what they must? The page in a headless Chromium, on the deployed stack.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test says by panicking, looks for its tools, and lives in real time"
)]

#[path = "page/browser.rs"]
mod browser;
#[path = "page/stack.rs"]
mod stack;

use std::collections::BTreeSet;
use std::time::Duration;

use browser::{Browser, Window};
use serde_json::{Value, json};
use stack::Stack;

const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";

fn sign_in(browser: &Browser, stack: &Stack) {
    browser.go(&stack.url);
    browser.wait("asked for a token", || !browser.text("#sign-in").is_empty());
    browser.fill("#token", &format!("{}{ENTER}", stack.token("viewer")));
    browser.wait("signed in", || {
        !browser.text("#status h1").is_empty() && !browser.text("#age").is_empty()
    });
}

fn card_of(browser: &Browser, host: &str) -> String {
    let name = Value::from(host).to_string();
    let card = browser.script(&format!(
        "return [...document.querySelectorAll('.host')]
            .find((card) => card.querySelector('h3').textContent === {name})?.innerText ?? ''"
    ));
    card.as_str().unwrap().to_owned()
}

fn why_told(browser: &Browser, alert: &str) -> String {
    let alert = Value::from(alert).to_string();
    let why = browser.script(&format!(
        "return [...document.querySelectorAll('.told')]
            .find((row) => row.innerText.includes({alert})).querySelector('.why').innerText"
    ));
    why.as_str().unwrap().to_owned()
}

fn tone(browser: &Browser) -> String {
    let tone = browser.script("return document.getElementById('status').dataset.tone ?? ''");
    tone.as_str().unwrap().to_owned()
}

/// An alert whose texts would do harm where data is taken for markup.
const HEAT_RULE: &str = "groups: [{name: page, rules: [{alert: PageTestHeat, \
    expr: 'page_test_heat{instance=~\"page-fire.*\"} > 0', labels: {severity: critical}, \
    annotations: {summary: 'Too hot: <b id=harm>{{ $labels.instance }}</b>'}}]}]";

#[test]
fn whatever_burns_is_seen_at_once_and_data_is_never_markup() {
    let Some(stack) = Stack::find() else { return };
    let Some(browser) = Browser::open(Window::DESK) else {
        return;
    };
    let host = "page-fire-<img src=x onerror=\"window.harmed=1\">";
    stack.put_rule("page-test", HEAT_RULE);
    stack.report(host, 0.0);
    sign_in(&browser, &stack);
    browser.wait("charted", || card_of(&browser, host).contains("96%"));
    let card = card_of(&browser, host);
    for shown in ["CPU\n50%", "Memory\n25%", "Disk\n96%", "Reporting"] {
        assert!(card.contains(shown), "{shown:?} in {card:?}");
    }

    // As an agent does it: a rule that was just put counts within a few flushes.
    browser.wait("burning", || {
        stack.report(host, 7.0);
        std::thread::sleep(Duration::from_secs(2));
        browser.text("#alerts-body").contains("PageTestHeat")
    });
    assert_eq!(tone(&browser), "critical");
    let title = browser.script("return document.title");
    assert!(
        title.as_str().unwrap().starts_with('('),
        "the tab says it too: {title}"
    );
    let alerts = browser.text("#alerts-body");
    assert!(
        alerts.contains(host) && alerts.contains("Critical"),
        "{alerts}"
    );
    let summary = format!("Too hot: <b id=harm>{host}</b>");
    assert!(alerts.contains(&summary), "{alerts}");

    browser.wait_for("#notifications-body", "PageTestHeat");
    assert!(
        why_told(&browser, "PageTestHeat").len() > 10,
        "each says why"
    );
    let harm = browser.script(
        "return [window.harmed ?? null, document.querySelectorAll('main img, #harm').length]",
    );
    assert_eq!(harm, json!([null, 0]));
    let complaints = browser.complaints();
    let refused = |line: &String| line.contains("Content Security Policy");
    assert!(!complaints.iter().any(refused), "{complaints:?}");

    stack.report(host, 0.0);
    let is_over = || !browser.text("#alerts-body").contains("PageTestHeat");
    browser.wait("ended", is_over);
    stack.delete_rule("page-test");
    stack.retire(host);
}

#[test]
fn a_wrong_token_is_told_in_words_and_keeps_nothing() {
    let Some(stack) = Stack::find() else { return };
    let Some(browser) = Browser::open(Window::PHONE) else {
        return;
    };
    browser.go(&stack.url);
    browser.wait_for("#sign-in h1", "当番");
    browser.fill("#token", ENTER);
    browser.wait_for("#token-error", "入力してください");
    browser.fill("#token", &format!("nonsense{ENTER}"));
    browser.wait_for("#token-error", "tbn_");
    let wrong = stack.token("viewer").rsplit_once('_').unwrap().0.to_owned();
    browser.fill("#token", &format!("{wrong}_{}{ENTER}", "A".repeat(43)));
    browser.wait_for("#token-error", "管理者");
    browser.fill("#token", &format!("{}{ENTER}", stack.token("ingest")));
    browser.wait_for("#token-error", "送信専用");
    assert!(browser.cookies().is_empty());
    assert_eq!(
        browser.script("return location.search + document.cookie"),
        ""
    );
}

#[test]
fn no_script_sees_the_token_and_signing_out_forgets_it() {
    let Some(stack) = Stack::find() else { return };
    let Some(browser) = Browser::open(Window::DESK) else {
        return;
    };
    sign_in(&browser, &stack);
    let cookies = browser.cookies();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    assert_eq!(
        (&cookies[0]["httpOnly"], &cookies[0]["sameSite"]),
        (&json!(true), &json!("Strict"))
    );
    let kept = browser.script("return document.cookie + JSON.stringify(localStorage) + document.documentElement.outerHTML");
    let secret = stack.token("viewer").rsplit_once('_').unwrap().1;
    assert!(!kept.as_str().unwrap().contains(secret));

    browser.go(&stack.url);
    browser.wait("still signed in", || !browser.text("#age").is_empty());
    browser.script("document.getElementById('sign-out').click()");
    browser.wait_for("#sign-in h1", "duty");
    assert!(browser.cookies().is_empty());
    assert_eq!(browser.text("#board"), "");
    assert_eq!(
        browser.script("return document.querySelectorAll('.host').length"),
        0
    );
}

#[test]
fn a_session_that_ended_asks_for_a_token_and_shows_nothing_old() {
    let Some(stack) = Stack::find() else { return };
    let Some(browser) = Browser::open(Window::DESK) else {
        return;
    };
    sign_in(&browser, &stack);
    browser.devtools("Network.clearBrowserCookies", &json!({}));
    browser.wait_for("#token-error", "signed out");
    assert_eq!(
        browser.script("return document.querySelectorAll('.host, .alert, .told').length"),
        0
    );
}

#[test]
fn quiet_is_never_shown_for_longer_than_it_was_heard() {
    let Some(stack) = Stack::find() else { return };
    let Some(browser) = Browser::open(Window::DESK) else {
        return;
    };
    sign_in(&browser, &stack);
    let offline =
        json!({"offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0});
    browser.devtools("Network.enable", &json!({}));
    browser.devtools("Network.emulateNetworkConditions", &offline);
    browser.wait_for("#unreachable", "can’t be reached");
    // Whatever fires goes on being shown; only "all quiet" must not.
    browser.wait_longer("doubtful", Duration::from_secs(75), || {
        ["unknown", "critical", "warning"]
            .iter()
            .any(|shown| tone(&browser) == *shown)
    });
    let online =
        json!({"offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
    browser.devtools("Network.emulateNetworkConditions", &online);
    browser.script("document.querySelector('#unreachable button').click()");
    browser.wait("back", || {
        browser.text("#unreachable").is_empty() && tone(&browser) != "unknown"
    });
}

#[test]
fn both_languages_are_whole_and_the_choice_is_remembered() {
    let Some(stack) = Stack::find() else { return };
    let Some(browser) = Browser::open(Window::DESK) else {
        return;
    };
    sign_in(&browser, &stack);
    assert_eq!(browser.script("return document.documentElement.lang"), "en");
    browser.script("document.querySelector('[data-language=ja]').click()");
    browser.wait_for("#hosts-title", "ホスト");
    let whole = |language: &str| {
        assert_eq!(
            browser.script("return document.documentElement.lang"),
            language
        );
        let text = browser.text("body");
        assert!(
            !text.contains("undefined") && !text.contains("[object"),
            "{text}"
        );
    };
    whole("ja");
    browser.go(&stack.url);
    browser.wait_for("#hosts-title", "ホスト");
    whole("ja");
    let same_words = "const keys = (words) => JSON.stringify(words, (k, v) => typeof v === 'function' ? v.length : typeof v === 'string' ? '' : v);
        return import(document.querySelector('link[href*=\"/words-\"]').href).then((m) => keys(m.languages.en) === keys(m.languages.ja));";
    assert_eq!(
        browser.script(same_words),
        true,
        "each language has every word, with the same values"
    );
}

#[test]
fn text_is_readable_and_fits_on_a_desk_and_a_phone_by_day_and_night() {
    let Some(stack) = Stack::find() else { return };
    let host = "page-contrast";
    stack.report(host, 0.0);
    for window in [
        Window::DESK,
        Window {
            dark: true,
            ..Window::DESK
        },
        Window::PHONE,
        Window {
            dark: false,
            ..Window::PHONE
        },
    ] {
        let Some(browser) = Browser::open(window) else {
            return;
        };
        sign_in(&browser, &stack);
        browser.wait("charted", || card_of(&browser, host).contains("96%"));
        browser
            .script("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
        let wide = browser.script("return document.documentElement.scrollWidth - innerWidth");
        assert!(
            wide.as_i64().unwrap() <= 0,
            "nothing sticks out at {} pixels",
            window.width
        );
        let found = browser.script(include_str!("page/contrast.js"));
        assert_eq!(found["poor"], json!([]), "dark: {}", window.dark);
        assert!(found["seen"].as_u64().unwrap() > 20, "{found}");
    }
    stack.retire(host);
}

#[test]
fn everything_is_named_and_reached_by_keyboard() {
    let Some(stack) = Stack::find() else { return };
    let Some(browser) = Browser::open(Window::DESK) else {
        return;
    };
    sign_in(&browser, &stack);
    let nameless = "const name = (n) => (n.getAttribute('aria-label') ?? n.labels?.[0]?.innerText ?? n.innerText ?? '').trim();
        return [...document.querySelectorAll('button, input, a, summary, svg[role=img]')]
            .filter((n) => n.checkVisibility() && !name(n)).map((n) => n.outerHTML)";
    assert_eq!(browser.script(nameless), json!([]));
    assert_eq!(browser.script("return document.activeElement.id"), "main");
    browser.go(&stack.url);
    browser.wait("signed in still", || !browser.text("#age").is_empty());
    let mut reached = Vec::new();
    for _ in 0..4 {
        browser.keys(TAB);
        let focus = browser.script("const n = document.activeElement; return [n.innerText, getComputedStyle(n).outlineStyle]");
        assert_ne!(focus[1], "none", "the focus is seen: {focus}");
        reached.push(focus[0].as_str().unwrap_or_default().to_owned());
    }
    for wanted in ["Skip to content", "English", "日本語", "Sign out"] {
        assert!(
            reached.iter().any(|text| text == wanted),
            "{wanted} in {reached:?}"
        );
    }
}

#[test]
fn the_page_allows_nothing_from_elsewhere() {
    let Some(stack) = Stack::find() else { return };
    let page = stack.http.get(&stack.url).call().unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(
            policy.split("; ").any(|one| one == part),
            "{part} in {policy}"
        );
    }
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    assert_known(&stack, &stack.url, page.headers()["etag"].to_str().unwrap());
}

/// Whoever has it already is not sent it again.
fn assert_known(stack: &Stack, url: &str, etag: &str) {
    let again = stack
        .http
        .get(url)
        .header("if-none-match", etag)
        .call()
        .unwrap();
    assert_eq!(again.status(), 304, "{url}");
    // What a 304 says replaces what the browser kept: a policy left out would become another one.
    let first = stack.http.get(url).call().unwrap();
    let policy = |answer: &ureq::http::Response<ureq::Body>| {
        answer.headers()["content-security-policy"].clone()
    };
    assert_eq!(policy(&again), policy(&first), "{url}");
}

#[test]
fn nothing_comes_from_elsewhere_and_files_are_kept_for_good() {
    let Some(stack) = Stack::find() else { return };
    let Some(browser) = Browser::open(Window::DESK) else {
        return;
    };
    sign_in(&browser, &stack);
    let loaded = browser.script(
        "return performance.getEntriesByType('resource').map((one) => one.name)
            .filter((name) => !name.startsWith('data:'))",
    );
    let loaded: Vec<&str> = loaded
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        loaded.iter().all(|url| url.starts_with(&stack.url)),
        "{loaded:?}"
    );
    let assets: BTreeSet<&str> = loaded
        .into_iter()
        .filter(|url| url.contains("/assets/"))
        .collect();
    assert!(assets.len() >= 12, "{assets:?}");
    for asset in assets {
        let answer = stack.http.get(asset).call().unwrap();
        let lifetime = &answer.headers()["cache-control"];
        assert_eq!(lifetime, "public, max-age=31536000, immutable", "{asset}");
        assert_known(&stack, asset, answer.headers()["etag"].to_str().unwrap());
    }
}
