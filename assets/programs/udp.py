# Datagrams: no connection, no promise.
from socket import *

s = socket(AF_INET, SOCK_DGRAM)
n = s.sendto(b"x", ("127.0.0.1", 1))
print("sent", n, flush=True)
r = socket(AF_INET, SOCK_DGRAM)
r.bind(("127.0.0.1", 0))
to = r.getsockname()
s.sendto(b"one", to)
s.sendto(b"two", to)
text, _ = r.recvfrom(64)
print("got", text.decode(), flush=True)
text = r.recv(2)
print("got", text.decode(), flush=True)
s.connect(to)
s.send(b"three")
r.close()
s.send(b"four")
try:
    s.send(b"five")
except OSError as e:
    print("send:", e.strerror, flush=True)
