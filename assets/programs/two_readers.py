# Two readers: a byte goes to one of them.
import os

def reader(name, r, w):
    os.close(w)
    while got := os.read(r, 3):
        os.write(1, name + got + b"\n")
    os._exit(0)

r, w = os.pipe()       # 3 reads, 4 writes
if os.fork() == 0: reader(b"a: ", r, w)
if os.fork() == 0: reader(b"b: ", r, w)
os.close(r)            # the parent
os.write(w, b"abcdef")
os.write(w, b"x")
os.close(w)
os.wait(), os.wait()
