// The bytes arrive, then the end of file.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int fd[2], n;
  char buf[64];

  pipe(fd);            // 3 reads, 4 writes
  if (fork() == 0) {   // the child
    close(fd[1]);
    n = read(fd[0], buf, 64);
    dprintf(1, "read returned %d\n", n);
    n = read(fd[0], buf, 64);
    dprintf(1, "read returned %d\n", n);
    n = read(fd[0], buf, 64);
    dprintf(1, "read returned %d\n", n);
    _exit(0);
  }
  close(fd[0]);        // the parent
  write(fd[1], "hello", 5);
  close(fd[1]);        // the last write end
  wait(NULL);
}
