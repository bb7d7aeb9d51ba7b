// Two machines and a cable: one kernel.
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#define SETUP(ip) "ip link set lo up;" \
  "ip link set eth0 up;" \
  "ip addr add " ip "/24 dev eth0"

int main(void)
{
  struct sockaddr_in at = {.sin_family = 2};
  unsigned n = sizeof at, me = getuid();
  char b[99];
  int p[2], s, right;
  // CLONE_NEWUSER | CLONE_NEWNET
  if (syscall(SYS_unshare, 0x50000000))
    return perror("unshare"), 1;
  s = open("/proc/self/uid_map", O_WRONLY);
  dprintf(s, "0 %u 1", me);
  close(s);
  pipe(p);
  right = fork();
  if (right == 0) {
    close(p[1]);
    syscall(SYS_unshare, 0x40000000);
    raise(SIGSTOP); // until the cable is in
    system(SETUP("10.0.0.2"));
  } else {
    close(p[0]);
    waitpid(right, NULL, WUNTRACED);
    sprintf(b, "ip link add eth0 type veth"
      " peer eth0 netns %d", right);
    if (system(b))
      return kill(right, SIGKILL), 1;
    system(SETUP("10.0.0.1"));
  }
  s = socket(AF_INET, SOCK_STREAM, 0);
  if (right) {
    bind(s, (void *)&at, n);
    listen(s, 5);
    getsockname(s, (void *)&at, &n);
    write(p[1], &at.sin_port, 2);
    kill(right, SIGCONT);
    accept(s, NULL, NULL);
    write(p[1], "hi", 2);
    return wait(NULL), 0;
  }
  read(p[0], &at.sin_port, 2);
  inet_aton("127.0.0.1", &at.sin_addr);
  if (connect(s, (void *)&at, n))
    perror("127.0.0.1");
  inet_aton("10.0.0.1", &at.sin_addr);
  if (connect(s, (void *)&at, n) == 0)
    dprintf(1, "10.0.0.1: connected\n");
  read(p[0], b, 2);
  dprintf(1, "read %.2s\n", b);
}
