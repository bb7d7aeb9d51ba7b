# Three on one port, two in the group.
from socket import *

lo = inet_aton("127.0.0.1")
group = "239.1.2.3"
IP, ALL = IPPROTO_IP, 49  # IP_MULTICAST_ALL
SOL, REUSE = SOL_SOCKET, SO_REUSEADDR
port = 0
r = []
for i in range(3):
    s = socket(AF_INET, SOCK_DGRAM)
    if i > 0:
        s.setsockopt(SOL, REUSE, 1)
    s.bind(("", port))
    s.setsockopt(SOL, REUSE, 1)
    port = s.getsockname()[1]
    if i != 1:
        s.setsockopt(IP, IP_ADD_MEMBERSHIP,
                     inet_aton(group) + lo)
    r.append(s)
s = socket(AF_INET, SOCK_DGRAM)
s.setsockopt(IP, IP_MULTICAST_IF, lo)
s.sendto(b"one", (group, port))
r[1].setsockopt(IP, ALL, 0)
s.sendto(b"two", (group, port))
try:
    while True:
        b = r[1].recv(9, MSG_DONTWAIT)
        print("the second got", b.decode())
except BlockingIOError:
    pass
