# The parent sends a word to its child.
import os

r, w = os.pipe()       # 3 reads, 4 writes
if os.fork() == 0:     # the child
    os.close(w)
    data = os.read(r, 64)
    print("got", data.decode(), flush=True)
    n = len(os.read(r, 64))
    print("read returned", n, flush=True)
    os.close(r)
    os._exit(0)
os.close(r)            # the parent
os.write(w, b"hello")
os.close(w)
os.wait()
