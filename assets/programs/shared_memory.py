# Memory of one's own, and shared memory.
import os
from mmap import *

def words(memory):
    return memoryview(memory).cast("q")

def add(m):
    while m[1] == 0: pass   # the gate
    for i in range(1000000):
        m[0] += 1
    os._exit(0)

fd = os.memfd_create("counter")
os.ftruncate(fd, 4096)
m = words(mmap(fd, 4096, MAP_SHARED))
os.close(fd)
own = MAP_PRIVATE | MAP_ANONYMOUS
x = words(mmap(-1, 4096, own))
if os.fork() == 0:
    x[0] = 99
    m[0] = 99
    add(m)
while m[0] != 99: pass
print(x[0], "and", m[0], flush=True)
m[0] = 0
if os.fork() == 0:
    m[2] = 1
    add(m)
while m[2] == 0: pass
m[1] = 1
os.wait(), os.wait()
print(m[0], flush=True)
