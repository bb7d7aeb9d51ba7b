# A pipe takes 64 KiB: then write waits.
import fcntl, os

r, w = os.pipe()         # 3 reads, 4 writes
if os.fork() == 0:       # the child
    os.close(w)
    n = len(os.read(r, 1))
    n += len(os.read(r, 4095))
    while data := os.read(r, 65536):
        n += len(data)
    print("read", n, "bytes", flush=True)
    os._exit(0)
os.close(r)              # the parent
n = fcntl.fcntl(w, fcntl.F_GETPIPE_SZ)
print("room for", n, flush=True)
os.write(w, b"x" * 65536)   # fills it
os.write(w, b"y")           # has to wait
os.close(w)
os.wait()
