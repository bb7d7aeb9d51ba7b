// Bytes in a row, or messages in boxes.
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
void xrecv(int from, int count, int flags)
{
  char buf[64] = "0";
  int n = recv(from, buf, count, flags);
  if (n == -1) perror("recv");
  else dprintf(1, "%.*s\n", n ? n : 1, buf);
}
int main(void)
{
  int s[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  send(s[0], "AB", 2, 0);
  send(s[0], "CD", 2, 0);
  xrecv(s[1], 10, 0);
  close(s[0]); close(s[1]);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  send(s[0], "AB", 2, 0);
  send(s[0], "CD", 2, 0);
  xrecv(s[1], 10, 0);
  xrecv(s[1], 1, 0);
  xrecv(s[1], 10, MSG_DONTWAIT);
  close(s[0]);
  xrecv(s[1], 10, MSG_DONTWAIT);
  close(s[1]);
  socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s);
  send(s[0], "EF", 2, 0);
  close(s[0]);
  xrecv(s[1], 10, 0); xrecv(s[1], 10, 0);
}
