# Bytes in a row, or messages in boxes.
from socket import *

a, b = socketpair(AF_UNIX, SOCK_STREAM)
a.send(b"AB")
a.send(b"CD")
print(b.recv(10).decode(), flush=True)
a.close()
b.close()
a, b = socketpair(AF_UNIX, SOCK_DGRAM)
a.send(b"AB")
a.send(b"CD")
print(b.recv(10).decode(), flush=True)
print(b.recv(1).decode(), flush=True)
try:
    b.recv(10, MSG_DONTWAIT)
except OSError as e:
    print("recv:", e.strerror, flush=True)
a.close()
try:
    b.recv(10, MSG_DONTWAIT)
except OSError as e:
    print("recv:", e.strerror, flush=True)
b.close()
# Messages over a connection:
a, b = socketpair(AF_UNIX, SOCK_SEQPACKET)
a.send(b"EF")
a.close()
print(b.recv(10).decode(), flush=True)
print(len(b.recv(10)))
