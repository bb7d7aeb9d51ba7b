# Writing where nobody can read: SIGPIPE.
import os
from signal import SIG_DFL, SIGPIPE, signal

signal(SIGPIPE, SIG_DFL)  # else ignored
r, w = os.pipe()        # 3 reads, 4 writes
if os.fork() == 0:      # the child
    os.close(r)
    os.write(w, b"one")
    while True:         # until killed
        os.write(w, b"two")
os.close(w)             # the parent
os.read(r, 3)
os.close(r)             # the last read end
pid, status = os.wait()
if os.WIFSIGNALED(status):
    print("signal", os.WTERMSIG(status))
