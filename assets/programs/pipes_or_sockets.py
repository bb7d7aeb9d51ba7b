# The same bytes by a pipe and by TCP.
import os, socket

r, w = os.pipe()
l = socket.socket()
l.bind(("127.0.0.1", 0))
l.listen(1)
if os.fork() == 0:           # the others
    os.close(r)
    os.write(w, b"AB")
    os.write(w, b"CD")
    s = socket.socket()
    s.connect(l.getsockname())
    s.send(b"AB")            # a write
    s.send(b"CD")            # a write
    s.recv(64)               # a read
    os._exit(0)
os.close(w)
s, _ = l.accept()
text = os.read(r, 64).decode()
print("pipe", text)
text = s.recv(4, socket.MSG_WAITALL)
print("TCP", text.decode())
s.send(b"yes")
os.wait()
