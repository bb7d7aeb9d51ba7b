# The writer is dead; its bytes are not.
import os

r, w = os.pipe()       # 3 reads, 4 writes
if os.fork() == 0:     # the child
    os.close(r)
    os.write(w, b"bye")
    os._exit(7)
os.close(w)            # the parent
print("read", os.read(r, 64).decode())
print("read returned", len(os.read(r, 64)))
pid, status = os.wait()
print("exit", os.WEXITSTATUS(status))
try:
    os.wait()
except ChildProcessError as e:
    print("wait:", e.strerror)
