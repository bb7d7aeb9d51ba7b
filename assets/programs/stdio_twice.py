# print once, fork: the line comes twice.
import os, sys

r, w = os.pipe()         # 3 reads, 4 writes
if os.fork() == 0:         # the printer
    os.dup2(w, 1)
    os.close(r)
    os.close(w)
    sys.stdout = open(1, "w")  # a pipe
    print("hello")
    # Missing: sys.stdout.flush()
    if os.fork() == 0:
        sys.exit(0)        # the child
    os.wait()
    sys.exit(0)
os.close(w)                # the reader
os.wait()
s = os.read(r, 64).decode()
print(f"read {len(s)}: {s}", end="")
n = len(os.read(r, 64))
print("read returned", n)
