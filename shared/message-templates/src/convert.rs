//! From Go's template language to ours, with every value's type checked.

mod calls;
mod expressions;
mod printf;

use crate::functions::default_text;
use crate::go::parser::parse;
use crate::go::syntax::{Node, Pipe};
use crate::html::Place;
use crate::problem::TemplateProblem;
use crate::types::Type;

/// A value in our language.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expr {
    pub code: String,
    pub kind: Type,
    /// The text itself, where it is written in the template.
    pub constant: Option<String>,
}

impl Expr {
    pub fn new(code: impl Into<String>, kind: Type) -> Self {
        let code = code.into();
        Self {
            code,
            kind,
            constant: None,
        }
    }
}

/// A template of Go's in our language. With `is_html`, values are escaped as their place in the HTML asks.
pub(crate) fn convert(template: &str, is_html: bool) -> Result<String, TemplateProblem> {
    let nodes = parse(template)?;
    let mut converter = Converter {
        out: String::new(),
        variables: vec![(String::new(), Expr::new("data", Type::Data))],
        dot: Expr::new("data", Type::Data),
        last_name: 0,
        line: 1,
        place: is_html.then(Place::default),
    };
    converter.nodes(&nodes)?;
    Ok(converter.out)
}

pub(crate) struct Converter {
    out: String,
    variables: Vec<(String, Expr)>,
    dot: Expr,
    last_name: usize,
    line: usize,
    /// Where in the HTML, if it is HTML.
    place: Option<Place>,
}

/// A text as our language writes it between quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

impl Converter {
    pub(crate) fn problem(&self, construct: &str, message: impl Into<String>) -> TemplateProblem {
        TemplateProblem::new(self.line, construct, message)
    }

    fn nodes(&mut self, nodes: &[Node]) -> Result<(), TemplateProblem> {
        for node in nodes {
            self.node(node)?;
        }
        Ok(())
    }

