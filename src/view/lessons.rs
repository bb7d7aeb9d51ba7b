//! The list of lessons.

use super::LessonRow;

/// The rows that a query finds, with their places in the list: every word of it must occur.
pub fn matching<'a>(rows: &'a [LessonRow], query: &str) -> Vec<(usize, &'a LessonRow)> {
    // `/` begins a search in many programs; here every letter does.
    let words: Vec<String> = query.trim_start_matches('/').split_whitespace().map(str::to_lowercase).collect();
    let fits = |row: &LessonRow| {
        let number = row.number.map_or(String::new(), |n| n.to_string());
        let text =
            format!("{number} {} {} {} {}", row.slug, row.title, row.summary, row.learn.join(" ")).to_lowercase();
        words.iter().all(|w| text.contains(w))
    };
    rows.iter().enumerate().filter(|(_, row)| fits(row)).collect()
}
