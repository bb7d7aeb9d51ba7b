// Send a write end through a socket.
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int s[2], p[2], fd, n;
  char buf[64], room[CMSG_SPACE(sizeof fd)];
  struct iovec one = {"x", 1};
  struct msghdr m = {0, 0, &one, 1, room,
                     sizeof room, 0};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);

  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  if (fork() == 0) {
    close(s[0]); one.iov_base = buf;
    recvmsg(s[1], &m, 0);
    fd = *(int *)CMSG_DATA(c);
    dprintf(1, "child has %d\n", fd);
    write(fd, "hi", 2); close(fd); _exit(0);
  }
  close(s[1]); pipe(p);
  *c = (struct cmsghdr){CMSG_LEN(sizeof fd),
                   SOL_SOCKET, SCM_RIGHTS};
  *(int *)CMSG_DATA(c) = p[1];
  sendmsg(s[0], &m, 0); close(p[1]);
  n = read(p[0], buf, 64);
  dprintf(1, "read %.*s\n", n, buf);
  n = read(p[0], buf, 64);
  dprintf(1, "read %d\n", n); wait(NULL);
}
