// A server at a path, and its client.
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(void)
{
  struct sockaddr_un at = {AF_UNIX, "srv"};
  struct sockaddr *to = (void *)&at;
  int size = sizeof at, n;
  char buf[64];

  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(s, to, size);
  int c = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(c, to, size) == -1)
    perror("connect");
  listen(s, 5);
  connect(c, to, size);
  write(c, "hi", 2);        // not accepted
  int a = accept(s, NULL, NULL);
  n = read(a, buf, 64);
  dprintf(1, "read %.*s\n", n, buf);
  close(c);
  n = read(a, buf, 64);
  dprintf(1, "read %d\n", n);
  close(a); close(s);
  s = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(s, to, size)) perror("bind");
  unlink("srv");
  return bind(s, to, size);
}
