# One pair of sockets goes both ways.
import os, socket

p, c = socket.socketpair()
if os.fork() == 0:           # the child
    p.close()
    text = c.recv(64).decode()
    print("child", text, flush=True)
    c.send(b"pong")
    n = len(c.recv(64))
    print("child read", n, flush=True)
    c.send(b"bye")
    os._exit(0)
c.close()
p.send(b"ping")
text = p.recv(64).decode()
print("parent", text, flush=True)
p.shutdown(socket.SHUT_WR)
text = p.recv(64).decode()
print("parent", text, flush=True)
print("parent read", len(p.recv(64)))
os.wait()
