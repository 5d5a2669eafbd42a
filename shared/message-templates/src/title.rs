//! Capitals at the beginnings of words. Source: Unicode's word boundaries (UAX 29), as far as labels need them.

/// Each word's first letter as a capital and the others small, as Go's `cases.Title` does for English.
pub(crate) fn title_case(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut is_within = false;
    for (at, c) in chars.iter().enumerate() {
        if c.is_lowercase() || c.is_uppercase() {
            if is_within {
                out.extend(c.to_lowercase());
            } else {
                push_capital(*c, &mut out);
            }
            is_within = true;
            continue;
        }
        out.push(*c);
        let before = at.checked_sub(1).and_then(|before| chars.get(before));
        is_within = is_within && joins(before, *c, chars.get(at + 1));
    }
    out
}

/// Whether a word goes on over a character that is no letter of two cases.
fn joins(before: Option<&char>, c: char, after: Option<&char>) -> bool {
    let both = |is: fn(&char) -> bool| before.is_some_and(is) && after.is_some_and(is);
    match c {
        '_' => true,
        '.' | '\'' | '\u{2019}' => both(|c| c.is_alphabetic()) || both(|c| c.is_numeric()),
        ':' | '\u{b7}' => both(|c| c.is_alphabetic()),
        ',' | ';' => both(|c| c.is_numeric()),
        _ => c.is_numeric(),
    }
}

fn push_capital(c: char, out: &mut String) {
    match c {
        'ß' => out.push_str("Ss"),
        // These have a form of their own for titles.
        'ǆ' | 'Ǆ' => out.push('ǅ'),
        'ǉ' | 'Ǉ' => out.push('ǈ'),
        'ǌ' | 'Ǌ' => out.push('ǋ'),
        'ǳ' | 'Ǳ' => out.push('ǲ'),
        c => out.extend(c.to_uppercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `amtool template render` of Alertmanager 0.25 wrote it.
    #[test]
    fn words_begin_with_capitals_where_alertmanager_lets_them() {
        let text = "HELLO wORLD 3abc high_load a-b don't x.y a:b ßa ǆx o’clock 日本x abc1def a·b a..b _abc __x 1.2a a,b éa";
        let wanted = "Hello World 3Abc High_load A-B Don't X.y A:b Ssa ǅx O’clock 日本X Abc1def A·b A..B _Abc __X 1.2A A,B Éa";
        assert_eq!(title_case(text), wanted);
    }
}
