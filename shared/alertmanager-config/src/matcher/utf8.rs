//! The parser of Alertmanager since 0.27: `matcher/parse`.

use super::lexer::{Token, tokens};
use super::{MAX_IN_ONE_TEXT, Matcher};

/// `None` where it is no list of matchers: the classic parser then says why.
pub fn matchers(text: &str) -> Option<Vec<Matcher>> {
    let tokens = tokens(text)?;
    let inner = match tokens.as_slice() {
        [Token::OpenBrace, inner @ .., Token::CloseBrace] => inner,
        other => other,
    };
    let mut matchers = Vec::new();
    let mut rest = inner;
    while let [
        Token::Text(name),
        Token::Op(op),
        Token::Text(value),
        after @ ..,
    ] = rest
    {
        if matchers.len() == MAX_IN_ONE_TEXT {
            return None;
        }
        matchers.push(Matcher::new(name, *op, value).ok()?);
        rest = match after {
            [] => return Some(matchers),
            [Token::Comma, after @ ..] => after,
            _ => return None,
        };
    }
    rest.is_empty().then_some(matchers)
}
