// A TCP server, a worker, a client.
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  struct sockaddr_in at = {AF_INET, 0,
              {htonl(INADDR_LOOPBACK)}, ""};
  struct sockaddr *to = (void *)&at;
  socklen_t size = sizeof at;
  char buf[64]; int n;

  int s = socket(AF_INET, SOCK_STREAM, 0);
  bind(s, to, size); listen(s, 5);
  getsockname(s, to, &size);
  if (fork() == 0) {           // the client
    int c = socket(AF_INET, SOCK_STREAM, 0);
    connect(c, to, size);
    n = read(c, buf, 64);
    dprintf(1, "read %.*s\n", n, buf);
    n = read(c, buf, 64);      // waits
    dprintf(1, "read %d\n", n); _exit(0);
  }
  int a = accept(s, NULL, NULL);
  if (fork() == 0) {           // the worker
    close(s); write(a, "hello", 5);
    close(a); _exit(0);
  }
  wait(NULL); shutdown(a, SHUT_WR);
  close(a); wait(NULL); }
