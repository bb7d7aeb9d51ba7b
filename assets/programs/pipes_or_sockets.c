// The same bytes by a pipe and by TCP.
#include <netinet/in.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  struct sockaddr_in a = {AF_INET, 0,
              {htonl(INADDR_LOOPBACK)}, ""};
  socklen_t z = sizeof a;
  int p[2], l, s;
  char b[64] = "";
  pipe(p);
  l = socket(AF_INET, SOCK_STREAM, 0);
  bind(l, (void *)&a, z); listen(l, 1);
  getsockname(l, (void *)&a, &z);
  if (fork() == 0) {        // the others
    close(p[0]); write(p[1], "AB", 2);
    write(p[1], "CD", 2);
    s = socket(AF_INET, SOCK_STREAM, 0);
    connect(s, (void *)&a, z);
    write(s, "AB", 2); write(s, "CD", 2);
    return read(s, b, 64) != 3;
  }
  close(p[1]); s = accept(l, NULL, NULL);
  read(p[0], b, 64);
  dprintf(1, "pipe %s\n", b);
  recv(s, b, 4, MSG_WAITALL);
  dprintf(1, "TCP %s\n", b);
  write(s, "yes", 3);
  return wait(NULL) < 0;
}
