//! A headless Chromium, driven by WebDriver (W3C) through its own chromedriver.

use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::Agent;

use crate::stack::repository;

/// How long anything may take that the page does by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// One browser window.
pub struct Browser {
    driver: Child,
    http: Agent,
    session: String,
}

/// How the window is.
#[derive(Clone, Copy)]
pub struct Window {
    pub language: &'static str,
    pub width: u32,
    pub dark: bool,
}

impl Window {
    pub const DESK: Self = Self {
        language: "en-US",
        width: 1280,
        dark: false,
    };
    pub const PHONE: Self = Self {
        language: "ja-JP",
        width: 390,
        dark: true,
    };
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Browser({})", self.session)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver takes its browser with it only when it is asked to.
        let _ = self.http.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// On `PATH`, or where the set-up unpacked Debian's package.
fn tool(name: &str) -> Option<PathBuf> {
    let tools = repository().join(".toban/tools");
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
    folders.extend(["", "usr/bin", "chromium/usr/bin", "bin"].map(|folder| tools.join(folder)));
    folders
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

impl Browser {
    /// None, said loudly, where there is no Chromium.
    pub fn open(window: Window) -> Option<Self> {
        let (Some(chromium), Some(driver)) = (tool("chromium"), tool("chromedriver")) else {
            skipped("no chromium and chromedriver on PATH or in .toban/tools");
            return None;
        };
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let url = driver_url(&mut driver);
        let http: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .proxy(None)
            .build()
            .new_agent();
        let arguments = [
            "--headless=new".to_owned(),
            // Containers and root have no user namespace for the sandbox; the page is our own.
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            format!("--lang={}", window.language),
            format!("--window-size={},900", window.width),
        ];
        let options = json!({
            "binary": chromium, "args": arguments,
            "prefs": {"intl.accept_languages": window.language},
        });
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let mut browser = Self {
            driver,
            http,
            session: format!("{url}/session"),
        };
        let started = browser.post("", &wanted);
        browser.session = format!("{url}/session/{}", started["sessionId"].as_str().unwrap());
        browser.set_up(window);
        Some(browser)
    }

    fn set_up(&self, window: Window) {
        let scheme = if window.dark { "dark" } else { "light" };
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({
                "features": [{"name": "prefers-color-scheme", "value": scheme}],
            }),
        );
        self.devtools("Emulation.setDeviceMetricsOverride", &json!({
            "width": window.width, "height": 900, "deviceScaleFactor": 1, "mobile": window.width < 600,
        }));
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.session));
        let request = request.header("content-type", "application/json");
        let text = request
            .send(body.to_string())
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap();
        answer(&text)
    }

    /// A command of the browser's own developer tools.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post(
            "/goog/cdp/execute",
            &json!({"cmd": command, "params": parameters}),
        )
    }

    pub fn go(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    /// What a function body returns in the page.
    pub fn script(&self, body: &str) -> Value {
        self.post("/execute/sync", &json!({"script": body, "args": []}))
    }

    /// Types into a field as a person does, after emptying it.
    pub fn fill(&self, selector: &str, text: &str) {
        let found = self.post(
            "/element",
            &json!({"using": "css selector", "value": selector}),
        );
        let element = found.as_object().and_then(|one| one.values().next());
        let element = element.and_then(Value::as_str).unwrap();
        self.post(&format!("/element/{element}/clear"), &json!({}));
        self.post(&format!("/element/{element}/value"), &json!({"text": text}));
    }

    /// Types as a person does, into whatever has the focus.
    pub fn keys(&self, text: &str) {
        let keys: Vec<Value> = text
            .chars()
            .flat_map(|key| {
                ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.to_string()}))
            })
            .collect();
        let actions = json!([{"type": "key", "id": "keyboard", "actions": keys}]);
        self.post("/actions", &json!({"actions": actions}));
    }

    /// The text that a person sees at a selector; empty where it is hidden or absent.
    pub fn text(&self, selector: &str) -> String {
        let selector = Value::from(selector).to_string();
        let seen = self.script(&format!(
            "const node = document.querySelector({selector});
            return node?.checkVisibility() ? node.innerText : ''"
        ));
        seen.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until `text` is seen at a selector.
    pub fn wait_for(&self, selector: &str, text: &str) {
        self.wait(&format!("{text:?} at {selector}"), || {
            self.text(selector).contains(text)
        });
    }

    pub fn wait(&self, what: &str, reached: impl Fn() -> bool) {
        self.wait_longer(what, PATIENCE, reached);
    }

    pub fn wait_longer(&self, what: &str, patience: Duration, reached: impl Fn() -> bool) {
        let deadline = Instant::now() + patience;
        while !reached() {
            assert!(
                Instant::now() < deadline,
                "never {what}; the page says:\n{}",
                self.text("body")
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The cookies as the browser keeps them, beyond what scripts see.
    pub fn cookies(&self) -> Vec<Value> {
        let found = self.devtools("Network.getCookies", &json!({}));
        found["cookies"].as_array().cloned().unwrap_or_default()
    }

    /// What the browser complained of.
    pub fn complaints(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({"type": "browser"}));
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

/// The driver chooses its port and says it on its first lines.
fn driver_url(driver: &mut Child) -> String {
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port: u16 = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| {
            line.split("successfully on port ")
                .nth(1)?
                .trim_end_matches('.')
                .parse()
                .ok()
        })
        .expect("chromedriver says its port");
    // Its pipe must not fill up.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    format!("http://127.0.0.1:{port}")
}

fn answer(text: &str) -> Value {
    let mut answer: Value = serde_json::from_str(text).unwrap();
    let value = answer["value"].take();
    assert!(value.get("error").is_none(), "{value}");
    value
}

/// Straight to stderr: what the macros print is shown for failures only.
pub fn skipped(reason: &str) {
    let line = format!("\nSKIPPED: a test of the page, {reason}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}
