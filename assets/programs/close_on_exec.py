# exec closes what is marked, not 0, 1, 2.
import os

out_r, out_w = os.pipe2(os.O_CLOEXEC)  # 3 4
in_r, in_w = os.pipe2(os.O_CLOEXEC)    # 5 6
if os.fork() == 0:         # the child
    os.dup2(out_w, 1)      # not marked
    os.dup2(in_r, 0)       # not marked
    os.execlp("cat", "cat")
os.write(in_w, b"hello")
print("read", os.read(out_r, 64).decode())
os.close(in_w)             # cat ends
os.close(out_w)
n = len(os.read(out_r, 64))
print("read returned", n)
os.wait()
