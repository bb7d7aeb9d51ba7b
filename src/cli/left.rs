//! What a traced program has made and nothing but a command removes: System V queues and semaphores.

use crate::observe;
use crate::timeline::Timeline;
use crate::world::{Object, World};

/// What was made in a trace and not been seen to be removed.
#[derive(Debug, Default)]
pub(super) struct Left(Vec<Object>);

impl Left {
    /// As a run that was kept has it at its end.
    pub(super) fn of(run: &Timeline) -> Left {
        let mut left = Left::default();
        if let Some(Ok(last)) = run.len().checked_sub(1).map(|last| run.get(last)) {
            left.follow(&last.moment.world);
        }
        left
    }

    /// The world of the next moment.
    pub(super) fn follow(&mut self, world: &World) {
        let made = |object: &&Object| object.usage().is_some_and(|usage| usage.made_by.is_some());
        if self.0.is_empty() && !world.objects.iter().any(|object| made(&object)) {
            return;
        }
        self.0 = world.objects.iter().filter(made).cloned().collect();
    }

    /// Say what is there still, now that the program has ended.
    pub(super) fn tell(mut self) {
        for object in &mut self.0 {
            let Some(removal) = object.removal().filter(|_| observe::look_at_system_v(object)) else { continue };
            let holds = match object.post_queue().and_then(|queue| queue.messages.value()) {
                None | Some(0) => String::new(),
                Some(1) => " with 1 message".to_owned(),
                Some(n) => format!(" with {n} messages"),
            };
            super::say(&format!(
                "the program has left {}{holds} behind, which stays; {removal} removes it",
                object.label()
            ));
        }
    }
}
