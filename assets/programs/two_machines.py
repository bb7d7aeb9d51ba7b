# Two machines and a cable: one kernel.
import ctypes
import os, signal, socket, sys

libc = ctypes.CDLL(None, use_errno=True)
sh = os.system

def setup(ip):
    sh("ip link set lo up;"
       "ip link set eth0 up;"
       f"ip addr add {ip}/24 dev eth0")

me = os.getuid()
# CLONE_NEWUSER | CLONE_NEWNET
if libc.unshare(0x50000000):
    why = os.strerror(ctypes.get_errno())
    sys.exit("unshare: " + why)
with open("/proc/self/uid_map", "w") as f:
    f.write(f"0 {me} 1")
r, w = os.pipe()
right = os.fork()
if right == 0:
    os.close(w)
    libc.unshare(0x40000000)
    os.kill(os.getpid(), signal.SIGSTOP)
    setup("10.0.0.2")
else:
    os.close(r)
    os.waitpid(right, os.WUNTRACED)
    if sh("ip link add eth0 type veth"
          f" peer eth0 netns {right}"):
        os.kill(right, signal.SIGKILL)
        sys.exit(1)
    setup("10.0.0.1")
s = socket.socket()
if right:
    s.bind(("", 0))
    s.listen(5)
    port = s.getsockname()[1]
    os.write(w, b"%05d" % port)
    os.kill(right, signal.SIGCONT)
    s.accept()
    os.write(w, b"hi")
    os.wait()
    sys.exit(0)
port = int(os.read(r, 5))
try:
    s.connect(("127.0.0.1", port))
except OSError as e:
    print("127.0.0.1:", e.strerror)
s.connect(("10.0.0.1", port))
print("10.0.0.1: connected")
print("read", os.read(r, 2).decode())
