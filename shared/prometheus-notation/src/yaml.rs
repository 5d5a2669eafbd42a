//! A YAML document as a tree that knows its lines. Bounded in depth and in size, aliases included.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

const MAX_DEPTH: usize = 32;
const SECOND_DOCUMENT: &str = "more than one YAML document in the file";
/// Values and the bytes of their text, each alias counted as all that it stands for.
const MAX_SIZE: usize = 1_000_000;

/// One value and where it begins.
#[derive(Debug, Clone)]
pub struct Node {
    /// Counted from 1; of a block, its first line below `|` or `>`.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Nothing, `~` or `null`.
    Null,
    /// A text, number or truth value: what reads it decides.
    Scalar {
        /// Without its quotes.
        text: String,
        /// Whether it has quotes, or is a block.
        quoted: bool,
    },
    /// In order.
    Sequence(Vec<Node>),
    /// In order; no key comes twice. What `<<` brings comes last.
    Mapping(Vec<(Key, Node)>),
}

/// A key and where it is.
#[derive(Debug, Clone)]
pub struct Key {
    /// Counted from 1.
    pub line: usize,
    /// Without its quotes.
    pub text: String,
}

/// What is wrong with the document as YAML.
#[derive(Debug, PartialEq, Eq)]
pub struct YamlError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl Node {
    /// What it is, in words for people.
    pub const fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Scalar { .. } => "a single value",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }
}

/// The one document of `text`; `None` where there is none.
///
/// # Errors
/// Where it is no YAML, more than one document, too large or too deep, each alias counted in full.
pub fn parse(text: &str) -> Result<Option<Node>, YamlError> {
    let mut tree = Tree::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| YamlError {
            line: error.marker().line(),
            // Nothing belongs to the document once it is whole.
            message: match tree.root {
                Some(_) => SECOND_DOCUMENT.to_owned(),
                None => error.info().to_owned(),
            },
        })?;
        tree.take(event, span)?;
    }
    Ok(tree.root)
}

/// A collection whose end has not come yet.
struct Open {
    line: usize,
    anchor: usize,
    items: Items,
}

enum Items {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<(Key, Node)>,
        merged: Vec<(Key, Node)>,
        /// The line of each key.
        known: HashMap<String, usize>,
        key: Option<Key>,
    },
}

/// A value that aliases may repeat.
struct Anchored {
    node: Node,
    size: usize,
    depth: usize,
}

#[derive(Default)]
struct Tree {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    size: usize,
    anchors: HashMap<usize, Anchored>,
}

impl Tree {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let line = span.start.line();
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(error(line, SECOND_DOCUMENT));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let kind = scalar(&text, style, tag.as_deref(), line)?;
                self.complete(Node { line, kind }, anchor, 1 + text.len())
            }
            Event::Alias(anchor) => {
                let Some(anchored) = self.anchors.get(&anchor) else {
                    return Err(error(line, "an alias stands inside of what it names"));
                };
                if self.open.len() + anchored.depth > MAX_DEPTH {
                    return Err(error(line, "nested too deeply"));
                }
                let node = Node {
                    line,
                    ..anchored.node.clone()
                };
                self.complete(node, 0, anchored.size)
            }
            Event::SequenceStart(anchor, _) => {
                self.start(line, anchor, Items::Sequence(Vec::new()))
            }
            Event::MappingStart(anchor, _) => {
                let items = Items::Mapping {
                    entries: Vec::new(),
                    merged: Vec::new(),
                    known: HashMap::new(),
                    key: None,
                };
                self.start(line, anchor, items)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn start(&mut self, line: usize, anchor: usize, items: Items) -> Result<(), YamlError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(error(line, "nested too deeply"));
        }
        self.open.push(Open {
            line,
            anchor,
            items,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let kind = match open.items {
            Items::Sequence(items) => Kind::Sequence(items),
            Items::Mapping {
                mut entries,
                merged,
                mut known,
                ..
            } => {
                for (key, value) in merged {
                    if known.insert(key.text.clone(), key.line).is_none() {
                        entries.push((key, value));
                    }
                }
                Kind::Mapping(entries)
            }
        };
        let line = open.line;
        self.complete(Node { line, kind }, open.anchor, 1)
    }

    /// Puts a finished node where it belongs. `size` counts an alias as all that it stands for.
    fn complete(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), YamlError> {
        self.size += size;
        if self.size > MAX_SIZE {
            return Err(error(node.line, "too large, each alias counted in full"));
        }
        if anchor != 0 {
            let (size, depth) = extent(&node);
            let anchored = Anchored {
                node: node.clone(),
                size,
                depth,
            };
            self.anchors.insert(anchor, anchored);
        }
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::Sequence(items)) => items.push(node),
            Some(Items::Mapping {
                entries,
                merged,
                known,
                key,
            }) => match key.take() {
                None => *key = Some(key_of(node, known)?),
                Some(key) if key.text == "<<" => merge(merged, node)?,
                Some(key) => entries.push((key, node)),
            },
        }
        Ok(())
    }
}

fn error(line: usize, message: impl Into<String>) -> YamlError {
    YamlError {
        line,
        message: message.into(),
    }
}

fn key_of(node: Node, known: &mut HashMap<String, usize>) -> Result<Key, YamlError> {
    let line = node.line;
    let Kind::Scalar { text, .. } = node.kind else {
        return Err(error(
            line,
            format!("a key must be text, not {}", node.noun()),
        ));
    };
    if let Some(first) = known.insert(text.clone(), line) {
        let message = format!("key {text:?} is given already in line {first}");
        return Err(error(line, message));
    }
    Ok(Key { line, text })
}

fn merge(merged: &mut Vec<(Key, Node)>, node: Node) -> Result<(), YamlError> {
    let line = node.line;
    match node.kind {
        Kind::Mapping(entries) => merged.extend(entries),
        Kind::Sequence(items) => {
            for item in items {
                let Kind::Mapping(entries) = item.kind else {
                    return Err(error(line, "`<<` takes mappings only"));
                };
                merged.extend(entries);
            }
        }
        Kind::Null | Kind::Scalar { .. } => return Err(error(line, "`<<` takes mappings only")),
    }
    Ok(())
}

fn scalar(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    line: usize,
) -> Result<Kind, YamlError> {
    let tag = tag.map(|tag| tag.suffix.as_str());
    if tag == Some("binary") {
        return Err(error(line, "binary values are not supported"));
    }
    let is_null = match tag {
        Some(tag) => tag == "null",
        None => style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL"),
    };
    if is_null {
        return Ok(Kind::Null);
    }
    Ok(Kind::Scalar {
        text: text.to_owned(),
        quoted: style != ScalarStyle::Plain,
    })
}

/// Size and depth, by a walk that the depth bounds.
fn extent(node: &Node) -> (usize, usize) {
    let children = |nodes: &mut dyn Iterator<Item = &Node>| {
        nodes.map(extent).fold((1, 1), |sum, (size, depth)| {
            (sum.0 + size, sum.1.max(depth + 1))
        })
    };
    match &node.kind {
        Kind::Null => (1, 0),
        Kind::Scalar { text, .. } => (1 + text.len(), 0),
        Kind::Sequence(items) => children(&mut items.iter()),
        Kind::Mapping(entries) => children(&mut entries.iter().map(|(_, value)| value)),
    }
}
