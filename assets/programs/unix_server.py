# A server at a path, and its client.
import os, socket

s = socket.socket(socket.AF_UNIX)
s.bind("srv")
c = socket.socket(socket.AF_UNIX)
try:
    c.connect("srv")
except OSError as e:
    print("connect:", e.strerror, flush=1)
s.listen(5)
c.connect("srv")
c.send(b"hi")            # not accepted yet
a, _ = s.accept()
text = a.recv(64).decode()
print("read", text, flush=True)
c.close()
print("read", len(a.recv(64)), flush=True)
a.close()
s.close()
s = socket.socket(socket.AF_UNIX)
try:
    s.bind("srv")
except OSError as e:
    print("bind:", e.strerror, flush=True)
os.unlink("srv")
s.bind("srv")
