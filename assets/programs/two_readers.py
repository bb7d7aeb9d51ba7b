# Two readers: each byte goes to one of them.
import os

def reader(name, r, w):
    os.close(w)
    while data := os.read(r, 3):
        print(name, data.decode(), flush=True)
    os._exit(0)

r, w = os.pipe()       # 3 reads, 4 writes
if os.fork() == 0: reader("a:", r, w)
if os.fork() == 0: reader("b:", r, w)
os.close(r)            # the parent
os.write(w, b"abcdef")
os.write(w, b"x")
os.close(w)
os.wait(), os.wait()
