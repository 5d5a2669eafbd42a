//! The page's files, each under a name that tells its content, so that a browser keeps it for good.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// A file comes behind those it names.
const FILES: [(&str, &str); 13] = [
    ("icon.svg", include_str!("../../assets/icon.svg")),
    ("style.css", include_str!("../../assets/style.css")),
    ("words.js", include_str!("../../assets/words.js")),
    ("dom.js", include_str!("../../assets/dom.js")),
    ("api.js", include_str!("../../assets/api.js")),
    ("parts.js", include_str!("../../assets/parts.js")),
    ("chart.js", include_str!("../../assets/chart.js")),
    ("alerts.js", include_str!("../../assets/alerts.js")),
    ("status.js", include_str!("../../assets/status.js")),
    ("hosts.js", include_str!("../../assets/hosts.js")),
    (
        "notifications.js",
        include_str!("../../assets/notifications.js"),
    ),
    ("signin.js", include_str!("../../assets/signin.js")),
    ("app.js", include_str!("../../assets/app.js")),
];

const PAGE: &str = include_str!("../../assets/index.html");

/// One file as it is sent.
pub(super) struct Asset {
    /// As the project has it: `app.js`.
    name: &'static str,
    /// As the page names it: `app-0123456789abcdef.js`.
    versioned_name: String,
    pub media_type: &'static str,
    pub text: String,
    pub etag: String,
}

/// What a name stands for.
pub(super) enum Found<'a> {
    /// The very content that the name tells.
    AsNamed(&'a Asset),
    /// A file of this name, with another content than the name tells.
    OtherVersion(&'a Asset),
    Nothing,
}

pub(super) struct Assets {
    files: Vec<Asset>,
    page: Asset,
}

impl Assets {
    pub fn new() -> Self {
        let mut files: Vec<Asset> = Vec::with_capacity(FILES.len());
        for (name, text) in FILES {
            let asset = Asset::new(name, &files, text, "./");
            files.push(asset);
        }
        let page = Asset::new("index.html", &files, PAGE, "/assets/");
        Self { files, page }
    }

    pub fn page(&self) -> &Asset {
        &self.page
    }

    pub fn find(&self, name: &str) -> Found<'_> {
        if let Some(asset) = self.files.iter().find(|asset| asset.versioned_name == name) {
            return Found::AsNamed(asset);
        }
        let stem = plain_name(name);
        let asset = self.files.iter().find(|asset| asset.name == stem);
        asset.map_or(Found::Nothing, Found::OtherVersion)
    }

    #[cfg(test)]
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let files = self.files.iter().chain([&self.page]);
        files.map(|asset| (asset.name, asset.text.as_str()))
    }
}

impl Asset {
    fn new(name: &'static str, others: &[Self], text: &str, folder: &str) -> Self {
        let mut text = text.to_owned();
        for other in others {
            let plain = format!("\"{folder}{}\"", other.name);
            let versioned = format!("\"{folder}{}\"", other.versioned_name);
            text = text.replace(&plain, &versioned);
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let hash = format!("{:016x}", hasher.finish());
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        Self {
            name,
            versioned_name: format!("{stem}-{hash}.{extension}"),
            media_type: media_type(extension),
            text,
            etag: format!("\"{hash}\""),
        }
    }
}

fn media_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// `app-0123456789abcdef.js` is `app.js`.
fn plain_name(name: &str) -> String {
    let Some((rest, extension)) = name.rsplit_once('.') else {
        return name.to_owned();
    };
    match rest.rsplit_once('-') {
        Some((stem, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            format!("{stem}.{extension}")
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_page_names_is_named_by_its_content_and_there() {
        let assets = Assets::new();
        let mut named = 0;
        for (name, text) in assets.all() {
            let folder = if name == "index.html" {
                "\"/assets/"
            } else {
                "\"./"
            };
            for rest in text.split(folder).skip(1) {
                let file = rest.split('"').next().unwrap();
                assert!(
                    matches!(assets.find(file), Found::AsNamed(_)),
                    "{name} names {file}"
                );
                named += 1;
            }
        }
        assert!(named > 30, "{named}");
    }

    #[test]
    fn every_file_in_the_folder_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let known = name == "index.html" || FILES.iter().any(|(file, _)| *file == name);
            assert!(known, "{name}");
        }
    }

    #[test]
    fn a_changed_file_has_another_name_and_so_has_whoever_names_it() {
        let a = Asset::new("a.js", &[], "1", "./");
        let changed = Asset::new("a.js", &[], "2", "./");
        assert_ne!(a.versioned_name, changed.versioned_name);
        let user = |of: Asset| Asset::new("b.js", &[of], "import \"./a.js\"", "./").versioned_name;
        assert_ne!(user(a), user(changed));
    }

    #[test]
    fn a_name_of_another_version_finds_the_file_and_a_wrong_one_nothing() {
        let assets = Assets::new();
        for other in ["app-0000000000000000.js", "app.js"] {
            assert!(
                matches!(assets.find(other), Found::OtherVersion(_)),
                "{other}"
            );
        }
        for wrong in [
            "",
            "..",
            "../app.js",
            "app-xyz.js",
            "index.html",
            "-.js",
            "app-0000000000000000",
        ] {
            assert!(matches!(assets.find(wrong), Found::Nothing), "{wrong}");
        }
    }

    #[test]
    fn the_page_and_all_it_loads_stay_small() {
        let bytes: usize = Assets::new().all().map(|(_, text)| text.len()).sum();
        assert!(bytes < 60_000, "{bytes} bytes");
    }
}
