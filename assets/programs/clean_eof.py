# The bytes arrive, then the end of file.
import os

r, w = os.pipe()       # 3 reads, 4 writes
if os.fork() == 0:     # the child
    os.close(w)
    n = len(os.read(r, 64))
    print("read returned", n, flush=True)
    n = len(os.read(r, 64))
    print("read returned", n, flush=True)
    n = len(os.read(r, 64))
    print("read returned", n, flush=True)
    os._exit(0)
os.close(r)            # the parent
os.write(w, b"hello")
os.close(w)            # the last write end
os.wait()
