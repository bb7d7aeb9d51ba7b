//! Films and stills of a run that was saved.

use super::args::{LookArgs, RecordArgs, ShotArgs};
use super::film::Camera;
use super::record::still;
use super::{Failure, look};
use crate::app::Replay;
use crate::timeline::{Timeline, TimelineError};

fn damaged(error: TimelineError) -> Failure {
    Failure::failed(error.to_string())
}

fn replay(run: Timeline, variant: Option<&str>, look: &LookArgs) -> Result<Replay, Failure> {
    if variant.is_some() {
        return Err(Failure::usage("a saved run has no variants; --variant goes with a lesson"));
    }
    let mut replay = Replay::new(run, look::for_file(look)).map_err(damaged)?;
    replay.settle_colours();
    Ok(replay)
}

/// Every moment of it as a film.
pub(super) fn film(args: &RecordArgs, run: Timeline, look: &LookArgs) -> Result<(), Failure> {
    let mut replay = replay(run, args.variant.as_deref(), look)?;
    let title = replay.about().title.clone();
    let mut camera = Camera::new(args, &args.output, &title, look)?;
    camera.frame(&replay.scene())?;
    while !replay.at_end() {
        replay.notice = None;
        replay.go(replay.at() + 1).map_err(damaged)?;
        let scene = replay.scene();
        let call = scene.moment.call.as_ref().map_or_else(String::new, |call| format!(": {call}"));
        camera.marker(&format!("{}{call}", scene.moment.step))?;
        camera.frame(&scene)?;
    }
    camera.end()
}

/// The screen after a step.
pub(super) fn shot(args: &ShotArgs, run: Timeline, look: &LookArgs) -> Result<(), Failure> {
    let mut replay = replay(run, args.variant.as_deref(), look)?;
    let (_, steps) = replay.scene().progress;
    let step = args.step.unwrap_or(steps);
    if step > steps {
        return Err(Failure::usage(format!("{} has {steps} steps; there is no step {step}", args.source)));
    }
    replay.go_to_step(step).map_err(damaged)?;
    let title = format!("pipescope: {}, step {step} of {steps}", replay.about().title);
    still(args, title, look, &replay.scene())
}
