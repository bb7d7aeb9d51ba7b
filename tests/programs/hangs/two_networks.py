"""A client in one network namespace and its server in another, joined by a cable. Needs ip(8) and user namespaces; where there
are none, nothing is printed."""
import ctypes
import os
import socket
import subprocess
import sys

NEWUSER, NEWNET = 0x10000000, 0x40000000
libc = ctypes.CDLL(None)


def ip(words):
    done = subprocess.run(["ip", *words.split()], stderr=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        sys.exit(3)


uid, gid = os.getuid(), os.getgid()
if libc.unshare(NEWUSER | NEWNET) != 0:
    sys.exit(3)
for name, text in [("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")]:
    with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
        file.write(text)

told, tell = socket.socketpair()
server = os.fork()
if server == 0:
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 1)
    told.close()
    libc.unshare(NEWNET)
    tell.send(b"1")
    tell.recv(1)
    ip("addr add 10.9.0.2/24 dev cable-b")
    ip("link set cable-b up")
    listener = socket.create_server(("10.9.0.2", 5000))
    tell.send(b"2")
    connection, _ = listener.accept()
    connection.recv(1)
    os._exit(0)
tell.close()
told.recv(1)
ip(f"link add cable-a type veth peer name cable-b netns {server}")
ip("addr add 10.9.0.1/24 dev cable-a")
ip("link set cable-a up")
told.send(b"x")
told.recv(1)
client = socket.create_connection(("10.9.0.2", 5000))
print("client", os.getpid(), "server", server, flush=True)
null = os.open("/dev/null", os.O_RDWR)
os.dup2(null, 1)
client.recv(1)
