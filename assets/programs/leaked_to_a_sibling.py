# A later child gets the write end, too.
import os, time

r, w = os.pipe()       # 3 reads, 4 writes
if os.fork() == 0:     # the first child
    os.close(w)
    os.read(r, 64)             # "job"
    os.read(r, 64)             # blocks
    print("first: end of file", flush=True)
    os._exit(0)
os.close(r)            # the parent
if os.fork() == 0:     # the second has 4
    time.sleep(1)      # works on
    print("second: close", flush=True)
    os.close(w)        # too late
    os._exit(0)
os.write(w, b"job")
os.close(w)            # not the last one
os.wait(), os.wait()