    fn node(&mut self, node: &Node) -> Result<(), TemplateProblem> {
        match node {
            Node::Text(text) => self.text(text),
            Node::Print(pipe) => {
                let value = self.pipe(pipe)?;
                self.print(&value)?;
            }
            Node::Declare(pipe) => {
                let value = self.pipe(pipe)?;
                let named = self.named(&value);
                self.declare(pipe, named);
            }
            Node::If(pipe, body, otherwise) => self.branch(pipe, (body, otherwise), false)?,
            Node::With(pipe, body, otherwise) => self.branch(pipe, (body, otherwise), true)?,
            Node::Range(pipe, body, otherwise) => self.range(pipe, body, otherwise)?,
            Node::Template { line, name, given } => {
                self.line = *line;
                self.template(name, given.as_ref())?;
            }
            Node::Break => self.out.push_str("{% break %}"),
            Node::Continue => self.out.push_str("{% continue %}"),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        let passed = self.place.as_mut().map(|place| place.pass(text));
        let text = passed.as_deref().unwrap_or(text);
        if text.contains(['{', '}']) {
            self.out.push_str(&format!("{{{{ {} }}}}", quoted(text)));
        } else {
            self.out.push_str(text);
        }
    }

    fn print(&mut self, value: &Expr) -> Result<(), TemplateProblem> {
        let mut code = self.printed(value)?;
        if let Some(place) = &mut self.place {
            let escape = place.escape();
            place.pass_value();
            match escape {
                Some("html_text") if value.kind == Type::Html => {}
                Some(escape) => code = format!("{escape}({code})"),
                None => {
                    let message = "in HTML a value may stand only in text, or in an attribute in quotes that is no script and no style";
                    return Err(self.problem("{{", message));
                }
            }
        }
        self.out.push_str(&format!("{{{{ {code} }}}}"));
        Ok(())
    }

    /// Gives a value a name of its own.
    fn named(&mut self, value: &Expr) -> Expr {
        let name = self.fresh_name();
        self.out
            .push_str(&format!("{{% set {name} = {} %}}", value.code));
        Expr {
            code: name,
            ..value.clone()
        }
    }

    fn fresh_name(&mut self) -> String {
        self.last_name += 1;
        format!("v{}", self.last_name)
    }

    fn declare(&mut self, pipe: &Pipe, value: Expr) {
        if let [name] = &pipe.variables[..] {
            self.variables.push((name.clone(), value));
        }
    }

    /// `if`, or `with`, which rebinds the dot.
    fn branch(
        &mut self,
        pipe: &Pipe,
        (body, otherwise): (&[Node], &[Node]),
        rebinds: bool,
    ) -> Result<(), TemplateProblem> {
        let known = self.variables.len();
        let mut value = self.pipe(pipe)?;
        if rebinds || !pipe.variables.is_empty() {
            value = self.named(&value);
        }
        let condition = condition(&value);
        self.declare(pipe, value.clone());
        self.out.push_str(&format!("{{% if {condition} %}}"));
        let before = self.place.clone();
        let inner = if rebinds { value } else { self.dot.clone() };
        let dot = std::mem::replace(&mut self.dot, inner);
        self.nodes(body)?;
        self.dot = dot;
        self.variables.truncate(known + pipe.variables.len());
        let after = std::mem::replace(&mut self.place, before);
        self.out.push_str("{% else %}");
        self.nodes(otherwise)?;
        self.out.push_str("{% endif %}");
        self.variables.truncate(known);
        self.same_place(pipe, &after)
    }

    fn range(
        &mut self,
        pipe: &Pipe,
        body: &[Node],
        otherwise: &[Node],
    ) -> Result<(), TemplateProblem> {
        let whole = self.pipe(pipe)?;
        let Some(element) = whole.kind.element() else {
            let message = format!("it can't go through {}", whole.kind.noun());
            return Err(self.problem("range", message));
        };
        let known = self.variables.len();
        let whole = self.named(&whole);
        let (each, item) = (self.fresh_name(), self.fresh_name());
        let (index, item_code) = if whole.kind == Type::Pairs {
            let value = format!("key({}, {each})", whole.code);
            (Expr::new(each.clone(), Type::Text), value)
        } else {
            (Expr::new("loop.index0", Type::Integer), each.clone())
        };
        self.out.push_str(&format!(
            "{{% for {each} in {} %}}{{% set {item} = {item_code} %}}",
            whole.code
        ));
        let item = Expr::new(item, element);
        let named = match pipe.variables.len() {
            0 => Vec::new(),
            1 => vec![item.clone()],
            _ => vec![self.named(&index), item.clone()],
        };
        self.variables
            .extend(pipe.variables.iter().cloned().zip(named));
        let before = self.place.clone();
        let dot = std::mem::replace(&mut self.dot, item);
        self.nodes(body)?;
        self.dot = dot;
        self.variables.truncate(known);
        let after = std::mem::replace(&mut self.place, before.clone());
        self.out.push_str("{% else %}");
        self.nodes(otherwise)?;
        self.out.push_str("{% endfor %}");
        self.same_place(pipe, &after)?;
        self.same_place(pipe, &before)
    }

    /// All ways through a block have to end at the same place of the HTML.
    fn same_place(&self, pipe: &Pipe, other: &Option<Place>) -> Result<(), TemplateProblem> {
        if self.place == *other {
            return Ok(());
        }
        let message = "the ways through it end in different places of the HTML";
        Err(TemplateProblem::new(pipe.line, "{{", message))
    }

    fn template(&mut self, name: &str, given: Option<&Pipe>) -> Result<(), TemplateProblem> {
        let construct = format!("template {name:?}");
        let Some((text, of)) = default_text(name) else {
            let message = "there is no such template here; write the text in its place";
            return Err(self.problem(&construct, message));
        };
        let given = match given {
            Some(pipe) => self.pipe(pipe)?,
            None if text == "nothing" || text == "client" => Expr::new("data", Type::Data),
            None => return Err(self.problem(&construct, "it has to be given a value, such as .")),
        };
        if given.kind != of {
            let message = format!(
                "it has to be given {}, not {}",
                of.noun(),
                given.kind.noun()
            );
            return Err(self.problem(&construct, message));
        }
        let code = format!("texts.{text}({})", given.code);
        self.print(&Expr::new(code, Type::Text))
    }
}

/// What asks whether a value is there. A structure always is.
fn condition(value: &Expr) -> String {
    if value.kind.can_be_asked() {
        value.code.clone()
    } else {
        "true".to_owned()
    }
}
