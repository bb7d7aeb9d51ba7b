//! What can lie over the stage.

use crate::notation::ParseError;
use crate::view::form::Form;
use crate::view::keys::Action;
use tui_input::Input;

/// What lies over the stage.
#[derive(Debug, Clone, Default)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// Keys and marks; the first line shown.
    Help {
        /// The first line shown.
        scroll: u16,
    },
    /// The long form of the findings.
    Why {
        /// The first line shown.
        scroll: u16,
    },
    /// The `:` line.
    Prompt(Prompt),
    /// A form for one call.
    Form(Form),
    /// A step's number.
    Jump(Input),
    /// The words to look for.
    Search(Input),
    /// Until what a traced program is to run, and what is wrong with that once it was tried.
    Until(Input, Option<String>),
    /// The messages' filter.
    Filter {
        /// The row the cursor is on.
        cursor: usize,
    },
    /// The list of lessons.
    Lessons {
        /// The row the cursor is on, among those that match.
        cursor: usize,
        /// What is looked for.
        query: Input,
    },
    /// Yes or no.
    Confirm {
        /// What is asked.
        question: String,
        /// What is done on yes.
        action: Action,
        /// The program that it would end may live on instead.
        may_live: bool,
    },
    /// Keys go to the stage's terminal.
    Terminal,
    /// Three lines for the first use.
    Welcome,
}

/// The `:` line.
#[derive(Debug, Clone, Default)]
pub struct Prompt {
    /// What is written.
    pub input: Input,
    /// The line of the history that is shown, from the newest (0); `None`: one's own.
    pub recalled: Option<usize>,
    /// What is wrong with it, once it was tried.
    pub error: Option<ParseError>,
    /// What the word at the cursor may become.
    pub completions: Vec<String>,
}

impl Prompt {
    /// A prompt with `text` written.
    pub fn with(text: &str) -> Prompt {
        Prompt { input: Input::new(text.to_string()), ..Prompt::default() }
    }
}
