//! The parser's names for operators, aggregations and types, in ours.

use promql_parser::parser::token::*;
use promql_parser::parser::value::ValueType as ParsedType;

use crate::ValueType;
use crate::node::{Aggregation, Operator};

pub(crate) fn value_type(parsed: &ParsedType) -> ValueType {
    match parsed {
        ParsedType::Vector => ValueType::Vector,
        ParsedType::Scalar => ValueType::Scalar,
        ParsedType::Matrix => ValueType::Matrix,
        ParsedType::String => ValueType::String,
    }
}

pub(crate) fn operator(id: TokenId) -> Option<(Operator, &'static str)> {
    let table = [
        (T_ADD, Operator::Add, "+"),
        (T_SUB, Operator::Subtract, "-"),
        (T_MUL, Operator::Multiply, "*"),
        (T_DIV, Operator::Divide, "/"),
        (T_MOD, Operator::Modulo, "%"),
        (T_POW, Operator::Power, "^"),
        (T_ATAN2, Operator::Atan2, "atan2"),
        (T_EQLC, Operator::Equal, "=="),
        (T_NEQ, Operator::NotEqual, "!="),
        (T_GTR, Operator::Greater, ">"),
        (T_LSS, Operator::Less, "<"),
        (T_GTE, Operator::GreaterOrEqual, ">="),
        (T_LTE, Operator::LessOrEqual, "<="),
        (T_LAND, Operator::And, "and"),
        (T_LOR, Operator::Or, "or"),
        (T_LUNLESS, Operator::Unless, "unless"),
    ];
    let found = table.into_iter().find(|(known, ..)| *known == id);
    found.map(|(_, operator, sign)| (operator, sign))
}

pub(crate) fn aggregation(id: TokenId) -> Option<Aggregation> {
    let table = [
        (T_SUM, Aggregation::Sum),
        (T_AVG, Aggregation::Average),
        (T_MIN, Aggregation::Min),
        (T_MAX, Aggregation::Max),
        (T_COUNT, Aggregation::Count),
        (T_GROUP, Aggregation::Group),
        (T_STDDEV, Aggregation::StdDev),
        (T_STDVAR, Aggregation::StdVar),
        (T_TOPK, Aggregation::TopK),
        (T_BOTTOMK, Aggregation::BottomK),
        (T_QUANTILE, Aggregation::Quantile),
        (T_COUNT_VALUES, Aggregation::CountValues),
    ];
    let found = table.into_iter().find(|(known, _)| *known == id);
    found.map(|(_, aggregation)| aggregation)
}
