use super::*;

/// A sentence of the course fits into two or three lines of 78 columns.
const SENTENCE: usize = 200;

fn all() -> Vec<Lesson> {
    FILES
        .iter()
        .map(|(file, text)| {
            read(file, text).unwrap_or_else(|errors| {
                let reports: Vec<String> = errors.iter().map(LessonError::report).collect();
                panic!("{}", reports.join("\n"))
            })
        })
        .collect()
}

#[test]
fn every_lesson_loads() {
    assert_eq!(all().len(), FILES.len());
    assert_eq!(builtin().len(), FILES.len());
}

#[test]
fn the_list_is_the_folder() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/lessons");
    let mut there: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    there.sort();
    let listed: Vec<&str> = FILES.iter().map(|(file, _)| *file).collect();
    assert_eq!(there, listed);
}

#[test]
fn numbers_rise_and_names_are_unlike() {
    let lessons = all();
    let numbers: Vec<u32> = lessons.iter().map(|l| l.number.unwrap()).collect();
    assert!(numbers.windows(2).all(|w| w[0] < w[1]), "{numbers:?}");
    let mut slugs: Vec<&str> = lessons.iter().map(|l| l.slug.as_str()).collect();
    slugs.sort_unstable();
    slugs.dedup();
    assert_eq!(slugs.len(), lessons.len());
    assert_eq!((lessons[0].slug.as_str(), numbers[0]), ("one-pipe", 1));
}

#[test]
fn sentences_are_short() {
    let mut long: Vec<String> = Vec::new();
    let mut look = |what: String, limit: usize, text: &str| {
        let length = text.chars().count();
        if length > limit {
            long.push(format!("{what}: {length} characters, at most {limit}: {text}"));
        }
    };
    for lesson in all() {
        let slug = &lesson.slug;
        look(format!("{slug} title"), 60, &lesson.title);
        look(format!("{slug} summary"), SENTENCE, &lesson.summary);
        look(format!("{slug} intro"), SENTENCE, &lesson.intro);
        for text in &lesson.learn {
            look(format!("{slug} learn"), SENTENCE, text);
        }
        if let Some(goal) = &lesson.goal {
            look(format!("{slug} goal"), SENTENCE, &goal.say);
            for hint in &goal.hints {
                look(format!("{slug} hint"), SENTENCE, hint);
            }
        }
        for variant in &lesson.variants {
            look(format!("{slug} variant"), SENTENCE, &variant.say);
            look(format!("{slug} variant title"), 60, &variant.title);
        }
        for step in stories(&lesson).into_iter().flatten() {
            look(format!("{slug} step {:?}", step.id), SENTENCE, &step.say);
            let Some(ask) = &step.predict else { continue };
            look(format!("{slug} question at {:?}", step.id), SENTENCE, &ask.question);
            for option in &ask.options {
                look(format!("{slug} option at {:?}", step.id), 60, &option.text);
                look(format!("{slug} why at {:?}", step.id), SENTENCE, &option.why);
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

fn stories(lesson: &Lesson) -> Vec<&Vec<crate::lesson::LessonStep>> {
    std::iter::once(&lesson.steps).chain(lesson.variants.iter().map(|v| &v.steps)).collect()
}

#[test]
fn every_lesson_has_what_a_lesson_needs() {
    for lesson in all() {
        let slug = &lesson.slug;
        assert!((5..=22).contains(&lesson.steps.len()), "{slug} has {} steps", lesson.steps.len());
        assert!(lesson.steps.iter().any(|s| s.predict.is_some()), "{slug} asks nothing");
        assert!(!lesson.variants.is_empty(), "{slug} has no variant");
        assert!((2..=4).contains(&lesson.learn.len()), "{slug} teaches {} things", lesson.learn.len());
        for (index, step) in stories(&lesson).into_iter().flatten().enumerate() {
            assert!(!step.expect.is_empty(), "{slug}: step {} ({:?}) expects nothing", index + 1, step.id);
            assert!(step.id.is_some(), "{slug}: step {} has no id", index + 1);
        }
        for variant in &lesson.variants {
            let shown = !variant.differs.is_empty() || !variant.dropped.is_empty();
            assert!(shown && variant.steps != lesson.steps, "{slug} {} does not differ", variant.slug);
        }
    }
}

#[test]
fn lessons_are_found_by_name_and_number() {
    assert_eq!(find("no-eof").unwrap().number, Some(6));
    assert_eq!(find("6").unwrap().slug, "no-eof");
    assert_eq!(find("15").unwrap().first.as_deref(), Some("shell"));
    let error = find("noeof").unwrap_err();
    assert_eq!(error.nearest[0], "no-eof");
    assert!(error.to_string().starts_with("there is no lesson `noeof`; did you mean no-eof"), "{error}");
    assert_eq!(find("zzzzz").unwrap_err().to_string(), "there is no lesson `zzzzz`");
    assert_eq!(find("18").unwrap().slug, "stdio-twice");
    assert!(find("99").is_err());
    assert!(find("").is_err());
}
