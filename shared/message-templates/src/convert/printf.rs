//! Go's `printf`, with a format that is written in the template.

use super::{Converter, Expr, quoted};
use crate::problem::TemplateProblem;
use crate::types::Type;

/// The widest that a value is filled up to.
const MAX_WIDTH: usize = 1000;

impl Converter {
    pub(super) fn printf(&self, given: &[Expr]) -> Result<Expr, TemplateProblem> {
        let format = given.first().and_then(|format| format.constant.as_deref());
        let Some(format) = format else {
            return Err(self.problem("printf", "it takes a format, a text in quotes"));
        };
        let mut values = given[1..].iter();
        let mut parts = Vec::new();
        let mut rest = format;
        while let Some((before, after)) = rest.split_once('%') {
            parts.push(quoted(before));
            let is_option = |c: char| c.is_ascii_digit() || c == '-';
            let verb_at = after.find(|c| !is_option(c)).unwrap_or(after.len());
            let (options, after) = after.split_at(verb_at);
            let verb = after.chars().next().unwrap_or_default();
            rest = after.get(verb.len_utf8()..).unwrap_or_default();
            if verb == '%' && options.is_empty() {
                parts.push(quoted("%"));
                continue;
            }
            let shown = format!("%{options}{verb}");
            let value = values
                .next()
                .ok_or_else(|| self.problem(&shown, "its value is missing"))?;
            parts.push(self.formatted(&shown, options, verb, value)?);
        }
        if values.next().is_some() {
            let message = "it was given more values than its format takes";
            return Err(self.problem("printf", message));
        }
        parts.push(quoted(rest));
        let code = format!("concat({})", parts.join(", "));
        Ok(Expr::new(code, Type::Text))
    }

    fn formatted(
        &self,
        shown: &str,
        options: &str,
        verb: char,
        value: &Expr,
    ) -> Result<String, TemplateProblem> {
        let is_number = value.kind == Type::Integer;
        let is_fitting = match verb {
            's' => !is_number && value.kind != Type::Bool,
            'v' => true,
            'd' => is_number,
            't' => value.kind == Type::Bool,
            _ => return Err(self.problem(shown, "only %s, %v, %d, %t and %% are supported")),
        };
        if !is_fitting {
            let message = format!("it does not fit {}", value.kind.noun());
            return Err(self.problem(shown, message));
        }
        let code = self.printed(value)?;
        if options.is_empty() {
            return Ok(code);
        }
        let is_left = options.starts_with('-');
        let digits = options.strip_prefix('-').unwrap_or(options);
        let is_zeroed = digits.starts_with('0');
        match digits.parse::<usize>() {
            Ok(width) if width <= MAX_WIDTH && (!is_zeroed || (is_number && !is_left)) => {
                Ok(format!("padded({code}, {width}, {is_left}, {is_zeroed})"))
            }
            _ => Err(self.problem(shown, "this width is not supported")),
        }
    }
}
