// O_NONBLOCK is on what both of them share.
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int fd[2], n;
  char buf[64];

  pipe(fd);            // 3 reads, 4 writes
  if (fork() == 0) {   // the child sets it
    fcntl(fd[0], F_SETFL, O_NONBLOCK);
    write(fd[1], "hi", 2);
    close(fd[1]);
    _exit(0);
  }
  wait(NULL);          // the parent too
  n = fcntl(fd[0], F_GETFL);
  dprintf(1, "flags %d\n", n);
  n = read(fd[0], buf, 64);
  dprintf(1, "read %d\n", n);
  if (read(fd[0], buf, 64) == -1)
    perror("read");
  close(fd[1]);
  n = read(fd[0], buf, 64);
  dprintf(1, "read %d\n", n);
  fcntl(fd[0], F_SETFL, 0);
  n = fcntl(fd[0], F_GETFL);
  dprintf(1, "flags %d\n", n);
}
