use std::collections::BTreeMap;

use super::functions::{self, Function};
use super::syntax::{Command, Node, Operand, Pipeline, Target};
use super::value::Value;
use super::{MAX_TEXT_BYTES, TemplateData};

/// Does the actions of `nodes` one after the other.
pub fn expand(nodes: &[Node], data: &TemplateData<'_>) -> Result<String, String> {
    let mut run = Run {
        data: *data,
        dot: None,
        variables: Vec::new(),
        out: String::new(),
    };
    run.nodes(nodes)?;
    Ok(run.out)
}

struct Run<'a> {
    data: TemplateData<'a>,
    /// None outside of `with`: the alert itself.
    dot: Option<Value>,
    variables: Vec<(&'a str, Value)>,
    out: String,
}

impl<'a> Run<'a> {
    fn nodes(&mut self, nodes: &'a [Node]) -> Result<(), String> {
        for node in nodes {
            match node {
                Node::Text(text) => self.out.push_str(text),
                Node::Action(pipeline) => {
                    let value = self.pipeline(pipeline)?;
                    if pipeline.target.is_none() {
                        self.out.push_str(&value.to_text());
                    }
                }
                Node::Branch {
                    is_with,
                    condition,
                    then,
                    otherwise,
                } => {
                    let known = self.variables.len();
                    let value = self.pipeline(condition)?;
                    if !value.is_true() {
                        self.nodes(otherwise)?;
                    } else if *is_with {
                        let outer = self.dot.replace(value);
                        self.nodes(then)?;
                        self.dot = outer;
                    } else {
                        self.nodes(then)?;
                    }
                    self.variables.truncate(known);
                }
            }
            within_bounds(self.out.len())?;
        }
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &'a Pipeline) -> Result<Value, String> {
        let mut piped: Option<Value> = None;
        for command in &pipeline.commands {
            let value = self.command(command, piped)?;
            if let Value::Text(text) = &value {
                within_bounds(text.len())?;
            }
            piped = Some(value);
        }
        let value = piped.ok_or("missing value")?;
        match &pipeline.target {
            None => {}
            Some(Target::Declared(name)) => self.variables.push((name, value.clone())),
            Some(Target::Assigned(name)) => self.assign(name, value.clone()),
        }
        Ok(value)
    }

    /// A variable given from outside is shadowed for good: nothing else can see it.
    fn assign(&mut self, name: &'a str, value: Value) {
        match self.variables.iter_mut().rev().find(|v| v.0 == name) {
            Some(variable) => variable.1 = value,
            None => self.variables.insert(0, (name, value)),
        }
    }

    fn command(&mut self, command: &'a Command, piped: Option<Value>) -> Result<Value, String> {
        match command {
            Command::Operand(operand) => self.operand(operand),
            Command::Call {
                function: function @ (Function::And | Function::Or),
                arguments,
            } => self.and_or(*function, arguments, piped),
            Command::Call {
                function,
                arguments,
            } => {
                let arguments = self.arguments(arguments, piped)?;
                function.apply(&arguments, self.data.external)
            }
            Command::Printf { format, arguments } => {
                let arguments = self.arguments(arguments, piped)?;
                Ok(Value::Text(format.apply(&arguments)))
            }
            Command::Regex {
                regex,
                replaces,
                arguments,
            } => match (self.arguments(arguments, piped)?.as_slice(), replaces) {
                ([by, text], true) => functions::replace(regex, by, text),
                ([text], false) => Ok(Value::Bool(regex.is_match(text.as_text()?))),
                _ => Err("wrong number of arguments".to_owned()),
            },
        }
    }

    fn arguments(
        &mut self,
        operands: &'a [Operand],
        piped: Option<Value>,
    ) -> Result<Vec<Value>, String> {
        let mut values = Vec::with_capacity(operands.len() + 1);
        for operand in operands {
            values.push(self.operand(operand)?);
        }
        values.extend(piped);
        Ok(values)
    }

    /// The first argument that decides, else the last; those after it are not evaluated.
    fn and_or(
        &mut self,
        function: Function,
        operands: &'a [Operand],
        piped: Option<Value>,
    ) -> Result<Value, String> {
        let decides = function == Function::Or;
        let mut last = None;
        for operand in operands {
            let value = self.operand(operand)?;
            if value.is_true() == decides {
                return Ok(value);
            }
            last = Some(value);
        }
        piped.or(last).ok_or_else(|| "missing value".to_owned())
    }

    fn operand(&mut self, operand: &'a Operand) -> Result<Value, String> {
        match operand {
            Operand::Literal(value) => Ok(value.clone()),
            Operand::Dot(fields) => match self.dot.clone() {
                Some(dot) => field_of(dot, fields),
                None => self.root(fields),
            },
            Operand::Variable(name, fields) => self.variable(name, fields),
            Operand::Pipeline(pipeline, fields) => {
                let value = self.pipeline(pipeline)?;
                field_of(value, fields)
            }
            Operand::Call(function) => function.apply(&[], self.data.external),
        }
    }

    fn variable(&self, name: &str, fields: &[String]) -> Result<Value, String> {
        if let Some((_, value)) = self.variables.iter().rev().find(|v| v.0 == name) {
            return field_of(value.clone(), fields);
        }
        match name {
            "" => self.root(fields),
            "labels" => self.label_field(fields),
            "value" => field_of(Value::Number(self.data.value), fields),
            "externalURL" => field_of(Value::Text(self.data.external.url.clone()), fields),
            "externalLabels" => field_of(Value::Map(self.data.external.labels.clone()), fields),
            _ => Err(format!("undefined variable ${name}")),
        }
    }

    fn root(&self, fields: &[String]) -> Result<Value, String> {
        let (first, rest) = fields.split_first().ok_or("the dot alone has no text")?;
        match first.as_str() {
            "Labels" => self.label_field(rest),
            "Value" => field_of(Value::Number(self.data.value), rest),
            "ExternalURL" => field_of(Value::Text(self.data.external.url.clone()), rest),
            "ExternalLabels" => field_of(Value::Map(self.data.external.labels.clone()), rest),
            other => Err(format!("can't evaluate field {other}")),
        }
    }

    /// One label without a copy of all.
    fn label_field(&self, fields: &[String]) -> Result<Value, String> {
        match fields.split_first() {
            Some((name, rest)) => {
                let label = Value::Text(self.data.labels.value(name).to_owned());
                field_of(label, rest)
            }
            None => Ok(Value::Map(BTreeMap::from(self.data.labels.clone()))),
        }
    }
}

fn field_of(value: Value, fields: &[String]) -> Result<Value, String> {
    match (value, fields.split_first()) {
        (value, None) => Ok(value),
        (Value::Map(mut map), Some((name, rest))) => {
            let label = map.remove(name).unwrap_or_default();
            field_of(Value::Text(label), rest)
        }
        (value, Some((name, _))) => Err(format!(
            "can't evaluate field {name} in type {}",
            value.type_name()
        )),
    }
}

fn within_bounds(len: usize) -> Result<(), String> {
    if len > MAX_TEXT_BYTES {
        return Err(format!("the text is longer than {MAX_TEXT_BYTES} bytes"));
    }
    Ok(())
}
