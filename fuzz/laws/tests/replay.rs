//! What the fuzzer kept is tried again with every test run.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use decoder_laws::LAWS;

fn fuzz(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(folder)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let stem = |entry: fs::DirEntry| entry.path().file_stem().unwrap().to_owned();
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| stem(entry.unwrap()));
    entries.map(|name| name.into_string().unwrap()).collect()
}

/// One after the other, because memory is counted for the whole process.
#[test]
fn every_law_holds_for_every_input_of_its_corpus() {
    let mut broken = Vec::new();
    for (name, law) in LAWS {
        let folder = fuzz("corpus").join(name);
        let inputs = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{folder:?}: {e}"));
        let inputs: Vec<PathBuf> = inputs.map(|input| input.unwrap().path()).collect();
        assert!(!inputs.is_empty(), "{folder:?} has no input");
        broken.extend(inputs.into_iter().filter(|path| {
            let input = fs::read(path).unwrap();
            std::panic::catch_unwind(|| law(&input)).is_err()
        }));
    }
    assert!(broken.is_empty(), "no law holds for {broken:#?}");
}

#[test]
fn every_law_has_a_fuzz_target_and_a_corpus_and_no_other_is_there() {
    let laws: BTreeSet<String> = LAWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&fuzz("fuzz_targets")), laws);
    assert_eq!(names(&fuzz("corpus")), laws);
    let manifest = fs::read_to_string(fuzz("Cargo.toml")).unwrap();
    for name in laws {
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name}");
    }
}
