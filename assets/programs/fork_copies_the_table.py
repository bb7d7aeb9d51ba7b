# fork copies the table, not the pipe.
import os

r, w = os.pipe()       # 3 reads, 4 writes
if os.fork() == 0:     # the child: 3, 4
    text = os.read(r, 4).decode()
    print("child:", text, flush=True)
    os.close(w)
    os._exit(0)
os.write(w, b"from parent")
os.wait()              # the child has read
text = os.read(r, 64).decode()
print("parent:" + text, flush=True)

later = os.pipe()      # 5 reads, 6 writes
if os.fork() == 0:     # the second: 3 to 6
    os._exit(0)
os.wait()
