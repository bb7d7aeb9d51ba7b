//! Who else holds an end: a question to all of /proc.

use super::objects::{Found, Objects, pipe_inode};
use super::proc_dir::{self, ProcDir, entry};
use super::stat::Stat;
use super::{fds, sys};
use crate::world::{Holder, Object, ObjectKind, Pid};
use nix::errno::Errno;

/// Add every holder of the pipes and FIFOs that is none of `subjects`. How many processes did not let us look:
/// each of them may hold an end unseen.
pub(super) fn add(objects: &mut Objects, subjects: &[Pid]) -> usize {
    let fifos = objects.any(ObjectKind::Fifo);
    if !fifos && !objects.any(ObjectKind::Pipe) {
        return 0;
    }
    let Ok(processes) = proc_dir::root().and_then(|root| root.numbers()) else { return 0 };
    // Whoever sees not even the first process is shown none of other users (`hidepid`, proc(5)): at least that one is hidden.
    let unlisted = usize::from(!processes.contains(&1));
    let strangers = processes.into_iter().filter(|pid| !subjects.contains(pid));
    unlisted + strangers.filter(|&pid| add_one(objects, pid, fifos).is_err_and(|errno| hidden(pid, errno))).count()
}

/// It did not let us look, and it is one that can hold an end.
fn hidden(pid: Pid, errno: Errno) -> bool {
    matches!(errno, Errno::EACCES | Errno::EPERM)
        && ProcDir::of(pid).and_then(|dir| Stat::read(&dir)).is_ok_and(|stat| !stat.kernel && !stat.is_zombie())
}

/// Holders of these pipes and FIFOs that are none of `subjects`, in place of those that were known before. How many processes did
/// not let us look.
pub fn outside_holders<'o>(pipes: impl Iterator<Item = &'o mut Object>, subjects: &[Pid]) -> usize {
    let mut pipes: Vec<&mut Object> = pipes.collect();
    if pipes.is_empty() {
        return 0;
    }
    let mut objects = Objects::default();
    for pipe in &mut pipes {
        pipe.holders.retain(|h| !h.outside);
        objects.insert_pipe(pipe);
    }
    let unseen = add(&mut objects, subjects);
    for (pipe, found) in pipes.into_iter().zip(objects.into_objects()) {
        pipe.holders = found.holders;
    }
    unseen
}

fn add_one(objects: &mut Objects, pid: Pid, fifos: bool) -> nix::Result<()> {
    let process = ProcDir::showing(pid)?;
    let links = process.inside(c"fd")?;
    let infos = process.inside(c"fdinfo")?;
    let mut comm = None;
    for number in links.numbers()? {
        let name = entry(number);
        let link = match links.link(&name) {
            Ok(link) => link,
            Err(errno @ (Errno::EACCES | Errno::EPERM)) => return Err(errno),
            Err(_) => continue,
        };
        let Some(object) = object_behind(objects, &links, &name, &link, fifos) else { continue };
        let mut buffer = [0; 256];
        let Some(flags) = infos.read_start(&name, &mut buffer).ok().and_then(fds::Flags::parse) else { continue };
        let command = comm.get_or_insert_with(|| Stat::read(&process).map_or_else(|_| "?".into(), |stat| stat.comm));
        let (process, access) = (command.clone(), flags.access);
        object.holders.push(Holder { process, pid, fd: number, access, outside: true });
    }
    Ok(())
}

fn object_behind<'o>(
    objects: &'o mut Objects,
    links: &ProcDir,
    name: &std::ffi::CStr,
    link: &str,
    fifos: bool,
) -> Option<&'o mut crate::world::Object> {
    if pipe_inode(link).is_some() {
        return objects.queue_mut(|found| found.object.id.0 == link);
    }
    if !fifos || !link.starts_with('/') {
        return None;
    }
    // A FIFO has another path in another mount namespace, or by a hard link: the inode and its device are it.
    let file = sys::file_id(links, name).ok()?;
    let same = |found: &Found| found.file.is_some_and(|f| (f.inode, f.device) == (file.inode, file.device));
    objects.queue_mut(same)
}
