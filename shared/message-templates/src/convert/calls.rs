//! Functions, those of Go's that take any type included.

use prometheus_notation::go_regex::{Refused, from_go};

use super::expressions::codes;
use super::{Converter, Expr, condition};
use crate::functions::{function, is_known_elsewhere};
use crate::problem::TemplateProblem;
use crate::types::Type;

impl Converter {
    pub(super) fn call(&self, name: &str, given: Vec<Expr>) -> Result<Expr, TemplateProblem> {
        if let Some(function) = function(name) {
            self.check_types(name, &given, function.takes, function.more)?;
            self.check_constants(name, &given)?;
            // What `html` escaped is not escaped again.
            let code = match (function.code, &self.place) {
                ("escape_html", Some(_)) => "concat",
                (code, _) => code,
            };
            let code = format!("{code}({})", codes(&given));
            return Ok(Expr::new(code, function.gives));
        }
        match name {
            "and" | "or" => self.either(name, &given),
            "not" => {
                let [value] = self.exactly(name, given)?;
                Ok(Expr::new(
                    format!("(not {})", condition(&value)),
                    Type::Bool,
                ))
            }
            "eq" | "ne" | "lt" | "le" | "gt" | "ge" => self.compare(name, &given),
            "len" => self.length(given),
            "index" => self.index(given),
            "print" | "println" => self.print_call(name, &given),
            "printf" => self.printf(&given),
            _ if is_known_elsewhere(name) => {
                Err(self.problem(name, "this function is not supported here"))
            }
            _ => Err(self.problem(name, "there is no such function")),
        }
    }

    fn exactly<const N: usize>(
        &self,
        name: &str,
        given: Vec<Expr>,
    ) -> Result<[Expr; N], TemplateProblem> {
        let count = given.len();
        let exact = given.try_into();
        exact.map_err(|_| self.problem(name, format!("it takes {N} values and was given {count}")))
    }

    /// What can be told to be wrong before anything is rendered.
    fn check_constants(&self, name: &str, given: &[Expr]) -> Result<(), TemplateProblem> {
        let Some(first) = given.first().and_then(|first| first.constant.as_ref()) else {
            return Ok(());
        };
        match name {
            "match" | "reReplaceAll" => match from_go(first) {
                Ok(_) => Ok(()),
                Err(Refused::Invalid(why) | Refused::Unsupported(why)) => {
                    Err(self.problem(name, why))
                }
            },
            _ => Ok(()),
        }
    }

    fn either(&self, name: &str, given: &[Expr]) -> Result<Expr, TemplateProblem> {
        let Some(first) = given.first() else {
            return Err(self.problem(name, "it takes at least one value"));
        };
        if given.iter().any(|value| !value.kind.can_be_asked()) {
            return Err(self.problem(name, "a structure is never empty; leave it out"));
        }
        let kind = if given.iter().all(|value| value.kind == first.kind) {
            first.kind
        } else {
            Type::Mixed
        };
        let codes: Vec<&str> = given.iter().map(|value| value.code.as_str()).collect();
        let code = format!("({})", codes.join(&format!(" {name} ")));
        Ok(Expr::new(code, kind))
    }

    fn compare(&self, name: &str, given: &[Expr]) -> Result<Expr, TemplateProblem> {
        let (first, others) = match given {
            [first, others @ ..] if others.len() == 1 || (name == "eq" && others.len() > 1) => {
                (first, others)
            }
            _ => return Err(self.problem(name, "it takes two values")),
        };
        let plain = |value: &Expr| match value.kind {
            Type::Html => Type::Text,
            kind => kind,
        };
        let is_ordered = matches!(plain(first), Type::Text | Type::Integer);
        let can_be = is_ordered || (plain(first) == Type::Bool && matches!(name, "eq" | "ne"));
        let other = others.iter().find(|other| plain(other) != plain(first));
        if !can_be || other.is_some() {
            let other = other.unwrap_or(first).kind.noun();
            let message = format!("it can't compare {} with {other}", first.kind.noun());
            return Err(self.problem(name, message));
        }
        let sign = match name {
            "eq" => "==",
            "ne" => "!=",
            "lt" => "<",
            "le" => "<=",
            "gt" => ">",
            _ => ">=",
        };
        let each = others
            .iter()
            .map(|other| format!("{} {sign} {}", first.code, other.code));
        let code = format!("({})", each.collect::<Vec<_>>().join(" or "));
        Ok(Expr::new(code, Type::Bool))
    }

    fn length(&self, given: Vec<Expr>) -> Result<Expr, TemplateProblem> {
        let [value] = self.exactly("len", given)?;
        let function = match value.kind {
            Type::Text | Type::Html => "byte_len",
            Type::Alerts | Type::Pairs | Type::Sorted | Type::Texts => "count",
            kind => return Err(self.problem("len", format!("{} has no length", kind.noun()))),
        };
        Ok(Expr::new(
            format!("{function}({})", value.code),
            Type::Integer,
        ))
    }

    fn index(&self, given: Vec<Expr>) -> Result<Expr, TemplateProblem> {
        let [whole, at] = self.exactly("index", given)?;
        let code = match (whole.kind, at.kind) {
            (Type::Pairs, Type::Text) => "key",
            (Type::Alerts | Type::Sorted | Type::Texts, Type::Integer) => "item",
            (whole, at) => {
                let message = format!("it can't take {} of {}", at.noun(), whole.noun());
                return Err(self.problem("index", message));
            }
        };
        let kind = whole.kind.element().unwrap_or(Type::Text);
        let code = format!("{code}({}, {})", whole.code, at.code);
        Ok(Expr::new(code, kind))
    }

    /// `print` puts a space between two values of which neither is a text, `println` everywhere.
    fn print_call(&self, name: &str, given: &[Expr]) -> Result<Expr, TemplateProblem> {
        let is_text = |value: &Expr| matches!(value.kind, Type::Text | Type::Html);
        let mut parts = Vec::new();
        for (at, value) in given.iter().enumerate() {
            let is_apart = name == "println" || !is_text(value);
            if at > 0 && is_apart && (name == "println" || !is_text(&given[at - 1])) {
                parts.push("\" \"".to_owned());
            }
            parts.push(self.printed(value)?);
        }
        if name == "println" {
            parts.push("\"\\n\"".to_owned());
        }
        let code = format!("concat({})", parts.join(", "));
        Ok(Expr::new(code, Type::Text))
    }
}
