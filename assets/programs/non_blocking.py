# O_NONBLOCK is on what both of them share.
import os
from fcntl import F_GETFL, F_SETFL, fcntl

r, w = os.pipe()       # 3 reads, 4 writes
if os.fork() == 0:     # the child sets it
    fcntl(r, F_SETFL, os.O_NONBLOCK)
    os.write(w, b"hi")
    os.close(w)
    os._exit(0)
os.wait()              # the parent too
print("flags", fcntl(r, F_GETFL))
print("read", len(os.read(r, 64)))
try:
    os.read(r, 64)
except BlockingIOError as e:    # EAGAIN
    print("read:", e.strerror)
os.close(w)
print("read", len(os.read(r, 64)))
fcntl(r, F_SETFL, 0)
print("flags", fcntl(r, F_GETFL))
