// Bytes in a row, or messages in boxes.
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

void xrecv(int from, int count, int flags)
{
  char buf[64];
  int n = recv(from, buf, count, flags);
  if (n == -1) perror("recv");
  else if (n == 0) dprintf(1, "0\n");
  else dprintf(1, "%.*s\n", n, buf);
}

int main(void)
{
  int a[2], b[2], c[2];

  socketpair(AF_UNIX, SOCK_STREAM, 0, a);
  send(a[0], "AB", 2, 0);
  send(a[0], "CD", 2, 0);
  xrecv(a[1], 10, 0);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, b);
  send(b[0], "AB", 2, 0);
  send(b[0], "CD", 2, 0);
  xrecv(b[1], 10, 0);
  xrecv(b[1], 1, 0);
  xrecv(b[1], 10, MSG_DONTWAIT);
  socketpair(AF_UNIX, SOCK_SEQPACKET, 0, c);
  send(c[0], "EF", 2, 0);
  shutdown(c[0], SHUT_WR);
  xrecv(c[1], 10, 0); xrecv(c[1], 10, 0);
}
