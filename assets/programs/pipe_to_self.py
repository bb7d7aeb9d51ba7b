# One process holds both ends of a pipe.
import os

r, w = os.pipe()         # 3 reads, 4 writes
os.write(w, b"hello")
print("read", os.read(r, 2).decode())
os.write(w, b"!!")
print("read", os.read(r, 64).decode())
try:
    os.write(r, b"x")
except OSError as e:
    print("write:", e.strerror)
try:
    os.read(w, 1)
except OSError as e:
    print("read:", e.strerror)
os.write(w, b"")         # writes nothing
os.close(w)
data = os.read(r, 64)
print("read returned", len(data))
