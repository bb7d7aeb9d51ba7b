# Bytes in a row, or messages in boxes.
# Three pairs: a b, c d and e f.
from socket import *

a, b = socketpair(AF_UNIX, SOCK_STREAM)
a.send(b"AB")
a.send(b"CD")
print(b.recv(10).decode(), flush=True)
c, d = socketpair(AF_UNIX, SOCK_DGRAM)
c.send(b"AB")
c.send(b"CD")
print(d.recv(10).decode(), flush=True)
print(d.recv(1).decode(), flush=True)
try:
    d.recv(10, MSG_DONTWAIT)
except OSError as e:
    print("recv:", e.strerror, flush=True)
# Messages over a connection:
e, f = socketpair(AF_UNIX, SOCK_SEQPACKET)
e.send(b"EF")
e.shutdown(SHUT_WR)
print(f.recv(10).decode(), flush=True)
print(len(f.recv(10)))
