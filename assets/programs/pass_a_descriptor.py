# Send a write end through a socket.
import os, socket

p, c = socket.socketpair()
if os.fork() == 0:           # the child
    p.close()
    got = socket.recv_fds(c, 16, 1)
    fd = got[1][0]
    print("child has", fd, flush=True)
    os.write(fd, b"hi")
    os.close(fd)
    os._exit(0)
c.close()
r, w = os.pipe()
socket.send_fds(p, [b"x"], [w])
os.close(w)
text = os.read(r, 64).decode()
print("read", text, flush=True)
print("read", len(os.read(r, 64)))
os.wait()
