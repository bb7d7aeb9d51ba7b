# What a shell does: ls -d / /tmp | wc -l
import os

r, w = os.pipe()         # 3 reads, 4 writes
if os.fork() == 0:       # ls
    os.dup2(w, 1)        # 1 is the pipe
    os.close(r)
    os.close(w)
    os.execlp("ls", "ls", "-d", "/", "/tmp")
if os.fork() == 0:       # wc
    os.dup2(r, 0)        # 0 is the pipe
    os.close(r)
    os.close(w)
    os.execlp("wc", "wc", "-l")
os.close(w)              # or wc never ends
os.close(r)
os.wait()
os.wait()
