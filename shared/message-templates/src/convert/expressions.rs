//! Values: pipelines, operands, their fields, and how they are printed.

use super::{Converter, Expr, quoted};
use crate::go::syntax::{Kind, Operand, Pipe};
use crate::problem::TemplateProblem;
use crate::types::{Member, Type};

impl Converter {
    /// The value of a pipeline.
    pub(super) fn pipe(&mut self, pipe: &Pipe) -> Result<Expr, TemplateProblem> {
        self.line = pipe.line;
        let mut value = None;
        for command in &pipe.commands {
            value = Some(self.command(command, value)?);
        }
        value.ok_or_else(|| self.problem("{{", "a value is missing"))
    }

    fn command(
        &mut self,
        command: &[Operand],
        piped: Option<Expr>,
    ) -> Result<Expr, TemplateProblem> {
        let Some((first, rest)) = command.split_first() else {
            return Err(self.problem("{{", "a value is missing"));
        };
        let mut given = Vec::with_capacity(rest.len() + 1);
        for operand in rest {
            given.push(self.command(std::slice::from_ref(operand), None)?);
        }
        given.extend(piped);
        if let Kind::Function(name) = &first.kind {
            let value = self.call(name, given)?;
            return self.with_fields(value, &first.fields, Vec::new());
        }
        let start = self.start(first)?;
        self.with_fields(start, &first.fields, given)
    }

    fn start(&mut self, operand: &Operand) -> Result<Expr, TemplateProblem> {
        Ok(match &operand.kind {
            Kind::Dot => self.dot.clone(),
            Kind::Variable(name) => {
                let mut known = self.variables.iter().rev();
                let found = known.find(|(known, _)| known == name);
                let found = found.map(|(_, value)| value.clone());
                found
                    .ok_or_else(|| self.problem(&format!("${name}"), "there is no such variable"))?
            }
            Kind::Text(text) => Expr {
                constant: Some(text.clone()),
                ..Expr::new(quoted(text), Type::Text)
            },
            Kind::Integer(number) => Expr::new(format!("({number})"), Type::Integer),
            Kind::Bool(value) => Expr::new(value.to_string(), Type::Bool),
            Kind::Pipe(pipe) => self.pipe(pipe)?,
            Kind::Function(name) => self.call(name, Vec::new())?,
        })
    }

    /// The fields of a value, the last of which may be a method with arguments.
    fn with_fields(
        &self,
        start: Expr,
        fields: &[String],
        given: Vec<Expr>,
    ) -> Result<Expr, TemplateProblem> {
        let mut value = start;
        let mut given = Some(given).filter(|given| !given.is_empty());
        for (at, name) in fields.iter().enumerate() {
            let is_last = at + 1 == fields.len();
            let construct = format!(".{name}");
            let Some(member) = value.kind.member(name) else {
                let message = format!("{} has no such field", value.kind.noun());
                return Err(self.problem(&construct, message));
            };
            let code = &value.code;
            value = match member {
                Member::Stored(kind) => Expr::new(format!("key({code}, {})", quoted(name)), kind),
                Member::Computed(function, kind) => Expr::new(format!("{function}({code})"), kind),
                Member::Method(function, takes, kind) => {
                    let given = given.take_if(|_| is_last).unwrap_or_default();
                    self.check_types(&construct, &given, takes, None)?;
                    Expr::new(format!("{function}({code}, {})", codes(&given)), kind)
                }
            };
        }
        if given.is_some() {
            let construct = fields
                .last()
                .map_or_else(|| "{{".to_owned(), |name| format!(".{name}"));
            let message = "it is no function, which could be given a value";
            return Err(self.problem(&construct, message));
        }
        Ok(value)
    }

    pub(super) fn check_types(
        &self,
        construct: &str,
        given: &[Expr],
        takes: &[Type],
        more: Option<Type>,
    ) -> Result<(), TemplateProblem> {
        let fits = given.len() == takes.len() || (more.is_some() && given.len() > takes.len());
        if !fits {
            let message = format!(
                "it takes {} values and was given {}",
                takes.len(),
                given.len()
            );
            return Err(self.problem(construct, message));
        }
        let wanted = takes.iter().copied().chain(more.into_iter().cycle());
        for (value, wanted) in given.iter().zip(wanted) {
            let is_text = wanted == Type::Text && value.kind == Type::Html;
            if value.kind != wanted && !is_text {
                let message = format!("it takes {}, not {}", wanted.noun(), value.kind.noun());
                return Err(self.problem(construct, message));
            }
        }
        Ok(())
    }

    /// A value as it is written.
    pub(super) fn printed(&self, value: &Expr) -> Result<String, TemplateProblem> {
        let code = &value.code;
        Ok(match value.kind {
            Type::Text | Type::Html | Type::Integer => code.clone(),
            Type::Bool => format!("(\"true\" if {code} else \"false\")"),
            Type::Pairs => format!("pairs_text({code})"),
            Type::Sorted => format!("sorted_text({code})"),
            Type::Pair => format!("pair_text({code})"),
            Type::Texts => format!("texts_text({code})"),
            Type::Time => format!("time_text({code})"),
            Type::Data | Type::Alerts | Type::Alert | Type::Mixed => {
                let message = format!("{} can't be written; name what of it", value.kind.noun());
                return Err(self.problem("{{", message));
            }
        })
    }
}

/// Arguments.
pub(super) fn codes(given: &[Expr]) -> String {
    let codes: Vec<&str> = given.iter().map(|value| value.code.as_str()).collect();
    codes.join(", ")
}
