// One pair of sockets goes both ways.
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int s[2], n;
  char buf[64];

  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  if (fork() == 0) {        // the child
    close(s[0]);
    n = read(s[1], buf, 64);
    dprintf(1, "child %.*s\n", n, buf);
    write(s[1], "pong", 4);
    n = read(s[1], buf, 64);
    dprintf(1, "child read %d\n", n);
    write(s[1], "bye", 3);
    _exit(0);
  }
  close(s[1]);
  write(s[0], "ping", 4);
  n = read(s[0], buf, 64);
  dprintf(1, "parent %.*s\n", n, buf);
  shutdown(s[0], SHUT_WR);
  n = read(s[0], buf, 64);
  dprintf(1, "parent %.*s\n", n, buf);
  n = read(s[0], buf, 64);
  dprintf(1, "parent read %d\n", n);
  wait(NULL);
}
