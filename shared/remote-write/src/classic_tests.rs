use super::*;

/// `2^(n / 2^schema)`, to the last bits.
fn rough(schema: i32, index: i64) -> f64 {
    (index as f64 * (-f64::from(schema)).exp2()).exp2()
}

fn is_close(a: f64, b: f64) -> bool {
    a == b || ((a - b) / b).abs() < 1e-14
}

#[test]
fn bounds_follow_the_formula() {
    for schema in COARSEST..=FINEST_CONVERTED {
        for index in -600..600 {
            let (own, rough) = (bound(schema, index), rough(schema, index));
            // Below the normal doubles bits are lost.
            let is_tiny = rough < f64::MIN_POSITIVE;
            assert!(
                is_tiny || is_close(own, rough),
                "{schema} {index}: {own} {rough}"
            );
        }
    }
    assert!(HALF_ROOTS.windows(2).all(|pair| pair[0] < pair[1]));
    // As in the table of Prometheus' client library.
    assert_eq!(bound(8, 1), 2.0 * 0.501_355_637_525_101_3);
    assert_eq!(bound(3, 1), 2.0 * 0.545_253_866_332_628_8);
    assert_eq!(bound(2, 3), 2.0 * 0.840_896_415_253_714_5);
    assert_eq!(bound(0, -1074), f64::from_bits(1));
    assert_eq!(bound(0, 1023), 2.0_f64.powi(1023));
    assert_eq!(bound(0, 1024), f64::INFINITY);
    assert_eq!(bound(-4, i64::from(i32::MAX) + (1 << 32)), f64::INFINITY);
    assert_eq!(bound(-9, i64::from(i32::MIN)), 0.0);
    assert_eq!(bound(8, i64::from(i32::MIN)), 0.0);
}

#[test]
fn a_coarser_schema_has_the_same_bounds_but_fewer() {
    for schema in COARSEST + 1..=FINEST_CONVERTED {
        for index in -40..40 {
            let mut one = vec![(index, 1.0)];
            coarsen(&mut one, 1);
            let (wide, _) = one[0];
            let ends = (bound(schema - 1, wide - 1), bound(schema - 1, wide));
            let (lower, upper) = (bound(schema, index - 1), bound(schema, index));
            assert!(ends.0 <= lower && upper <= ends.1, "{schema} {index}");
            assert_eq!(bound(schema - 1, wide), bound(schema, 2 * wide));
        }
    }
}
