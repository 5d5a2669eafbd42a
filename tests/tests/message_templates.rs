//! Does a real `amtool` still write what was recorded of it? `shared/message-templates` holds our texts against that.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use toban_tests::{client_or_skip, with_share_of};

#[test]
fn alertmanager_writes_what_was_recorded() {
    let amtool = client_or_skip!("amtool");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("../shared/message-templates/tests");
    let answers = std::fs::read_to_string(folder.join("answers.json")).unwrap();
    let answers: Vec<Value> = serde_json::from_str(&answers).unwrap();
    let text = |answer: &Value, name: &str| answer[name].as_str().unwrap().to_owned();
    let package = amtool.path.ancestors().nth(2).unwrap();
    let templates = package.join("share/prometheus/alertmanager/*.tmpl");
    for answer in &answers {
        let data = folder.join(text(answer, "data"));
        let said = Command::new("/usr/bin/unshare")
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .args(with_share_of(&amtool))
            .args(["template", "render"])
            .arg(format!("--template.glob={}", templates.display()))
            .arg(format!("--template.type={}", text(answer, "kind")))
            .arg(format!("--template.data={}", data.display()))
            .arg(format!("--template.text={}", text(answer, "template")))
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&said.stderr);
        let said = String::from_utf8_lossy(&said.stdout);
        assert_eq!(
            said,
            text(answer, "said"),
            "{}: {complaint}",
            answer["template"]
        );
    }
}
