//! `co_linetable`: which line each instruction of a function is of. Its format: InternalDocs/code_objects.md of CPython
//! (Objects/locations.md in 3.11 and 3.12).

/// An entry without any place.
const NO_PLACE: u8 = 15;
/// Line, last line and columns, each as a number of any length.
const LONG: u8 = 14;
/// A line alone.
const NO_COLUMNS: u8 = 13;

/// The line of the instruction at this place, counted in code units of two bytes; `None` where it has none, and where the table is
/// not as it should be.
pub(super) fn line_at(table: &[u8], first: i32, unit: u64) -> Option<u32> {
    let mut bytes = table.iter().copied();
    let mut line = i64::from(first);
    let mut begin = 0;
    loop {
        let head = bytes.next().filter(|head| head & 0x80 != 0)?;
        let kind = head >> 3 & 0xf;
        match kind {
            NO_PLACE => {}
            LONG => {
                line += signed(&mut bytes)?;
                for _ in 0..3 {
                    number(&mut bytes)?;
                }
            }
            NO_COLUMNS => line += signed(&mut bytes)?,
            10..=12 => {
                line += i64::from(kind - 10);
                bytes.nth(1)?;
            }
            _ => drop(bytes.next()?),
        }
        let end = begin + u64::from(head & 7) + 1;
        if (begin..end).contains(&unit) {
            return (kind != NO_PLACE).then(|| u32::try_from(line).ok()).flatten().filter(|line| *line > 0);
        }
        begin = end;
    }
}

/// Six bits a byte, the least first; the seventh says that more follow.
fn number(bytes: &mut impl Iterator<Item = u8>) -> Option<i64> {
    let mut value = 0_i64;
    for shift in (0..30).step_by(6) {
        let byte = bytes.next().filter(|byte| byte & 0x80 == 0)?;
        value |= i64::from(byte & 0x3f) << shift;
        if byte & 0x40 == 0 {
            return Some(value);
        }
    }
    None
}

/// The lowest bit is the sign.
fn signed(bytes: &mut impl Iterator<Item = u8>) -> Option<i64> {
    let value = number(bytes)?;
    Some(if value & 1 == 0 { value >> 1 } else { -(value >> 1) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_form_of_an_entry_is_read() {
        // Head: 0x80, the kind times 8, the number of code units less 1.
        let head = |kind: u8, units: u8| 0x80 | kind << 3 | (units - 1);
        for (table, unit, line) in [
            // Nothing, and nothing behind the end.
            (vec![], 0, None),
            (vec![head(0, 2), 0x12], 2, None),
            // Short: the line of before.
            (vec![head(0, 2), 0x12], 1, Some(10)),
            (vec![head(9, 8), 0x12], 7, Some(10)),
            // One line: 0 to 2 more.
            (vec![head(10, 1), 1, 2], 0, Some(10)),
            (vec![head(12, 1), 1, 2], 0, Some(12)),
            (vec![head(11, 1), 1, 2, head(12, 3), 3, 4], 3, Some(13)),
            // Without columns: +3, -3, and +40 in two bytes.
            (vec![head(13, 1), 6], 0, Some(13)),
            (vec![head(13, 1), 7], 0, Some(7)),
            (vec![head(13, 1), 0x40 | 16, 1], 0, Some(50)),
            // Long: +1, and three numbers to pass over.
            (vec![head(14, 1), 2, 1, 0x41, 1, 5, head(0, 1), 0], 1, Some(11)),
            // No place, but those behind it have one.
            (vec![head(15, 3), head(0, 1), 0], 2, None),
            (vec![head(15, 3), head(0, 1), 0], 3, Some(10)),
            // Before line 1 there is none.
            (vec![head(13, 1), 21], 0, None),
            // Cut off, without the mark of a head, a number without an end.
            (vec![head(12, 1), 1], 0, None),
            (vec![0x12], 0, None),
            (vec![head(13, 1), 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 1], 0, None),
        ] {
            assert_eq!(line_at(&table, 10, unit), line, "{table:x?} at {unit}");
        }
    }

    proptest! {
        #[test]
        fn no_table_does_harm(table in any::<Vec<u8>>(), first in any::<i32>(), unit in any::<u64>()) {
            let _ = line_at(&table, first, unit);
        }
    }
}
