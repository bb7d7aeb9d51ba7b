//! C strings, and data: a string, or its repetition.

use super::super::Data;
use super::cursor::{Cursor, quote};
use super::{DATA_LIMIT, ParseError, Parsed, value};

/// A C string: the bytes between the quotes, escapes carried out.
pub(super) fn string(cursor: &mut Cursor<'_>, expected: &str) -> Parsed<Vec<u8>> {
    match cursor.peek() {
        Some('"') => {}
        Some('\'' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' | '\u{ab}' | '\u{60}') => {
            return Err(cursor.unexpected(expected).with_help("text stands between straight double quotes: \"hello\""));
        }
        _ => return Err(cursor.unexpected(expected)),
    }
    let opening = cursor.pos();
    cursor.take_raw();
    let mut bytes = Vec::new();
    loop {
        let start = cursor.pos();
        match cursor.take_raw() {
            None => {
                return Err(ParseError::new(opening..cursor.pos(), "this string has no closing quote")
                    .with_help("a quote within the text is written \\\""));
            }
            Some('"') => return Ok(bytes),
            Some('\\') => escaped(cursor, start, &mut bytes)?,
            Some(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// What a backslash at `start` begins. `\x` takes at most two digits, unlike C, where it takes all there are.
fn escaped(cursor: &mut Cursor<'_>, start: usize, bytes: &mut Vec<u8>) -> Parsed<()> {
    let simple = match cursor.raw() {
        Some('n') => b'\n',
        Some('t') => b'\t',
        Some('r') => b'\r',
        Some('a') => 0x07,
        Some('b') => 0x08,
        Some('v') => 0x0b,
        Some('f') => 0x0c,
        Some('e') => 0x1b,
        Some(c @ ('"' | '\\' | '\'' | '?')) => c as u8,
        Some('0'..='7') => {
            let number = digits(cursor, 8, 3);
            let Ok(byte) = u8::try_from(number) else {
                let message = "an octal escape ends at \\377, the highest byte";
                return Err(ParseError::new(start..cursor.pos(), message));
            };
            bytes.push(byte);
            return Ok(());
        }
        Some(c @ ('x' | 'u' | 'U')) => {
            cursor.take_raw();
            return hexadecimal(cursor, start, c, bytes);
        }
        other => {
            cursor.take_raw();
            let shown = other.map_or_else(|| "`\\`".to_owned(), |c| quote(&c.to_string()).replacen('`', "`\\", 1));
            return Err(ParseError::new(start..cursor.pos(), format!("{shown} is no escape of C"))
                .with_help(r#"escapes are \n \t \r \0 \e \a \b \f \v \xHH \ooo \uHHHH \" \\"#));
        }
    };
    cursor.take_raw();
    bytes.push(simple);
    Ok(())
}

/// `\xH`, `\xHH`, `\uHHHH`, `\UHHHHHHHH`, after the letter.
fn hexadecimal(cursor: &mut Cursor<'_>, start: usize, letter: char, bytes: &mut Vec<u8>) -> Parsed<()> {
    let most = match letter {
        'x' => 2,
        'u' => 4,
        _ => 8,
    };
    let first = cursor.pos();
    let number = digits(cursor, 16, most);
    let count = cursor.pos() - first;
    if count == 0 || (letter != 'x' && count != most) {
        let wanted = if letter == 'x' { "one or two".to_owned() } else { most.to_string() };
        let message = format!("`\\{letter}` is followed by {wanted} hexadecimal digits");
        return Err(ParseError::new(start..cursor.pos(), message));
    }
    if letter == 'x' {
        bytes.push(u8::try_from(number).unwrap_or(u8::MAX));
        return Ok(());
    }
    let Some(c) = char::from_u32(number) else {
        return Err(ParseError::new(start..cursor.pos(), "there is no such character in Unicode"));
    };
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(())
}

/// Up to `most` digits, as a number.
fn digits(cursor: &mut Cursor<'_>, base: u32, most: usize) -> u32 {
    let mut number = 0;
    for _ in 0..most {
        let Some(digit) = cursor.raw().and_then(|c| c.to_digit(base)) else { break };
        cursor.take_raw();
        number = number * base + digit;
    }
    number
}

/// A string without a zero byte and of valid UTF-8: a path, or an argument of a program.
pub(super) fn text(cursor: &mut Cursor<'_>, expected: &str) -> Parsed<String> {
    cursor.peek();
    let start = cursor.pos();
    let bytes = string(cursor, expected)?;
    let at = start..cursor.pos();
    if bytes.contains(&0) {
        return Err(ParseError::new(at, "to C this text ends at its \\0").with_help("leave the \\0 out"));
    }
    String::from_utf8(bytes).map_err(|_| ParseError::new(at, "this text is not UTF-8, which it must be here"))
}

/// Data: `"x"` or `"x" * 65536`.
pub(super) fn data(cursor: &mut Cursor<'_>) -> Parsed<Data> {
    cursor.peek();
    let start = cursor.pos();
    let unit = string(cursor, "text in double quotes")?;
    if cursor.eat_text("...") {
        return Err(ParseError::new(start..cursor.pos(), "the data was cut short here when it was printed")
            .with_help("write it out, or as a repetition: \"x\" * 65536"));
    }
    if !cursor.eat('*') {
        return Ok(Data { unit, times: 1 });
    }
    let (times, _) = value::integer::<u64>(cursor, "a number of repetitions", "0 or more")?;
    let data = Data { unit, times };
    if data.len() > DATA_LIMIT {
        let message = format!("that is more than {} MiB in all", DATA_LIMIT / 1024 / 1024);
        return Err(ParseError::new(start..cursor.pos(), message)
            .with_help("a pipe holds 64 KiB unless F_SETPIPE_SZ says otherwise"));
    }
    Ok(data)
}
