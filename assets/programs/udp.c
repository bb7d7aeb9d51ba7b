// Datagrams: no connection, no promise.
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
  struct sockaddr_in at = {AF_INET,
    htons(1), {htonl(INADDR_LOOPBACK)}, ""};
  struct sockaddr *to = (void *)&at;
  socklen_t size = sizeof at;
  char buf[64];
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  int n = sendto(s, "x", 1, 0, to, size);
  dprintf(1, "sent %d\n", n);
  int r = socket(AF_INET, SOCK_DGRAM, 0);
  at.sin_port = 0;
  bind(r, to, size);
  getsockname(r, to, &size);
  sendto(s, "one", 3, 0, to, size);
  sendto(s, "two", 3, 0, to, size);
  n = recvfrom(r, buf, 64, 0, NULL, NULL);
  dprintf(1, "got %.*s\n", n, buf);
  n = recv(r, buf, 2, 0);
  dprintf(1, "got %.*s\n", n, buf);
  connect(s, to, size);
  send(s, "three", 5, 0);
  close(r);
  send(s, "four", 4, 0);
  if (send(s, "five", 4, 0) == -1)
    perror("send");
}
