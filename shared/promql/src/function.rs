//! The functions of Prometheus 2.42 by name.

use crate::ValueType;
use crate::eval::arithmetic::Math;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    /// One number in, one number out.
    Math(Math),
    Clamp,
    ClampMin,
    ClampMax,
    Round,
    Date(DateField),
    Timestamp,
    Range(RangeFunction),
    AbsentOverTime,
    Absent,
    Scalar,
    Vector,
    Time,
    Pi,
    Sort,
    SortDescending,
    LabelReplace,
    LabelJoin,
    HistogramQuantile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateField {
    Minute,
    Hour,
    DayOfWeek,
    DayOfMonth,
    DayOfYear,
    DaysInMonth,
    Month,
    Year,
}

/// Functions of the samples in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RangeFunction {
    Rate,
    Increase,
    Delta,
    InstantRate,
    InstantDelta,
    Derivative,
    PredictLinear,
    Changes,
    Resets,
    HoltWinters,
    Average,
    Min,
    Max,
    Sum,
    Count,
    Quantile,
    StdDev,
    StdVar,
    Last,
    Present,
}

impl Function {
    pub(crate) fn named(name: &str) -> Option<Self> {
        FUNCTIONS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, function)| *function)
    }

    pub(crate) fn returns(self) -> ValueType {
        match self {
            Self::Scalar | Self::Time | Self::Pi => ValueType::Scalar,
            _ => ValueType::Vector,
        }
    }
}

const FUNCTIONS: [(&str, Function); 67] = [
    ("abs", Function::Math(Math::Abs)),
    ("absent", Function::Absent),
    ("absent_over_time", Function::AbsentOverTime),
    ("acos", Function::Math(Math::Acos)),
    ("acosh", Function::Math(Math::Acosh)),
    ("asin", Function::Math(Math::Asin)),
    ("asinh", Function::Math(Math::Asinh)),
    ("atan", Function::Math(Math::Atan)),
    ("atanh", Function::Math(Math::Atanh)),
    ("avg_over_time", Function::Range(RangeFunction::Average)),
    ("ceil", Function::Math(Math::Ceil)),
    ("changes", Function::Range(RangeFunction::Changes)),
    ("clamp", Function::Clamp),
    ("clamp_max", Function::ClampMax),
    ("clamp_min", Function::ClampMin),
    ("cos", Function::Math(Math::Cos)),
    ("cosh", Function::Math(Math::Cosh)),
    ("count_over_time", Function::Range(RangeFunction::Count)),
    ("day_of_month", Function::Date(DateField::DayOfMonth)),
    ("day_of_week", Function::Date(DateField::DayOfWeek)),
    ("day_of_year", Function::Date(DateField::DayOfYear)),
    ("days_in_month", Function::Date(DateField::DaysInMonth)),
    ("deg", Function::Math(Math::Degrees)),
    ("delta", Function::Range(RangeFunction::Delta)),
    ("deriv", Function::Range(RangeFunction::Derivative)),
    ("exp", Function::Math(Math::Exp)),
    ("floor", Function::Math(Math::Floor)),
    ("histogram_quantile", Function::HistogramQuantile),
    ("holt_winters", Function::Range(RangeFunction::HoltWinters)),
    ("hour", Function::Date(DateField::Hour)),
    ("idelta", Function::Range(RangeFunction::InstantDelta)),
    ("increase", Function::Range(RangeFunction::Increase)),
    ("irate", Function::Range(RangeFunction::InstantRate)),
    ("label_join", Function::LabelJoin),
    ("label_replace", Function::LabelReplace),
    ("last_over_time", Function::Range(RangeFunction::Last)),
    ("ln", Function::Math(Math::Ln)),
    ("log10", Function::Math(Math::Log10)),
    ("log2", Function::Math(Math::Log2)),
    ("max_over_time", Function::Range(RangeFunction::Max)),
    ("min_over_time", Function::Range(RangeFunction::Min)),
    ("minute", Function::Date(DateField::Minute)),
    ("month", Function::Date(DateField::Month)),
    ("pi", Function::Pi),
    (
        "predict_linear",
        Function::Range(RangeFunction::PredictLinear),
    ),
    ("present_over_time", Function::Range(RangeFunction::Present)),
    (
        "quantile_over_time",
        Function::Range(RangeFunction::Quantile),
    ),
    ("rad", Function::Math(Math::Radians)),
    ("rate", Function::Range(RangeFunction::Rate)),
    ("resets", Function::Range(RangeFunction::Resets)),
    ("round", Function::Round),
    ("scalar", Function::Scalar),
    ("sgn", Function::Math(Math::Sign)),
    ("sin", Function::Math(Math::Sin)),
    ("sinh", Function::Math(Math::Sinh)),
    ("sort", Function::Sort),
    ("sort_desc", Function::SortDescending),
    ("sqrt", Function::Math(Math::Sqrt)),
    ("stddev_over_time", Function::Range(RangeFunction::StdDev)),
    ("stdvar_over_time", Function::Range(RangeFunction::StdVar)),
    ("sum_over_time", Function::Range(RangeFunction::Sum)),
    ("tan", Function::Math(Math::Tan)),
    ("tanh", Function::Math(Math::Tanh)),
    ("time", Function::Time),
    ("timestamp", Function::Timestamp),
    ("vector", Function::Vector),
    ("year", Function::Date(DateField::Year)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sorted() {
        assert!(FUNCTIONS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
