//! `{a,b}` and `{0..9}` in a rule's literals become texts.
//!
//! In: a literal as it is written. Out: the texts it stands for, as a shell's brace expansion would give
//! them: each choice of each pair of braces. A choice is a text or a range of two ASCII characters.

/// The most texts that one literal may stand for.
const MOST: usize = 256;

/// The texts of `literal`; the reason where it cannot be understood.
pub(super) fn expand(literal: &str) -> Result<Vec<String>, &'static str> {
    let Some((before, rest)) = literal.split_once('{') else {
        return Ok(vec![literal.to_owned()]);
    };
    let (choices, after) = rest
        .split_once('}')
        .ok_or("has a literal with `{` and no `}` after it")?;
    let after = expand(after)?;
    let mut texts = Vec::new();
    for choice in choices.split(',') {
        for middle in range(choice) {
            texts.extend(after.iter().map(|after| format!("{before}{middle}{after}")));
            if texts.len() > MOST {
                return Err("has a literal whose braces stand for more than 256 texts");
            }
        }
    }
    Ok(texts)
}

/// `a..e` as its characters, anything else as it is.
fn range(choice: &str) -> Vec<String> {
    match choice.as_bytes() {
        [first, b'.', b'.', last] if first.is_ascii() && last.is_ascii() => (*first..=*last)
            .map(|c| char::from(c).to_string())
            .collect(),
        _ => vec![choice.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_is_a_text() {
        assert_eq!(expand("plain"), Ok(vec!["plain".to_owned()]));
        let texts = ["A0x", "A1x", "b0x", "b1x"].map(str::to_owned);
        assert_eq!(expand("{A,b}{0..1}x"), Ok(texts.to_vec()));
        assert!(expand("open {a").is_err());
        assert!(expand("{0..9}{0..9}{0..9}").is_err());
    }
}
